// `openspace skills consolidate` and `skills stats`, as a user runs them.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';

const SAME = 'Extract text from scanned PDF invoices with tesseract, page by page, and repair broken tables.';
const skillMd = (name: string, body: string) =>
  `---\nname: ${name}\ndescription: ${SAME}\n---\n\n# Invoices\n\n${SAME} ${body}\n`;

let user: TestUser;
beforeEach(() => {
  user = makeUser({
    '.openspace/skills/pdf-one/SKILL.md': skillMd('pdf-one', 'Once.'),
    '.openspace/skills/pdf-two/SKILL.md': skillMd('pdf-two', 'Twice.'),
  });
});
afterEach(() => user.remove());

const skills = (...args: string[]) => runCli(user, ['skills', ...args]);
const names = async () =>
  JSON.parse((await skills('list', '--json')).stdout).map((one: { name: string }) => one.name);

it('proposes with evidence, changes nothing unasked, carries out and takes back', async () => {
  const proposed = await skills('consolidate');
  expect(proposed.stdout).toMatch(/Merge pdf-\w+ into pdf-\w+\n.*alike in their words/);
  expect(proposed.stderr).toContain('nothing was changed');

  const unasked = await skills('consolidate', '--apply');
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--apply --yes')]);
  expect(await names()).toEqual(['pdf-one', 'pdf-two']);

  const [done] = JSON.parse((await skills('consolidate', '--apply', '--yes', '--json')).stdout);
  expect(done).toMatchObject({ kind: 'merge', result: 'applied', evidence: expect.any(Array) });
  expect((await names()).length).toBe(1);

  expect(JSON.parse((await skills('consolidate', '--undo', '--json')).stdout)).toEqual({
    undone: [done.id],
    left: [],
  });
  expect(await names()).toEqual(['pdf-one', 'pdf-two']);

  const unknown = await skills('consolidate', 'abcdefgh');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no proposal abcdefgh')]);
}, 60_000);

it('stats say what is known, which for a new library is nothing', async () => {
  const [first] = JSON.parse((await skills('stats', '--json')).stdout);
  expect(first).toMatchObject({
    ...{ name: 'pdf-one', offered: 0, chosen: 0, applied: 0, learning_tokens: 0, tokens_saved: null },
    success_with: { runs: 0, rate: null },
  });
  const { stdout, stderr } = await skills('stats', '--all');
  expect(stdout).toMatch(/skill +offered +chosen/);
  expect(stderr).toContain('2 never chosen');
}, 60_000);
