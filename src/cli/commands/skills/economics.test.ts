import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Question } from '../../../agent/index.ts';
import { loadConfig } from '../../../config/index.ts';
import type { CliContext } from '../../context.ts';
import { addSkillsCommands } from '../skills.ts';

const SAME = 'Extract text from scanned PDF invoices with tesseract, page by page, and repair broken tables.';
let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-economics-')));
  for (const [name, word] of [
    ['pdf-one', 'Once.'],
    ['pdf-two', 'Twice.'],
  ] as const) {
    mkdirSync(join(home, 'skills', name), { recursive: true });
    const text = `---\nname: ${name}\ndescription: ${SAME}\n---\n\n# Invoices\n\n${SAME} ${word}\n`;
    writeFileSync(join(home, 'skills', name, 'SKILL.md'), text);
  }
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Runs `openspace skills …` in this process; `answers` is who can be asked. */
async function skills(args: readonly string[], answers?: (question: Question) => boolean) {
  const said = { stdout: '', stderr: '' };
  const env = { PATH: process.env.PATH, OPENSPACE_HOME: home };
  const context: CliContext = {
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    ...{ stdin: process.stdin, isTerminal: false, canAsk: answers !== undefined, columns: 100 },
    ...{ env, cwd: home, userHome: home, signal: new AbortController().signal, exitCode: 0 },
    loadConfig: async () => loadConfig({ env, cwd: home, userHome: home }),
    ask: async (question) => answers?.(question) ?? false,
  };
  await addSkillsCommands(new Command('skills'), context).parseAsync([...args], { from: 'user' });
  return said;
}
const json = async (...args: string[]) => JSON.parse((await skills([...args, '--json'])).stdout);
const names = async () => (await json('list')).map((one: { name: string }) => one.name);

it('proposals come with evidence and change nothing', async () => {
  const { stdout, stderr } = await skills(['consolidate']);
  expect(stdout).toMatch(/Merge pdf-\w+ into pdf-\w+[\s\S]*alike in their words/);
  expect(stderr).toContain('nothing was changed');
  expect(await names()).toEqual(['pdf-one', 'pdf-two']);
});

it('nothing is carried out where nobody can be asked, or where the answer is no', async () => {
  await expect(skills(['consolidate', '--apply'])).rejects.toMatchObject({
    ...{ code: 'usage', hint: expect.stringContaining('--apply --yes') },
  });
  const asked: Question[] = [];
  await skills(['consolidate', '--apply'], (question) => asked.push(question) < 0);
  expect(asked).toMatchObject([
    { action: expect.stringMatching(/^Merge/), reason: expect.stringContaining('alike') },
  ]);
  expect(await names()).toEqual(['pdf-one', 'pdf-two']);
});

it('what was accepted is carried out, and taken back', async () => {
  await skills(['consolidate', '--apply'], () => true);
  expect((await names()).length).toBe(1);
  expect(await json('consolidate', '--undo')).toMatchObject({ undone: [expect.any(String)], left: [] });
  expect(await names()).toEqual(['pdf-one', 'pdf-two']);
  const [again] = await json('consolidate', '--apply', '--yes');
  expect(again).toMatchObject({ kind: 'merge', result: 'applied', evidence: expect.any(Array) });
});

it.each([
  [['consolidate', 'abcdefgh'], 'not-found'],
  [['consolidate', '--target', 'few'], 'usage'],
  [['stats', 'pdf-on'], 'not-found'],
])('%j says what is wrong', async (args, code) => {
  await expect(skills(args)).rejects.toMatchObject({ code });
});

it('stats say what is known, which for a new library is nothing', async () => {
  const [first] = await json('stats');
  expect(first).toMatchObject({
    ...{ name: 'pdf-one', offered: 0, chosen: 0, applied: 0, learning_tokens: 0, tokens_saved: null },
    success_with: { runs: 0, rate: null },
  });
  const { stdout, stderr } = await skills(['stats', '--all']);
  expect(stdout).toMatch(/skill +offered +chosen/);
  expect(stderr).toContain('2 never chosen');
});
