// The web app's parts that need no browser: diffs read back, timelines folded, lineages laid out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lineage, RunEvent } from '../../src/serve/api/contract.ts';
import { diffFiles } from '../../src/skills/diff.ts';
import { foldTimeline } from '../../web/src/pages/run/timeline.ts';
import { placeLineage } from '../../web/src/pages/skill/lineage-layout.ts';
import { changedWords, inOneColumn, parseDiff, sideBySide } from '../../web/src/ui/diff-lines.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const lines = fc.array(
  fc.constantFrom('a', 'b', '-- c', '++ d', '--- e', '+++ f', '@@ -1 +1 @@', '', '\\ g'),
  { minLength: 1 },
);

describe('diffs in the web app', () => {
  it('give back both sides of whatever our own diff says, in one column and side by side', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const sides = { before: `${before.join('\n')}\n`, after: `${after.join('\n')}\n` };
        const diff = diffFiles(
          new Map([['SKILL.md', encode(sides.before)]]),
          new Map([['SKILL.md', encode(sides.after)]]),
          { contextLines: 100 },
        );
        fc.pre(diff !== '');
        const [file, ...others] = parseDiff(diff);
        expect(others).toEqual([]);
        expect(file?.path).toBe('SKILL.md');
        const all = file?.hunks.flatMap((hunk) => hunk.lines) ?? [];
        const rows = sideBySide(all);
        const textOf = (kinds: readonly string[], of: readonly { kind: string; text: string }[]) =>
          `${of
            .filter(({ kind }) => kinds.includes(kind))
            .map(({ text }) => text)
            .join('\n')}\n`;
        expect(textOf(['same', 'removed'], all)).toBe(sides.before);
        expect(
          textOf(
            ['same', 'added'],
            inOneColumn(rows).map(({ line }) => line),
          ),
        ).toBe(sides.after);
        expect(rows.flatMap((row) => row.after ?? []).map(({ text }) => text)).toEqual([...after]);
      }),
    );
  });

  it('never fail, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          lines.map((all) => all.join('\n')),
        ),
        (text) => {
          for (const file of parseDiff(text)) sideBySide(file.hunks.flatMap((hunk) => hunk.lines));
        },
      ),
    );
  });

  it('mark the words that changed, and none where two lines have little in common', () => {
    const words = changedWords('name: old-tool', 'name: new-tool', 'removed');
    expect(words?.filter((word) => word.changed).map((word) => word.text)).toEqual(['old']);
    expect(changedWords('completely different', 'nothing here alike, at all', 'removed')).toBeNull();
  });
});

describe('the timeline of a run', () => {
  const at = '2026-11-25T00:00:00Z';
  const usage = {
    ...{ input_tokens: 10, output_tokens: 5 },
    ...{ cached_input_tokens: 0, reasoning_tokens: 0 },
  };
  const call = { id: 'c1', name: 'run_shell', args: { command: 'ls' } };
  const step = { at, attempt: 1, turn: 1 };
  const events: RunEvent[] = [
    { type: 'attempt-start', at, seq: 0, attempt: 1, skills: [] },
    { type: 'turn-start', ...step, seq: 1 },
    {
      ...{ type: 'model-reply', ...step, seq: 2, took_ms: 3 },
      reply: { text: 'I look.', calls: [call], stop: 'calls', usage: { ...usage, cost_usd: 0.5 }, tries: 1 },
    },
    { type: 'tool-start', ...step, seq: 3, call, source: 'shell' },
    { type: 'tool-progress', ...step, seq: 4, call_id: 'c1', text: 'half' },
    {
      type: 'tool-end',
      ...step,
      seq: 5,
      call,
      source: 'shell',
      took_ms: 7,
      result: { parts: [], is_error: true },
    },
    { type: 'note', at, seq: 6, text: 'a note' },
    { type: 'run-end', at, seq: 7, status: 'done', answer: 'Done.' },
  ];

  it('has one entry for a call, however many events it has, and sums of what it used', () => {
    const view = foldTimeline(events);
    expect(view.attempts).toHaveLength(1);
    expect(view.attempts[0]?.turns).toHaveLength(1);
    expect(view.attempts[0]?.turns[0]?.steps).toMatchObject([
      { kind: 'words', text: 'I look.' },
      { kind: 'call', name: 'run_shell', progress: 'half', end: { tookMs: 7, result: { is_error: true } } },
      { kind: 'note', event: { text: 'a note' } },
    ]);
    expect(view).toMatchObject({ turns: 1, tokens: 15, costUsd: 0.5, end: { answer: 'Done.' } });
  });

  it('bears with events that are missing', () => {
    fc.assert(
      fc.property(fc.subarray(events), (some) => {
        const steps = foldTimeline(some).attempts.flatMap((attempt) =>
          attempt.turns.flatMap((turn) => turn.steps),
        );
        expect(new Set(steps.map((one) => one.seq)).size).toBe(steps.length);
      }),
    );
  });
});

describe('the lineage graph', () => {
  const chain = (count: number): Lineage => ({
    skill_id: 's',
    nodes: Array.from({ length: count }, (_, at) => ({
      ...{
        version_id: `v${at}`,
        skill_id: 's',
        name: 's',
        number: at + 1,
        origin: 'edited',
        state: 'trusted',
      },
      ...{ is_head: at === count - 1, author: 'user', reason: '', created_at: '', uses: 0 },
      success: { runs: 0, successes: 0, rate: null, low: 0, high: 1 },
    })) as Lineage['nodes'],
    edges: Array.from({ length: count - 1 }, (_, at) => ({ from: `v${at}`, to: `v${at + 1}` })),
    total: count,
  });

  it('folds a long quiet run, opens it, and hides no version', () => {
    const lineage = chain(500);
    const folded = placeLineage(lineage, new Set());
    expect(folded.nodes).toHaveLength(7);
    expect(folded.nodes.flatMap((node) => node.versions)).toHaveLength(500);
    const fold = folded.nodes.find((node) => node.versions.length > 1)?.id ?? '';
    const opened = placeLineage(lineage, new Set([fold]));
    expect(opened.nodes).toHaveLength(500);
    expect(opened.edges).toHaveLength(499);
    expect(new Set(opened.nodes.map((node) => `${node.x} ${node.y}`)).size).toBe(500);
  });

  it('shows a short history whole, and one version alone', () => {
    expect(placeLineage(chain(7), new Set()).nodes).toHaveLength(7);
    expect(placeLineage(chain(1), new Set())).toMatchObject({ nodes: [{ id: 'v0' }], edges: [] });
  });
});
