// `npm run build`: emits dist/ (JavaScript, declarations, the web app) for the published package. `--web`: the web app only.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
// Built beside the old one and put in its place at the end: a dashboard that runs meanwhile goes on serving.
const builtWeb = join(dist, `.web-${process.pid}`);
const web = [
  'node_modules/vite/bin/vite.js',
  'build',
  '--config',
  'web/vite.config.ts',
  '--outDir',
  builtWeb,
  '--logLevel',
  'warn',
];
// Whatever the caller's is: with any other value React's bundle is the one for debugging, twice the size.
const env = { ...process.env, NODE_ENV: 'production' };
const onlyWeb = process.argv.includes('--web');

if (!onlyWeb && existsSync(dist))
  for (const name of readdirSync(dist))
    if (!/^\.?web/.test(name)) rmSync(join(dist, name), { recursive: true, force: true });
for (const args of onlyWeb
  ? [web]
  : [['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], web]) {
  const done = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
const oldWeb = `${builtWeb}-old`;
if (existsSync(join(dist, 'web'))) renameSync(join(dist, 'web'), oldWeb);
renameSync(builtWeb, join(dist, 'web'));
rmSync(oldWeb, { recursive: true, force: true });
