// Test run: sources run unbuilt, every suite gets a throw-away home, one closing line for any CI.
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const hub = existsSync('hub-server/node_modules/hono');
if (!hub) process.stderr.write('SKIPPED hub server: npm ci --prefix hub-server\n');
const long = process.env.OPENSPACE_TEST_LONG === '1';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', ...(hub ? ['hub-server/test/**/*.test.ts'] : [])],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    testTimeout: long ? 900_000 : 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
    unstubEnvs: true,
  },
});
