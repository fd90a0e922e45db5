// JSON in replies of models: where it is found, and what is mended.
import { describe, expect, it } from 'vitest';
import { findJsonObject } from './model-json.ts';

describe('JSON in a reply', () => {
  for (const [text, value, repaired] of [
    ['{"a": 1}', { a: 1 }, false],
    ['Sure:\n```json\n{"a": "}"}\n```\nDone.', { a: '}' }, false],
    ['```python\nprint({})\n```\nthen {"a": 1}', {}, false],
    ['a {brace} and then {"a": {"b": [1]}}', { a: { b: [1] } }, false],
    ["{'a': 1, b: 2,}", { a: 1, b: 2 }, true],
    ['{"a": 1 // why\n}', { a: 1 }, true],
    ['```json\n{"a": [1, 2\n```', { a: [1, 2] }, true],
    ['{"a": "tab\there"}', { a: 'tab\there' }, true],
  ] as const)
    it(JSON.stringify(text).slice(0, 60), () => expect(findJsonObject(text)).toEqual({ value, repaired }));

  for (const text of ['', 'no json', '[1, 2]', '"text"', 'null', '12'])
    it(`is not in ${JSON.stringify(text)}`, () => expect(findJsonObject(text)).toBeUndefined());

  it('is looked for in linear time in a reply full of braces', () => {
    expect(findJsonObject('{'.repeat(200_000))).toBeUndefined();
    expect(findJsonObject('{x}'.repeat(50_000))).toBeUndefined();
  });
});
