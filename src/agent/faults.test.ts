// What goes wrong at providers, through the whole of `runAgent`: a right answer after a retry, or one clear error.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { agentRun, noWaiting, routeTo, TEST_KEY, textOf } from '../../test/support/model-routes.ts';
import { fault, type ServerReply, startModelServer } from '../../test/support/model-server.ts';
import { createEmbedder, createModel, type ModelErrorKind, type Route, runAgent } from './index.ts';

interface Case {
  readonly title: string;
  readonly replies: readonly ServerReply[];
  /** The answer after all, or the kind of the error. */
  readonly ends: { readonly answer: string } | { readonly error: ModelErrorKind };
  /** Requests that the server saw. */
  readonly requests: number;
  readonly waits?: readonly number[];
  readonly only?: 'stream' | 'whole';
  readonly route?: Partial<Route>;
}

const quick = { firstByteTimeoutMs: 150, idleTimeoutMs: 150 };
const html = '<html><body>Bad gateway</body></html>';
const CASES: readonly Case[] = [
  { title: '429 with Retry-After in seconds', replies: [fault.rateLimit(2), 'fine'], ends: { answer: 'fine' }, requests: 2, waits: [2000] },
  { title: '429 with Retry-After as a date', replies: [fault.rateLimit(new Date(Date.now() - 5000).toUTCString()), 'fine'], ends: { answer: 'fine' }, requests: 2, waits: [0] },
  { title: '429 without Retry-After, twice', replies: [fault.status(429), fault.status(429), 'fine'], ends: { answer: 'fine' }, requests: 3, waits: [1000, 2000] },
  { title: '429 that asks to wait an hour', replies: [fault.rateLimit(3600)], ends: { error: 'rate-limit' }, requests: 1, waits: [] },
  { title: '429 for ever', replies: Array.from({ length: 9 }, () => fault.status(429)), ends: { error: 'rate-limit' }, requests: 4, waits: [1000, 2000, 4000] },
  { title: '429 because the account is empty', replies: [fault.status(429, { error: { message: 'no quota', code: 'insufficient_quota' } })], ends: { error: 'billing' }, requests: 1 },
  { title: '402 that asks to wait', replies: [fault.status(402, { error: { code: 402, message: 'in flight' } }, { 'retry-after': '3' }), 'fine'], ends: { answer: 'fine' }, requests: 2, waits: [3000] },
  { title: '402', replies: [fault.status(402)], ends: { error: 'billing' }, requests: 1 },
  { title: '500', replies: [fault.status(500), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: '502 with a page of HTML', replies: [fault.status(502, html), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: '503 for ever', replies: Array.from({ length: 9 }, () => fault.status(503)), ends: { error: 'overloaded' }, requests: 4 },
  { title: '529', replies: [fault.status(529), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: '400', replies: [fault.status(400)], ends: { error: 'bad-request' }, requests: 1 },
  { title: '404 for an unknown model', replies: [fault.status(404)], ends: { error: 'bad-request' }, requests: 1 },
  { title: '403 of the moderation', replies: [fault.status(403, { error: { code: 403, message: 'flagged', metadata: { reasons: ['violence'] } } })], ends: { error: 'content-filter' }, requests: 1 },
  { title: '403', replies: [fault.status(403)], ends: { error: 'auth' }, requests: 1 },
  { title: 'slow first byte', replies: [fault.slow(600, 'late'), 'fine'], ends: { answer: 'fine' }, requests: 2, only: 'stream', route: quick },
  { title: 'slow first byte for ever', replies: Array.from({ length: 9 }, () => fault.slow(600, 'late')), ends: { error: 'timeout' }, requests: 2, only: 'stream', route: { ...quick, maxTries: 2 } },
  { title: 'a stream that goes silent before any text', replies: [fault.stall(), 'fine'], ends: { answer: 'fine' }, requests: 2, only: 'stream', route: quick },
  { title: 'a stream that goes silent after some text', replies: [fault.stall('Half an '), 'a whole answer'], ends: { answer: 'a whole answer' }, requests: 2, only: 'stream', route: quick },
  { title: 'a whole answer that does not come', replies: [fault.slow(900, 'late')], ends: { error: 'timeout' }, requests: 1, only: 'whole', route: { timeoutMs: 300 } },
  { title: 'stream cut before any text', replies: [fault.cut(), 'fine'], ends: { answer: 'fine' }, requests: 2, only: 'stream' },
  { title: 'stream cut in the middle of the text', replies: [fault.cut('Half an '), 'a whole answer'], ends: { answer: 'a whole answer' }, requests: 2, only: 'stream' },
  { title: 'stream cut in the middle of the text, again and again', replies: Array.from({ length: 9 }, () => fault.cut('Half an ')), ends: { error: 'network' }, requests: 2, only: 'stream' },
  { title: 'stream that ends in order but without its end', replies: [fault.cut('Half an ', 'softly'), 'a whole answer'], ends: { answer: 'a whole answer' }, requests: 2, only: 'stream' },
  { title: 'stream cut in the middle of a tool call', replies: [fault.cutInCall('echo', '{"text": "a'), 'fine'], ends: { answer: 'fine' }, requests: 2, only: 'stream' },
  { title: 'malformed JSON', replies: [fault.malformed(), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: 'malformed JSON for ever', replies: Array.from({ length: 9 }, () => fault.malformed()), ends: { error: 'bad-reply' }, requests: 4 },
  { title: 'empty choices', replies: [fault.emptyChoices(), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: 'empty choices for ever', replies: Array.from({ length: 9 }, () => fault.emptyChoices()), ends: { error: 'bad-reply' }, requests: 4 },
  { title: 'error part inside a 200', replies: [fault.errorPart({ message: 'Provider disconnected', code: 502 }), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: 'error part inside a 200 after some text', replies: [fault.errorPart({ message: 'Overloaded', code: 503 }, 'Half an '), 'a whole answer'], ends: { answer: 'a whole answer' }, requests: 2, only: 'stream' },
  { title: 'error part that refuses the key', replies: [fault.errorPart({ message: 'No auth', code: 401 })], ends: { error: 'auth' }, requests: 1 },
  { title: 'error part with the type of a rate limit', replies: [fault.errorPart({ message: 'Slow down', code: 'rate_limit_exceeded' }), 'fine'], ends: { answer: 'fine' }, requests: 2 },
  { title: 'context-length error that fitting does not help', replies: [fault.contextLength(), fault.contextLength()], ends: { error: 'context-length' }, requests: 1 },
  { title: 'context-length error in OpenRouter’s words', replies: [fault.status(400, { error: { code: 400, message: 'too long', metadata: { error_type: 'context_length_exceeded' } } })], ends: { error: 'context-length' }, requests: 1 },
  { title: 'an answer that the content filter stopped', replies: [{ text: 'I ', finish: 'content_filter' }], ends: { error: 'content-filter' }, requests: 1 },
]; // biome-ignore format: one case a line

const subjects = CASES.flatMap((one) =>
  (['stream', 'whole'] as const)
    .filter((way) => one.only === undefined || one.only === way)
    .map((way) => ({ ...one, way })),
);

describe.each(['openrouter', 'deepseek'])('faults of %s', (provider) => {
  it.each(subjects)('$title ($way)', async ({ replies, ends, requests, waits, way, route }) => {
    await using server = await startModelServer({ key: TEST_KEY, replies });
    const options = noWaiting();
    const model = createModel(routeTo(server, { provider, stream: way === 'stream', ...route }), options);
    const { input, events, emit } = agentRun(model);
    const outcome = await runAgent(input, emit);
    if ('answer' in ends) {
      expect(outcome.error).toBeUndefined();
      expect(outcome).toMatchObject({ status: 'done', answer: ends.answer });
    } else {
      expect(outcome.status).toBe('error');
      expect(outcome.error?.kind).toBe(ends.error);
      expect(outcome.error?.message).toMatch(/\S{3}/);
      expect(outcome.error?.message).not.toContain('\n');
    }
    expect(server.chats).toHaveLength(requests);
    if (waits !== undefined) expect(options.waits).toEqual(waits);
    const starts = events.filter((event) => event.type === 'turn-start').length;
    expect(events.filter((event) => event.type === 'model-reply')).toHaveLength(starts);
    expect(outcome.turns).toBe(starts);
  });

  it('an error part without anything beside it', async () => {
    const bare: ServerReply = {
      fault: ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"error":{"message":"Provider disconnected","code":502}}\n\n');
      },
    };
    await using server = await startModelServer({ key: TEST_KEY, replies: [bare, 'fine'] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider }), noWaiting()));
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer: 'fine' });
  });

  it('calls that share an id stay apart', async () => {
    const calls = ['a', 'b'].map((text) => ({ name: 'echo', id: 'call_0', args: { text } }));
    await using server = await startModelServer({ key: TEST_KEY, replies: [{ calls }, 'fine'] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider, stream: false }), noWaiting()));
    const outcome = await runAgent(input, emit);
    const ids = outcome.messages.flatMap((one) => (one.role === 'tool' ? [one.callId] : []));
    expect(new Set(ids).size).toBe(2);
  });

  it('a text that was cut off for good is kept', async () => {
    await using server = await startModelServer({
      key: TEST_KEY,
      replies: () => fault.cut('Half an answer'),
    });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider }), noWaiting()));
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'error', answer: 'Half an answer' });
    expect(outcome.messages.at(-1)).toMatchObject({ role: 'assistant', text: 'Half an answer' });
  });

  it.each(['stream', 'whole'])(
    'cut-off tool arguments are told to the model and never run (%s)',
    async (way) => {
      const rawArgs = '{"text": "rm -rf /tmp/x';
      await using server = await startModelServer({
        key: TEST_KEY,
        replies: [
          { calls: [{ name: 'echo', rawArgs }] },
          { calls: [{ name: 'echo', args: { text: 'whole' } }] },
          'fine',
        ],
      });
      const { input, emit } = agentRun(
        createModel(routeTo(server, { provider, stream: way === 'stream' }), noWaiting()),
      );
      const outcome = await runAgent(input, emit);
      expect(outcome).toMatchObject({ status: 'done', answer: 'fine', turns: 3 });
      const results = outcome.messages.flatMap((one) => (one.role === 'tool' ? [textOf(one.parts)] : []));
      expect(results[0]).toContain('not run');
      expect(results[0]).toContain(rawArgs);
      expect(results[1]).toBe('echo: whole');
    },
  );

  it('tool arguments cut by the output limit are told as that', async () => {
    const cut = { finish: 'length', calls: [{ name: 'echo', rawArgs: '{"text": "very lo' }] };
    await using server = await startModelServer({ key: TEST_KEY, replies: [cut, 'fine'] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider }), noWaiting()));
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'done', answer: 'fine' });
    expect(JSON.stringify(outcome.messages)).toContain('length limit');
  });

  it('an unknown tool is answered with the known ones', async () => {
    await using server = await startModelServer({
      key: TEST_KEY,
      replies: [{ calls: [{ name: 'ecko', args: { text: 'a' } }] }, 'fine'],
    });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider }), noWaiting()));
    const outcome = await runAgent(input, emit);
    expect(outcome.answer).toBe('fine');
    const result = outcome.messages.find((message) => message.role === 'tool');
    expect(result).toMatchObject({ isError: true });
    expect(result?.role === 'tool' && textOf(result.parts)).toBe(
      'There is no tool "ecko". Did you mean "echo"? Tools: echo.',
    );
  });
});

