// Fuzzy search: each level of the ladder, and where it must not find anything.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzyFind, fuzzyFindAll, fuzzyFindOne, levenshtein } from './fuzzy.ts';

const TEXT = '# Title\n\n  Intro  line\n\tone two \n## End\nfoo bar\nfoo\n';

function found(text: string, wanted: string): [string, string] | undefined {
  const result = fuzzyFindAll(text, wanted);
  const match = result?.matches[0];
  return result === undefined || match === undefined
    ? undefined
    : [result.level, text.slice(match.start, match.end)];
}

describe('the fuzzy ladder', () => {
  for (const [title, wanted, expected] of [
    ['exactly', 'Intro  line', ['exact', 'Intro  line']],
    [
      'with other white space around lines',
      'Intro  line\n  one two',
      ['trimmed-lines', '  Intro  line\n\tone two '],
    ],
    ['with other white space in a line', 'Intro line', ['white-space', '  Intro  line']],
    ['with other white space in a part of a line', 'foo   bar', ['white-space', 'foo bar']],
    [
      'with other white space over lines',
      'Intro line\none  two',
      ['white-space', '  Intro  line\n\tone two '],
    ],
    ['but for white space around it', '  bar\nfoo\n\n', ['trimmed', 'bar\nfoo']],
  ] as const)
    it(`finds a passage ${title}`, () => expect(found(TEXT, wanted)).toEqual(expected));

  it('finds a passage by its ends, if the lines between are alike', () => {
    const text = 'start\naaa\nend\nstart\nbbb\nend\n';
    expect(found(text, 'start\nbbx\nend')).toEqual(['block-ends', 'start\nbbb\nend']);
    expect(found(text, 'start\nzzz\nend')).toBeUndefined();
  });

  // W10: with one place only, the original took whatever lay between the two ends.
  it('does not take a passage for its ends alone', () => {
    expect(found('## Steps\n1. a\n2. b\n3. c\n## Notes\n', '## Steps\nzzz\n## Notes')).toBeUndefined();
    expect(found(`s\n${'m\n'.repeat(50)}e\n`, 's\nq\ne')).toBeUndefined();
  });

  it('takes white space alone for nothing', () => {
    expect(fuzzyFind('abc', '   ')).toBeUndefined();
  });

  it('tells one place from several, and prefers the one that fills its line', () => {
    expect(fuzzyFindOne(TEXT, 'foo')).toMatchObject({ level: 'trimmed-lines' });
    expect(fuzzyFindOne('a b\na b\n', 'a b')).toMatchObject({ ambiguous: [{ start: 0 }, { start: 4 }] });
    expect(fuzzyFindOne('aaa', 'aa')).toMatchObject({ ambiguous: [{ start: 0 }, { start: 1 }] });
    expect(fuzzyFindOne(TEXT, 'nowhere')).toBeUndefined();
  });

  it('always finds what is there, and never leaves the text', () => {
    const text = fc
      .array(fc.constantFrom('a', ' a', 'b ', '', '\tc', 'x  y', '\r'), { maxLength: 20 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, fc.nat(20), fc.nat(20), (content, other, from, length) => {
        const part = content.slice(from, from + length);
        if (part !== '')
          expect(fuzzyFind(content, part)).toEqual({
            start: content.indexOf(part),
            end: content.indexOf(part) + part.length,
          });
        for (const match of fuzzyFindAll(content, other)?.matches ?? []) {
          expect(match.start).toBeGreaterThanOrEqual(0);
          expect(match.end).toBeGreaterThanOrEqual(match.start);
          expect(match.end).toBeLessThanOrEqual(content.length);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('levenshtein', () => {
  it('agrees with the textbook table', () => {
    const table = (a: string[], b: string[]): number => {
      const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
      for (const [i, letter] of a.entries()) {
        const row = [i + 1];
        for (const [j, other] of b.entries())
          row.push(
            Math.min(
              (rows[i]?.[j] ?? 0) + (letter === other ? 0 : 1),
              (rows[i]?.[j + 1] ?? 0) + 1,
              (row[j] ?? 0) + 1,
            ),
          );
        rows.push(row);
      }
      return rows[a.length]?.[b.length] ?? 0;
    };
    const word = fc.array(fc.constantFrom('a', 'b', '🚀', 'é'), { maxLength: 12 });
    fc.assert(fc.property(word, word, (a, b) => levenshtein(a.join(''), b.join('')) === table(a, b)));
  });
});
