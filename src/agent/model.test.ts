// What a model made from a route does beyond the conformance suite: reasoning, usage, JSON answers, leaks, laziness.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  agentRun,
  echoTool,
  noWaiting,
  routeTo,
  TEST_KEY,
  userText,
} from '../../test/support/model-routes.ts';
import { startModelServer } from '../../test/support/model-server.ts';
import { SIGNATURE } from '../../test/support/model-server-wires.ts';
import { plainSpawner } from '../lib/index.ts';
import { createModel, type ModelRequest, runAgent } from './index.ts';

const signal = () => new AbortController().signal;
const hello: ModelRequest = { messages: [userText('Hello')] };

describe('reasoning', () => {
  it.each([
    ['openrouter', true, ['reasoning_details', SIGNATURE]],
    ['openrouter', false, ['reasoning_details', SIGNATURE]],
    ['anthropic', true, ['"type":"thinking"', SIGNATURE]],
    ['anthropic', false, ['"type":"thinking"', SIGNATURE]],
    ['gemini', true, ['thoughtSignature', SIGNATURE]],
    ['gemini', false, ['thoughtSignature', SIGNATURE]],
    ['moonshot', true, ['reasoning_content', 'Let me think.']],
    ['deepseek', false, ['reasoning_content', 'Let me think.']],
  ])(
    'of %s goes back unchanged (streamed: %s), through a JSON recording',
    async (provider, stream, marks) => {
      await using server = await startModelServer({
        key: TEST_KEY,
        replies: [
          { reasoning: 'Let me think.', text: 'Calling.', calls: [{ name: 'echo', args: { text: 'a' } }] },
          'Done.',
        ],
      });
      const { input, emit } = agentRun(createModel(routeTo(server, { provider, stream }), noWaiting()));
      const outcome = await runAgent(input, emit);
      expect(outcome).toMatchObject({ status: 'done', answer: 'Done.' });
      const sent = JSON.stringify(server.chats[1]?.body);
      for (const mark of marks) expect(sent).toContain(mark);
      expect(sent.split('Let me think.').length - 1).toBeLessThanOrEqual(2); // OpenRouter has it in two fields
      const state = outcome.messages.find((message) => message.role === 'assistant')?.providerState;
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    },
  );

  it('of one model is not sent to another', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    const model = createModel(routeTo(server, { provider: 'openai', model: 'gpt-4.1' }), noWaiting());
    const providerState = {
      route: 'anthropic/claude',
      content: [{ type: 'reasoning', text: 'secret thoughts' }],
    };
    await model.reply(
      {
        messages: [
          userText('a'),
          { role: 'assistant', text: 'said', calls: [], providerState },
          userText('b'),
        ],
      },
      { signal: signal() },
    );
    expect(JSON.stringify(server.requests)).not.toContain('secret thoughts');
    expect(JSON.stringify(server.requests)).toContain('said');
  });

  it('that leaks into the text is taken out of the text, and goes back between tool calls', async () => {
    const text = '<think>\nThe user wants…\n</think>\n\nHere you are.';
    await using server = await startModelServer({
      key: TEST_KEY,
      replies: [{ text, calls: [{ name: 'echo', args: { text: 'a' } }] }, text],
    });
    const { input, events, emit } = agentRun(
      createModel(routeTo(server, { provider: 'minimax' }), noWaiting()),
    );
    const outcome = await runAgent(input, emit);
    expect(outcome.answer).toBe('Here you are.');
    const shown = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('');
    expect(shown).toBe('Here you are.Here you are.');
    expect(server.chats[1]?.body.messages.at(-2).content).toContain('The user wants');
  });

  it.each([
    ['Tags like <think>this</think> stay.', 'Tags like <think>this</think> stay.'],
    ['<thinking cap>', '<thinking cap>'],
    ['<think>never closed', ''],
    ['  <think>a</think>  b', 'b'],
    ['<', '<'],
  ])('%j is shown as %j', async (text, shown) => {
    await using server = await startModelServer({ key: TEST_KEY, replies: [text] });
    const reply = await createModel(routeTo(server), noWaiting()).reply(hello, { signal: signal() });
    expect(reply.text).toBe(shown);
  });
});

describe('usage', () => {
  const usage = { input: 1000, output: 50, cached: 800, reasoning: 20, cost: 0.00123 };

  it.each([
    ['openrouter', true, 0.00123, 20],
    ['openrouter', false, 0.00123, 20],
    ['deepseek', true, 0.00123, 20],
    ['openai', true, null, 20],
    ['anthropic', true, null, undefined],
    ['gemini', true, null, 20],
    ['mistral', true, null, undefined],
  ])('of %s as the provider reports it (streamed: %s)', async (provider, stream, costUsd, reasoning) => {
    const { cost, ...rest } = usage;
    const reported = costUsd === null ? rest : { ...rest, cost };
    await using server = await startModelServer({ key: TEST_KEY, replies: [{ text: 'a', usage: reported }] });
    const model = createModel(routeTo(server, { provider, stream }), noWaiting());
    const reply = await model.reply(hello, { signal: signal() });
    expect(reply.usage).toMatchObject({
      inputTokens: 1000,
      outputTokens: 50,
      cachedInputTokens: 800,
      costUsd,
    });
    if (reasoning !== undefined) expect(reply.usage.reasoningTokens).toBe(reasoning);
  });
});

