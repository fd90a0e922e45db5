// Runs before each test file: a throw-away home and an environment without the user's keys or settings.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'openspace-test-'));
const secret = /(_API_KEY|_TOKEN|_SECRET|_API_BASE|_BASE_URL|_PROXY)$/i;
for (const name of Object.keys(process.env)) {
  const own = name.startsWith('OPENSPACE_') && !name.startsWith('OPENSPACE_TEST_');
  if (own || secret.test(name)) delete process.env[name];
}
Object.assign(process.env, {
  HOME: home,
  OPENSPACE_HOME: join(home, '.openspace'),
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_DATA_HOME: join(home, '.local', 'share'),
  XDG_CACHE_HOME: join(home, '.cache'),
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
