// The original's recorded results: reading them, and judging ours against them and the table of intended differences.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith, oracleCases } from '../support/needs.ts';

interface OracleCase {
  readonly id: string;
  readonly fn: string;
  readonly tag: string;
  readonly input: Record<string, unknown>;
  readonly expected?: unknown;
  readonly expected_error?: { readonly type: string; readonly message: string };
  readonly disputed?: boolean;
}

/** Stands for any error: the original's wording is not ours. */
export const REFUSED = { refused: true } as const;

/** Text of an input, which may be a generator; code points stay. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    pre = '',
    post = '',
    repeat,
    lines = 0,
    fmt = '',
  } = value as {
    pre?: string;
    post?: string;
    repeat?: [string, number];
    lines?: number;
    fmt?: string;
  };
  const numbered = Array.from({ length: lines }, (_, index) => fmt.replace('%d', String(index))).join('');
  return pre + (repeat === undefined ? '' : repeat[0].repeat(repeat[1])) + numbered + post;
}

/** Long texts are recorded as hash and length. */
function shorten(value: unknown): unknown {
  if (typeof value === 'string' && value.length > 60_000)
    return {
      sha256: createHash('sha256').update(value).digest('hex'),
      len: Array.from(value).length,
    };
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item)]));
  return value;
}

export function loadCases(fn: string): OracleCase[] {
  const path = join(oracleCases, `cases-${fn}.jsonl`);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OracleCase);
}

/** Rows of docs/intended-differences.md: function → ids and tags that may differ. */
function intendedDifferences(): Map<string, Set<string>> {
  const table = readFileSync(new URL('../../docs/intended-differences.md', import.meta.url), 'utf8');
  const rows = new Map<string, Set<string>>();
  for (const line of table.split('\n')) {
    const [, functions = '', cases = ''] = line.split('|');
    for (const [, fn = ''] of functions.matchAll(/`([^`]+)`/g)) {
      const listed = rows.get(fn) ?? new Set<string>();
      for (const [, name = ''] of cases.matchAll(/`([^`]+)`/g)) listed.add(name);
      rows.set(fn, listed);
    }
  }
  return rows;
}

/** Runs all recorded cases of one function of the original. Disputed ones are kept with our own results. */
export function describeOracle(
  fn: string,
  run: (input: Record<string, unknown>, recorded: OracleCase) => unknown | Promise<unknown>,
  expectedOf: (recorded: OracleCase) => unknown = (recorded) =>
    recorded.expected_error === undefined ? recorded.expected : REFUSED,
): void {
  describeWith(['data'], `${fn} of the original`, () => {
    const cases = loadCases(fn);
    const allowed = intendedDifferences().get(fn) ?? new Set<string>();

    it('has recorded cases', () => expect(cases.length).toBeGreaterThan(0));

    describe('agrees, or differs on purpose', () => {
      for (const recorded of cases.filter(({ disputed }) => disputed !== true)) {
        it(`${recorded.id} ${recorded.tag}`, async () => {
          const result = shorten(await run(recorded.input, recorded));
          const isListed = allowed.has(recorded.id) || (recorded.tag !== '' && allowed.has(recorded.tag));
          if (isListed)
            expect(result, 'listed as a difference, but there is none').not.toEqual(expectedOf(recorded));
          else expect(result).toEqual(expectedOf(recorded));
        });
      }
    });

    it('does what we think right where the original is plainly wrong', async () => {
      const ours: Record<string, unknown> = {};
      for (const recorded of cases.filter(({ disputed }) => disputed === true))
        ours[recorded.id] = shorten(await run(recorded.input, recorded));
      await expect(`${JSON.stringify(ours, null, 1)}\n`).toMatchFileSnapshot(`./disputed/${fn}.snap`);
    });
  });
}

/** Shorthand: `undefined` results of ours are null there. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null;
