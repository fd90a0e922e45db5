// `npm run build`: emits dist/ (JavaScript, declarations, the web app) for the published package. `--web`: the web app only.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const web = [
  'node_modules/vite/bin/vite.js',
  'build',
  '--config',
  'web/vite.config.ts',
  '--logLevel',
  'warn',
];
// Whatever the caller's is: with any other value React's bundle is the one for debugging, twice the size.
const env = { ...process.env, NODE_ENV: 'production' };
const onlyWeb = process.argv.includes('--web');

if (!onlyWeb) rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const args of onlyWeb
  ? [web]
  : [['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], web]) {
  const done = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