describe('the prompt cache', () => {
  const marks = (body: unknown) => JSON.stringify(body).split('"cache_control"').length - 1;

  it.each([
    ['openrouter', 'anthropic/claude-sonnet-4.5', 2],
    ['anthropic', 'claude-sonnet-4-5', 2],
    ['openrouter', 'openai/gpt-4.1', 0],
    ['openai', 'gpt-4.1', 0],
  ])('%s/%s gets its marks in every turn, and the same beginning', async (provider, name, count) => {
    await using server = await startModelServer({
      key: TEST_KEY,
      replies: [{ calls: [{ name: 'echo', args: { text: 'a' } }] }, 'Done.'],
    });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider, model: name }), noWaiting()));
    await runAgent(input, emit);
    expect(server.chats.map((request) => marks(request.body))).toEqual([count, count]);
    const [first, second] = server.chats.map(({ body }) => body);
    expect(second.tools).toEqual(first.tools);
    expect(second.system ?? second.messages[0]).toEqual(first.system ?? first.messages[0]);
  });
});

describe('a JSON answer', () => {
  const output = {
    name: 'choice',
    schema: { type: 'object', properties: { picked: { type: 'string' } }, required: ['picked'] },
  };

  it.each([
    ['openrouter', /"json_schema"/],
    ['openai', /"json_schema"/],
    ['mistral', /"json_schema"/],
    ['ollama', /"json_schema"/],
    ['gemini', /"responseMimeType":"application\/json"/],
    ['anthropic', /"schema"/],
    ['deepseek', /"json_object".*must match this JSON Schema/],
    ['minimax', /must match this JSON Schema/],
  ])('is asked of %s in its own way', async (provider, mark) => {
    await using server = await startModelServer({ key: TEST_KEY, replies: ['```json\n{"picked":"a"}\n```'] });
    const model = createModel(routeTo(server, { provider, model: 'claude-sonnet-4-5' }), noWaiting());
    const reply = await model.reply({ ...hello, output }, { signal: signal() });
    expect(reply.text).toBe('{"picked":"a"}');
    expect(JSON.stringify(server.requests[0]?.body)).toMatch(mark);
  });
});

describe('pictures', () => {
  it.each([
    ['anthropic', '"type":"tool_result"'],
    ['gemini', 'inlineData'],
    ['openrouter', 'image_url'],
    ['openai', 'image_url'],
    ['custom', 'image_url'],
  ])('in tool results reach %s', async (provider, mark) => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const tool = echoTool({
      run: async () => ({ parts: [{ type: 'image', data: bytes, mediaType: 'image/png' }], isError: false }),
    });
    const calls = [1, 2].map((number) => ({ name: 'echo', args: { text: String(number) } }));
    await using server = await startModelServer({ key: TEST_KEY, replies: [{ calls }, 'A picture.'] });
    const { input, emit } = agentRun(createModel(routeTo(server, { provider }), noWaiting()), {
      tools: [tool],
    });
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer: 'A picture.' });
    const sent = JSON.stringify(server.chats[1]?.body);
    expect(sent).toContain(mark);
    expect(sent.split(Buffer.from(bytes).toString('base64')).length - 1).toBe(2);
  });
});

describe('the way out', () => {
  it('goes through the proxy that is configured, but never for loopback', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(418, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const http = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    proxy.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await using server = await startModelServer({ key: TEST_KEY });
    const options = noWaiting();
    const near = createModel(routeTo(server, { proxy: { http } }), options);
    expect((await near.reply(hello, { signal: signal() })).text).toBe('ok');
    expect(seen).toEqual([]);
    const baseUrl = 'http://models.invalid/v1';
    const far = createModel(routeTo(server, { baseUrl, proxy: { http }, maxTries: 1 }), options);
    await far.reply(hello, { signal: signal() });
    expect(seen.join()).toContain('models.invalid');
    proxy.closeAllConnections();
    proxy.close();
  });

  // jsonrepair (7 ms) comes with lib's reader of JSON in replies.
  it('loads nothing of the SDK, of undici or zod before the first reply', async () => {
    const door = JSON.stringify(join(import.meta.dirname, 'index.ts'));
    const script = `
      import { registerHooks } from 'node:module';
      const foreign = [];
      registerHooks({ resolve(specifier, context, next) {
        if (!/^(node:|[.\\/]|file:)/.test(specifier)) foreign.push(specifier);
        return next(specifier, context);
      } });
      const { createModel, createEmbedder } = await import(${door});
      const route = { provider: 'openrouter', model: 'm', baseUrl: 'http://127.0.0.1:59998/v1', baseUrlOrigin: '',
        key: { value: 'sk-or-v1-0123456789', origin: '' }, headers: {}, stream: true, timeoutMs: 5000,
        firstByteTimeoutMs: 5000, idleTimeoutMs: 5000, maxTries: 1 };
      const model = createModel(route);
      createEmbedder(route);
      console.log(JSON.stringify(foreign));
      const reply = await model.reply({ messages: [] }, { signal: new AbortController().signal });
      console.log(JSON.stringify([reply.error.kind, foreign.includes('@openrouter/ai-sdk-provider'), foreign.includes('@ai-sdk/anthropic')]));
    `;
    const { stdout } = await plainSpawner.run({
      command: process.execPath,
      args: ['--input-type=module', '-e', script],
      cwd: import.meta.dirname,
      env: {},
      timeoutMs: 20_000,
      signal: signal(),
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([['jsonrepair'], ['network', true, false]]);
  });
});
