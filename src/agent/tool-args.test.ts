// Reading and checking tool arguments.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { echoTool } from '../../test/support/model-routes.ts';
import { createArgsChecker, parseToolArgs } from './tool-args.ts';

describe('parseToolArgs', () => {
  it.each<[string, unknown]>([
    ['{"a": 1}', { a: 1 }],
    ['', {}],
    ['  \n', {}],
    ['```json\n{"a": 1}\n```', { a: 1 }],
    ['"{\\"a\\": 1}"', { a: 1 }],
    ["{'a': 'b'}", { a: 'b' }],
    ['{"a": 1,}', { a: 1 }],
    ['{a: True, b: None}', { a: true, b: null }],
    ['{"a": "}"', undefined],
    ['{"command": "rm -rf /tmp/x', undefined],
    ['{"code": "function f() { return 1 }', undefined],
    ['{"a": {"b": 1}', undefined],
    ['[1, 2]', undefined],
    ['3', undefined],
    ['null', undefined],
    ['"text"', undefined],
    ['{"a": 1} and more', undefined],
    ['just words', undefined],
  ])('reads %j as %j', async (raw, args) => {
    expect(await parseToolArgs(raw)).toEqual(args);
  });

  const objects = fc.dictionary(fc.string(), fc.jsonValue());

  it('gives back every object that JSON can carry', async () => {
    await fc.assert(
      fc.asyncProperty(objects, async (args) => {
        const text = JSON.stringify(args);
        expect(await parseToolArgs(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never takes a cut-off object for a whole one', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.nat(), async (args, place) => {
        const text = JSON.stringify(args);
        const cut = text.slice(0, 1 + (place % (text.length - 1)));
        if (cut !== text) expect(await parseToolArgs(cut)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('createArgsChecker', () => {
  it('leaves schemas that can not be compiled to the tool', async () => {
    const tool = echoTool({
      parameters: { type: 'object', properties: { a: { $ref: 'https://example.com/x.json' } } },
    });
    expect(await createArgsChecker()(tool, { a: 1 })).toEqual({ ok: true, args: { a: 1 } });
  });

  it('keeps arguments as they were sent: nothing is filled in or left out', async () => {
    const tool = echoTool({
      parameters: { type: 'object', properties: { a: { type: 'number', default: 5 } } },
    });
    expect(await createArgsChecker()(tool, { other: 'x' })).toEqual({ ok: true, args: { other: 'x' } });
  });
});
