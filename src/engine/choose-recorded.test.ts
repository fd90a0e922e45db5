// Whatever the model makes of choosing skills, the run goes on and its recording says what was chosen and why.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ModelRequest, type ScriptedReply, scriptedModel } from '../agent/index.ts';
import { loadConfig } from '../config/index.ts';
import { openRecording } from '../recording/index.ts';
import { openOpenSpace } from './openspace.ts';

const TASK = 'Count the lines of the text files.';

function setUp() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-choice-')));
  const folder = join(home, 'skills', 'count-lines');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(home, 'work'));
  writeFileSync(
    join(folder, 'SKILL.md'),
    '---\nname: count-lines\ndescription: Count the lines of text files with wc.\n---\n\n# Count\n\nUse wc -l.\n',
  );
  return loadConfig({
    env: {
      PATH: process.env.PATH,
      OPENSPACE_HOME: join(home, 'data'),
      OPENSPACE_SKILLS_DIRS: join(home, 'skills'),
    },
    cwd: join(home, 'work'),
    userHome: home,
  });
}

const idIn = ({ messages }: ModelRequest) =>
  JSON.stringify(messages).match(/count-lines__[a-z0-9_]+/)?.[0] ?? '';
const json = (value: unknown) => JSON.stringify(value);
const picked = ['count-lines'];

it.each<[string, (id: string) => ScriptedReply, readonly string[], string, RegExp]>([
  ['a pick', (id) => json({ skills: [id], reason: 'it counts' }), picked, 'model', /it counts/],
  ['abstaining', () => json({ skills: [], reason: 'nothing fits' }), [], 'model', /nothing fits/],
  ['a misspelt id', (id) => json({ skills: [`${id}x`], reason: 'r' }), picked, 'model', /^r$/],
  ['an id twice', (id) => json({ skills: [id, id], reason: 'r' }), picked, 'model', /^r$/],
  ['an unknown id', () => json({ skills: ['unheard-of'], reason: '' }), picked, 'rank', /unheard-of/],
  ['a list', (id) => json([id]), picked, 'model', /picked/],
  ['prose', () => 'The one that counts.', picked, 'rank', /not in the expected form/],
  [
    'a refusal',
    () => ({ error: { kind: 'content-filter', message: 'no' } }),
    picked,
    'rank',
    /content-filter/,
  ],
  ['a timeout', () => ({ error: { kind: 'timeout', message: 'late' } }), picked, 'rank', /timeout/],
])('%s is recorded', async (_, reply, names, how, reason) => {
  const config = setUp();
  const model = scriptedModel((request) => (request.output === undefined ? 'done' : reply(idIn(request))));
  await using openSpace = await openOpenSpace({ config, model });
  const report = await openSpace.run({ task: TASK }).report;
  expect(report).toMatchObject({ status: 'done', skills: names });
  const { events } = openRecording(join(config.home, 'runs', report.runId));
  const event = events.find(({ type }) => type === 'skills-chosen');
  if (event?.type !== 'skills-chosen') throw new Error('the choice is not recorded');
  expect([event.choice.picked.map(({ name }) => name), event.choice.how]).toEqual([names, how]);
  expect(event.choice.reason).toMatch(reason);
  expect(event.choice.considered.map(({ name }) => name)).toEqual(['count-lines']);
});
