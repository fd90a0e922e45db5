import { describe, expect, it } from 'vitest';
import { type ScriptedReply, scriptedModel } from '../agent/index.ts';
import { type Candidate, chooseSkills } from './choose.ts';

const candidate = (name: string, confidence: number): Candidate => ({
  skillId: `skill-${name}`,
  versionId: `${name}__v1_ab12cd34`,
  name,
  reason: 'name',
  description: `About ${name}.`,
  score: confidence,
  confidence,
});
const CANDIDATES = [candidate('pdf-text', 0.9), candidate('excel-sums', 0.55), candidate('audio-mix', 0.2)];
const IDS = CANDIDATES.map(({ versionId }) => versionId);

async function choose(
  reply: ScriptedReply | (() => Promise<ScriptedReply>),
  given: { candidates?: Candidate[]; maxSelect?: number } = {},
) {
  const model = scriptedModel(typeof reply === 'function' ? reply : [reply]);
  const { signal } = new AbortController();
  const choice = await chooseSkills({
    task: 'Read a PDF.',
    candidates: CANDIDATES,
    model,
    maxSelect: 2,
    timeoutMs: 300,
    signal,
    ...given,
  });
  return { ...choice, names: choice.picked.map(({ name }) => name), asked: model.requests };
}

const json = (value: unknown) => JSON.stringify(value);

describe('the model’s pick', () => {
  it.each<[string, ScriptedReply, string[], string, RegExp]>([
    ['picks by id', json({ skills: [IDS[1]], reason: 'sums' }), ['excel-sums'], 'model', /^sums$/],
    [
      'picks in its own order',
      json({ skills: [IDS[1], IDS[0]], reason: 'both' }),
      ['excel-sums', 'pdf-text'],
      'model',
      /both/,
    ],
    ['picks none', json({ skills: [], reason: 'nothing fits' }), [], 'model', /nothing fits/],
    ['picks none without a reason', json({ skills: [] }), [], 'model', /none helps/],
    ['names instead of ids', json({ skills: ['pdf-text'], reason: '' }), ['pdf-text'], 'model', /picked/],
    ['a misspelt id', json({ skills: ['pdf-text__v1_ab12cd43'], reason: 'r' }), ['pdf-text'], 'model', /^r$/],
    [
      'an id with a made-up end',
      json({ skills: ['pdf-text__v9_ffffffff'], reason: 'r' }),
      ['pdf-text'],
      'model',
      /^r$/,
    ],
    ['the same id twice', json({ skills: [IDS[0], IDS[0]], reason: 'r' }), ['pdf-text'], 'model', /^r$/],
    [
      'an unknown id beside a known one',
      json({ skills: ['unheard-of', IDS[0]], reason: 'r' }),
      ['pdf-text'],
      'model',
      /not in the catalogue: unheard-of/,
    ],
    [
      'only unknown ids',
      json({ skills: ['unheard-of'], reason: 'r' }),
      ['pdf-text', 'excel-sums'],
      'rank',
      /no skill of the catalogue \(unheard-of\)/,
    ],
    ['more than it may', json({ skills: IDS, reason: 'all' }), ['pdf-text', 'excel-sums'], 'model', /all/],
    ['a list instead of an object', json([IDS[1]]), ['excel-sums'], 'model', /picked/],
    [
      'objects instead of ids',
      json({ skills: [{ id: IDS[1] }], reason: 'r' }),
      ['excel-sums'],
      'model',
      /^r$/,
    ],
    [
      'a fenced object after a word',
      `Here you are:\n\`\`\`json\n${json({ skills: [IDS[1]], reason: 'r' })}\n\`\`\``,
      ['excel-sums'],
      'model',
      /^r$/,
    ],
    ['prose', 'I would take the PDF skill.', ['pdf-text', 'excel-sums'], 'rank', /not in the expected form/],
    ['nothing', '', ['pdf-text', 'excel-sums'], 'rank', /not in the expected form/],
    [
      'a refusal',
      { error: { kind: 'content-filter', message: 'no' } },
      ['pdf-text', 'excel-sums'],
      'rank',
      /content-filter/,
    ],
  ])('%s', async (_name, reply, names, how, reason) => {
    const choice = await choose(reply);
    expect([choice.names, choice.how]).toEqual([names, how]);
    expect(choice.reason).toMatch(reason);
    expect(choice.considered.map(({ name }) => name)).toEqual(['pdf-text', 'excel-sums', 'audio-mix']);
  });

  it('a model that does not answer in time leaves it to the ranked order', async () => {
    const choice = await choose(() => new Promise(() => undefined));
    expect([choice.names, choice.how]).toEqual([['pdf-text', 'excel-sums'], 'rank']);
    expect(choice.reason).toContain('no answer in time');
  });

  it('two candidates that are equally near to a misspelt id are both left alone', async () => {
    const candidates = [candidate('pdf-a', 0.9), candidate('pdf-b', 0.9)];
    const choice = await choose(json({ skills: ['pdf-c__v1_ab12cd34'], reason: '' }), { candidates });
    expect(choice.how).toBe('rank');
  });

  it('without candidates nobody is asked', async () => {
    const choice = await choose('unused', { candidates: [] });
    expect([choice.how, choice.asked.length]).toEqual(['none', 0]);
  });

  it('the catalogue fits its budget however many candidates there are', async () => {
    const candidates = Array.from({ length: 300 }, (_, index) => ({
      ...candidate(`skill-${index}`, 0.5),
      description: 'long words '.repeat(60),
    }));
    const choice = await choose(json({ skills: [], reason: '' }), { candidates });
    expect(JSON.stringify(choice.asked[0]).length).toBeLessThan(20_000);
  });
});
