import { expect, it } from 'vitest';
import { editDistance, estimateTokens, nearest, oneLine } from './text.ts';

it.each([
  ['runs', 'runs', 0],
  ['rnus', 'runs', 1],
  ['run', 'runs', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('editDistance(%j, %j) is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

it.each([
  ['rnus', 'runs'],
  ['docter', 'doctor'],
  ['skils', 'skills'],
  ['make me a sandwich', undefined],
])('nearest(%j) is %j', (word, expected) => {
  expect(nearest(word, ['run', 'runs', 'doctor', 'skills'])).toBe(expected);
});

it('estimates tokens by script', () => {
  expect(estimateTokens('abcdefgh')).toBe(2);
  expect(estimateTokens('構築環境')).toBe(4);
});

it('makes one line without breaking characters', () => {
  expect(oneLine('a\n b', 10)).toBe('a b');
  expect(oneLine('👍👍👍👍', 3)).toBe('👍👍…');
});
