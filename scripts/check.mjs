// `npm run check`: formatting, lint and types, in that order; stops at the first that fails.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installHubDependencies } from './hub-setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

installHubDependencies();
for (const args of [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'web/tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'hub-server/tsconfig.json'],
]) {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
