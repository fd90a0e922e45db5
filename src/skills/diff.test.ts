// Diffs: that they can be applied again, and what they look like.
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffFiles, diffText, matchLines, splitLines } from './diff.ts';
import { matchByShortestEdit } from './line-myers.ts';
import { encodeText } from './skill-text.ts';

const filesOf = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, encodeText(text)]));

/** Texts of few different lines: many ways to match them. */
const text = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', 'c', '', 'long line of text', '\r', '- x', '+++ y'), {
      maxLength: 40,
    }),
    fc.boolean(),
  )
  .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''));

describe('diffs', () => {
  it('give the new text back when they are applied to the old one', () => {
    fc.assert(
      fc.property(text, text, fc.nat(4), (before, after, context) => {
        const hunks = diffText(before, after, context);
        if (before === after) expect(hunks).toBe('');
        else
          expect(
            applyPatch(before, `--- a/x\n+++ b/x\n${hunks}`, {
              autoConvertLineEndings: false,
              fuzzFactor: 0,
            }),
          ).toBe(after);
      }),
      { numRuns: 500 },
    );
  });

  it('match equal lines only, in order', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const a = splitLines(before);
        const b = splitLines(after);
        let [aDone, bDone] = [0, 0];
        for (const block of matchLines(a, b)) {
          expect(block.a).toBeGreaterThanOrEqual(aDone);
          expect(block.b).toBeGreaterThanOrEqual(bDone);
          expect(a.slice(block.a, block.a + block.length)).toEqual(b.slice(block.b, block.b + block.length));
          [aDone, bDone] = [block.a + block.length, block.b + block.length];
        }
      }),
    );
  });

  it('say so when a last line has no line feed', () => {
    expect(diffText('a\nb', 'a\nc')).toBe(
      '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    );
  });

  it('stay small in long texts of few different lines', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `w${(index * 7) % 13}\n`);
    const changed = lines.map((line, index) => (index % 500 === 250 ? `changed ${index}\n` : line));
    const diff = diffText(lines.join(''), changed.join(''), 0);
    expect(diff.split('\n').filter((line) => line.startsWith('+'))).toHaveLength(40);
    expect(diff.split('\n').filter((line) => line.startsWith('-'))).toHaveLength(40);
  });

  it('are found for texts with nothing in common, too', () => {
    const a = Array.from({ length: 5_000 }, (_, index) => `a${index % 3}\n`).join('');
    const b = Array.from({ length: 5_000 }, (_, index) => `b${index % 3}\n`).join('');
    expect(applyPatch(a, `--- a/x\n+++ b/x\n${diffText(a, b)}`)).toBe(b);
    expect(
      matchByShortestEdit(
        Int32Array.from({ length: 9_000 }, () => 1),
        Int32Array.from([]),
      ),
    ).toBeUndefined();
  });

  it('name binary files and order the parts by path', () => {
    const before = filesOf({ 'SKILL.md': 'a\n', 'b.md': 'same\n', 'gone.md': 'x\n' });
    const after = new Map(filesOf({ 'SKILL.md': 'b\n', 'b.md': 'same\n', 'new.md': 'y\n' })).set(
      'logo.png',
      new Uint8Array([0, 1]),
    );
    expect(diffFiles(before, after)).toBe(
      [
        '--- a/SKILL.md\n+++ b/SKILL.md\n@@ -1 +1 @@\n-a\n+b\n',
        '--- a/gone.md\n+++ b/gone.md\n@@ -1 +0,0 @@\n-x\n',
        'Binary files a/logo.png and b/logo.png differ\n',
        '--- a/new.md\n+++ b/new.md\n@@ -0,0 +1 @@\n+y\n',
      ].join('\n'),
    );
  });
});
