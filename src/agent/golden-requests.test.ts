// The exact request that each provider gets: address, headers and body of a streamed tool turn, against golden files.
import { describe, expect, it } from 'vitest';
import { noWaiting, routeTo, userText } from '../../test/support/model-routes.ts';
import { startModelServer } from '../../test/support/model-server.ts';
import { createModel, findProvider, type ModelRequest, PROVIDERS } from './index.ts';

const MODELS: Record<string, string> = {
  openrouter: 'anthropic/claude-sonnet-4.5',
  aihubmix: 'gpt-4.1-mini',
  siliconflow: 'deepseek-ai/DeepSeek-V3',
  volcengine: 'doubao-seed-1-6-250615',
  anthropic: 'claude-sonnet-4-5',
  openai: 'gpt-4.1',
  deepseek: 'deepseek-chat',
  gemini: 'gemini-2.5-flash',
  zhipu: 'glm-4.6',
  dashscope: 'qwen-plus',
  moonshot: 'kimi-k2-0905-preview',
  minimax: 'MiniMax-M2',
  groq: 'llama-3.3-70b-versatile',
  mistral: 'mistral-large-latest',
  xai: 'grok-4',
  ollama: 'qwen3',
  custom: 'my-model',
};
const CUSTOM_BASE = 'https://models.example.com/v1';

const request: ModelRequest = {
  messages: [
    { role: 'system', text: 'You are an agent.' },
    userText('Print the working directory.'),
    {
      role: 'assistant',
      text: 'I look.',
      calls: [{ id: 'call12345', name: 'shell', args: { command: 'pwd' } }],
    },
    {
      role: 'tool',
      callId: 'call12345',
      name: 'shell',
      parts: [{ type: 'text', text: '/home/user' }],
      isError: false,
    },
  ],
  tools: [
    {
      name: 'shell',
      description: 'Runs a command.',
      parameters: {
        type: 'object',
        properties: { command: { type: 'string' } },
        required: ['command'],
        additionalProperties: false,
      },
    },
  ],
  maxOutputTokens: 1000,
};

describe('golden requests', () => {
  it('there is a model for every provider', () => {
    expect(Object.keys(MODELS).sort()).toEqual(PROVIDERS.map((provider) => provider.id).sort());
  });

  it.each(Object.entries(MODELS))('%s gets what its documentation asks for', async (id, model) => {
    const provider = findProvider(id);
    const key = `${provider?.keyPrefix ?? ''}TEST-KEY-0123456789`;
    await using server = await startModelServer({ key, replies: ['/home/user'] });
    const sent: { url: string; headers: Record<string, string> }[] = [];
    const baseUrl = provider?.defaultBaseUrl ?? CUSTOM_BASE;
    const golden = createModel(
      routeTo(server, { provider: id, model, baseUrl, key: { value: key, origin: 'test' } }),
      {
        ...noWaiting(),
        // The address is the real one up to here; only the last step goes to loopback.
        fetch: async (input, init) => {
          const url = new URL(String(input));
          const headers = Object.fromEntries(new Headers(init?.headers));
          delete headers['user-agent'];
          sent.push({ url: url.href, headers });
          return fetch(`${server.origin}${url.pathname}${url.search}`, init);
        },
      },
    );
    const reply = await golden.reply(request, { signal: new AbortController().signal });
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('/home/user');
    const text = JSON.stringify({ ...sent[0], body: server.requests[0]?.body }, null, 2);
    await expect(`${text}\n`).toMatchFileSnapshot(`../../test/fixtures/golden-requests/${id}.json`);
  });
});