describe('faults of native wire formats', () => {
  it.each([
    ['anthropic', fault.errorPart({ message: 'Overloaded', code: 529, type: 'overloaded_error' })],
    [
      'anthropic',
      fault.status(529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    ],
    ['anthropic', fault.cut()],
    ['gemini', fault.status(503, { error: { code: 503, status: 'UNAVAILABLE', message: 'Overloaded' } })],
    ['gemini', fault.cut()],
    ['openai', fault.cut()],
    ['mistral', fault.emptyChoices()],
  ])('%s recovers by another try', async (provider, failing) => {
    await using server = await startModelServer({ key: TEST_KEY, replies: [failing, 'fine'] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider, model: 'm' }), noWaiting()));
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer: 'fine' });
  });

  it.each([
    [
      'anthropic',
      fault.status(413, { type: 'error', error: { type: 'request_too_large', message: 'x' } }),
      'context-length',
    ],
    [
      'gemini',
      fault.status(400, {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'API key not valid',
          details: [{ reason: 'API_KEY_INVALID' }],
        },
      }),
      'auth',
    ],
    ['mistral', fault.status(401, { message: 'Unauthorized' }), 'auth'],
  ] as const)('%s: an error is classified by its code', async (provider, failing, kind) => {
    await using server = await startModelServer({ key: TEST_KEY, replies: [failing] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider, model: 'm' }), noWaiting()));
    const outcome = await runAgent(input, emit);
    expect(outcome.error?.kind).toBe(kind);
  });
});

