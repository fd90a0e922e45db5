// The filter for leaked thinking gives the same text however it is cut into pieces.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ThinkFilter } from './think-filter.ts';

function filtered(pieces: readonly string[]): string {
  const filter = new ThinkFilter();
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
}

const words = fc.constantFrom('<think>', '</think>', '<', 'th', 'ink>', ' ', '\n', 'text', '</', 'é');

it('cutting the text into pieces changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 12 }),
      fc.array(fc.nat(60), { maxLength: 8 }),
      (parts, places) => {
        const text = parts.join('');
        const cuts = [
          0,
          ...places.map((place) => Math.min(place, text.length)).sort((a, b) => a - b),
          text.length,
        ];
        const pieces = cuts.slice(1).map((end, index) => text.slice(cuts[index], end));
        expect(filtered(pieces)).toBe(filtered([text]));
      },
    ),
    { numRuns: 1000 },
  );
});

it('text that does not begin with the tag passes unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.trimStart().startsWith('<think>'));
      expect(filtered([...text])).toBe(text);
    }),
  );
});
