// Installs what the hub server's package needs (it has a lock file of its own), once for each content of the lock file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'hub-server');

/** Makes `hub-server/node_modules` fit the lock file; ends the process if that fails. */
export function installHubDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.openspace-setup');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('openspace set-up: installing the hub server’s dependencies (npm ci, once)…\n');
  const cli = process.env.npm_execpath;
  const [command, ...first] =
    cli && /npm-cli\.c?js$/.test(cli)
      ? [process.execPath, cli]
      : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  const done = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  writeFileSync(stamp, lock);
}