describe('limits', () => {
  it('no server: a network error that names the address', async () => {
    await using server = await startModelServer();
    await server.close();
    const { input, emit } = agentRun(createModel(routeTo(server, { maxTries: 2 }), noWaiting()));
    const outcome = await runAgent(input, emit);
    expect(outcome.error).toMatchObject({
      kind: 'network',
      message: expect.stringContaining(server.baseUrl),
    });
  });

  it('leaves no listener behind on the signal, however often it is used', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    const { signal } = new AbortController();
    const model = createModel(routeTo(server), noWaiting());
    for (let count = 0; count < 20; count += 1) await model.reply({ messages: [] }, { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('the time limit holds over all tries', async () => {
    await using server = await startModelServer({ key: TEST_KEY, replies: () => fault.rateLimit(50) });
    const model = createModel(routeTo(server, { timeoutMs: 200 }));
    const reply = await model.reply({ messages: [] }, { signal: new AbortController().signal });
    expect(reply.error?.kind).toBe('timeout');
  });

  it.each([true, false])(
    'an abort ends a request at once and keeps the text so far (streamed: %s)',
    async (stream) => {
      const replies = [stream ? fault.stall('Half an answer') : fault.slow(5_000, 'late')];
      await using server = await startModelServer({ key: TEST_KEY, replies });
      const controller = new AbortController();
      const { input, events, emit } = agentRun(createModel(routeTo(server, { stream })), {
        signal: controller.signal,
      });
      const running = runAgent(input, (event) => {
        emit(event);
        if (event.type === 'text-delta') controller.abort();
      });
      if (!stream) setTimeout(() => controller.abort(), 50);
      const outcome = await running;
      expect(outcome.status).toBe('cancelled');
      if (stream) expect(outcome.answer).toBe('Half an answer');
      expect(events.at(-1)).toMatchObject({ type: 'model-reply', reply: { stop: 'aborted' } });
    },
  );

  it('keep-alive comments count as signs of life', async () => {
    await using server = await startModelServer({
      key: TEST_KEY,
      replies: [
        {
          fault: async ({ response, writer }) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            for (let count = 0; count < 8; count += 1) {
              response.write(': OPENROUTER PROCESSING\n\n');
              await new Promise((resolve) => setTimeout(resolve, 60));
            }
            const usage = { input: 1, output: 1, cached: 0, reasoning: 0, cost: undefined };
            response.write(writer.head() + writer.text('slow but sure'));
            response.end(writer.end({ text: '', reasoning: '', calls: [], finish: 'stop', usage }));
          },
        },
      ],
    });
    const model = createModel(routeTo(server, quick), noWaiting());
    const reply = await model.reply({ messages: [] }, { signal: new AbortController().signal });
    expect(reply).toMatchObject({ text: 'slow but sure', tries: 1 });
  });
});

describe('faults of embeddings', () => {
  const embed = (route: Route) =>
    createEmbedder(route, noWaiting()).embed(['one', 'two'], new AbortController().signal);

  it('a rate limit is waited for', async () => {
    await using server = await startModelServer({
      key: TEST_KEY,
      embed: (texts, turn) => (turn === 1 ? fault.rateLimit(1) : texts.map(() => [1, 2])),
    });
    expect((await embed(routeTo(server))).map((vector) => [...vector])).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it.each([
    ['too few vectors', () => [[1, 2]], /1 in number for 2/],
    ['vectors of different lengths', () => [[1, 2], [1]], /different lengths/],
    ['an empty vector', () => [[], []], /empty/],
    ['the wrong length', () => [[1], [2]], /1 long instead of 2/],
  ])('%s', async (_, vectors, message) => {
    await using server = await startModelServer({ key: TEST_KEY, embed: vectors });
    const route = routeTo(server, message.source.includes('instead') ? { dimensions: 2 } : {});
    await expect(embed(route)).rejects.toThrow(message);
  });

  it('texts go out in batches, in order, with the wanted length', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    const texts = Array.from({ length: 150 }, (_, index) => `text ${index}`);
    const embedder = createEmbedder(routeTo(server, { dimensions: 4 }), noWaiting());
    const vectors = await embedder.embed(texts, new AbortController().signal);
    expect(embedder.id).toBe('openrouter/anthropic/claude-sonnet-4.5@4');
    expect(vectors).toHaveLength(150);
    expect(vectors[0]).toHaveLength(4);
    expect(server.requests.flatMap((request) => request.body.input)).toEqual(texts);
    expect(server.requests.map((request) => request.body.input.length)).toEqual([64, 64, 22]);
    expect(server.requests[0]?.body.dimensions).toBe(4);
  });

  it('an abort rejects as cancelled', async () => {
    await using server = await startModelServer({ key: TEST_KEY, embed: () => ({ fault: () => undefined }) });
    const controller = new AbortController();
    const running = createEmbedder(routeTo(server)).embed(['x'], controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a provider without embeddings says so', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    await expect(embed(routeTo(server, { provider: 'anthropic' }))).rejects.toMatchObject({ code: 'config' });
    expect(server.requests).toEqual([]);
  });
});
