// One suite for every implementation of `Model`: each wire format, streamed and whole, and the scripted model.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noWaiting, routeTo, textOf, userText } from '../../test/support/model-routes.ts';
import { type ModelServer, type ServerAnswer, startModelServer } from '../../test/support/model-server.ts';
import { createModel, type Model, type ModelRequest, scriptedModel } from './index.ts';

const LISTING = {
  name: 'list',
  description: 'Lists a folder.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';
const WIRES = [
  ['openrouter', 'anthropic/claude-sonnet-4.5'],
  ['openai', 'gpt-4.1'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-2.5-flash'],
  ['mistral', 'mistral-large-latest'],
  ['deepseek', 'deepseek-chat'],
] as const;

interface Subject {
  readonly name: string;
  /** A model that answers like this. */
  readonly make: (answers: readonly ServerAnswer[]) => Promise<Model>;
  readonly streams: boolean;
}

let server: ModelServer | undefined;
beforeEach(() => {
  server = undefined;
});
afterEach(async () => {
  await server?.close();
});

const subjects: Subject[] = [
  ...WIRES.flatMap(([provider, model]) =>
    [true, false].map(
      (stream): Subject => ({
        name: `${provider}, ${stream ? 'streamed' : 'whole'}`,
        streams: stream,
        make: async (answers) => {
          server = await startModelServer({ key: KEY, replies: answers });
          const key = { value: KEY, origin: 'test' };
          return createModel(routeTo(server, { provider, model, stream, key }), noWaiting());
        },
      }),
    ),
  ),
  {
    name: 'scripted model',
    streams: true,
    make: async (answers) =>
      scriptedModel(
        answers.map((answer) => ({
          text: answer.text ?? '',
          calls: (answer.calls ?? []).map(({ args, ...call }) => ({ ...call, args })),
          ...(answer.finish === 'length' ? { stop: 'length' as const } : {}),
        })),
      ),
  },
];

const signal = () => new AbortController().signal;
const ask: ModelRequest = {
  messages: [{ role: 'system', text: 'Be brief.' }, userText('What is here?')],
  tools: [LISTING],
};

describe.each(subjects)('$name', ({ make, streams }) => {
  it('answers with text, and hands it on as it comes', async () => {
    const model = await make([{ text: 'Two files: a and b.' }]);
    const pieces: string[] = [];
    const reply = await model.reply(ask, { signal: signal(), onDelta: (text) => pieces.push(text) });
    expect(reply.error).toBeUndefined();
    expect(reply).toMatchObject({ text: 'Two files: a and b.', calls: [], stop: 'end', tries: 1 });
    expect(pieces.join('')).toBe(reply.text);
    if (streams) expect(pieces.length).toBeGreaterThan(1);
    expect(reply.usage.inputTokens).toBeGreaterThan(0);
    expect(reply.usage.outputTokens).toBeGreaterThan(0);
  });

  it('asks for several tools at once', async () => {
    const model = await make([
      {
        text: 'Looking.',
        calls: [
          { name: 'list', args: { path: 'a' } },
          { name: 'list', args: { path: 'b "quoted" ü' } },
        ],
      },
    ]);
    const reply = await model.reply(ask, { signal: signal() });
    expect(reply.error).toBeUndefined();
    expect(reply.stop).toBe('calls');
    expect(reply.calls.map(({ name, args }) => ({ name, args }))).toEqual([
      { name: 'list', args: { path: 'a' } },
      { name: 'list', args: { path: 'b "quoted" ü' } },
    ]);
    expect(new Set(reply.calls.map((call) => call.id)).size).toBe(2);
  });

  it('reads a whole conversation with calls, results, errors and pictures', async () => {
    const model = await make([{ calls: [{ name: 'list', args: { path: '.' } }] }, { text: 'Done.' }]);
    const first = await model.reply(ask, { signal: signal() });
    const call = first.calls[0];
    expect(call).toBeDefined();
    const picture = {
      type: 'image' as const,
      data: new Uint8Array([137, 80, 78, 71]),
      mediaType: 'image/png',
    };
    const second = await model.reply(
      {
        ...ask,
        messages: [
          ...ask.messages,
          { role: 'assistant', text: first.text, calls: first.calls, providerState: first.providerState },
          {
            role: 'tool',
            callId: call?.id ?? '',
            name: 'list',
            parts: [{ type: 'text', text: 'a\nb' }, picture],
            isError: false,
          },
        ],
      },
      { signal: signal() },
    );
    expect(second.error).toBeUndefined();
    expect(second).toMatchObject({ text: 'Done.', stop: 'end' });
  });

  it('tells when the output limit cut it', async () => {
    const model = await make([{ text: 'Once upon', finish: 'length' }]);
    const reply = await model.reply(ask, { signal: signal() });
    expect(reply).toMatchObject({ text: 'Once upon', stop: 'length' });
  });

  it('does not begin when the signal is already aborted', async () => {
    const model = await make([{ text: 'never' }]);
    const reply = await model.reply(ask, { signal: AbortSignal.abort() });
    expect(reply).toMatchObject({ text: '', calls: [], stop: 'aborted' });
    expect(server?.requests ?? []).toEqual([]);
  });

  it('answers with an error instead of rejecting', async () => {
    const model = await make([]);
    const reply = await model.reply(ask, { signal: signal() });
    expect(reply.stop).toBe('error');
    expect(reply.error?.message).not.toBe('');
    expect(reply.calls).toEqual([]);
  });
});

describe('textOf', () => {
  it('shows pictures by their type', () => {
    expect(textOf([{ type: 'image', data: new Uint8Array(), mediaType: 'image/png' }])).toBe('[image/png]');
  });
});
