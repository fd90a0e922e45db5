// Every example runs as it is written and prints what it should.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './support/cli.ts';

const EXPECTED: Readonly<Record<string, RegExp>> = {
  '01-run.ts': /^done: \//,
  '02-conversation.ts': /^I have read 2 messages of yours\.$/m,
  '03-cancel.ts': /^cancelled$/m,
};

it.each(readdirSync(join(projectRoot, 'examples')))('%s', (name) => {
  const home = mkdtempSync(join(tmpdir(), 'openspace-example-'));
  const done = spawnSync(process.execPath, [join(projectRoot, 'examples', name)], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home },
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect([done.stderr.match(/Error.*/)?.[0], done.status]).toEqual([undefined, 0]);
  expect(done.stdout).toMatch(EXPECTED[name] ?? /^unlisted example$/);
});
