// `npm test`: format, lint, types and all tests. `--long` runs the long variants too; other arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const long = args.includes('--long');
const rest = args.filter((arg) => arg !== '--long');

function step(title, command, commandArgs, env = process.env) {
  process.stderr.write(`\n— ${title}\n`);
  const done = spawnSync(process.execPath, [command, ...commandArgs], { cwd: root, env, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

if (rest.length === 0) step('check: format, lint, types', 'scripts/check.mjs', []);
step('tests', 'node_modules/vitest/vitest.mjs', ['run', ...rest], {
  ...process.env,
  ...(long ? { OPENSPACE_TEST_LONG: '1' } : {}),
});
