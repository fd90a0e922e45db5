// Every request carries exactly its route's credential and no other, however it is made; and is not sent where it can't.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { noWaiting, routeTo, TEST_KEY, userText } from '../../test/support/model-routes.ts';
import { fault, startModelServer } from '../../test/support/model-server.ts';
import { OpenSpaceError } from '../lib/index.ts';
import { createGuardedFetch, RouteGuardError } from './guarded-fetch.ts';
import {
  cleanSecret,
  createEmbedder,
  createModel,
  findProvider,
  type ModelReply,
  type ModelRequest,
  PROVIDERS,
  type Route,
  refuseRoute,
} from './index.ts';

const plainRequest: ModelRequest = { messages: [userText('Hello')] };
const toolRequest: ModelRequest = {
  ...plainRequest,
  tools: [{ name: 'pwd', description: 'Says where.', parameters: { type: 'object', properties: {} } }],
};
const signal = () => new AbortController().signal;
const hostile = {
  Authorization: 'Bearer EVIL-0123456789',
  authorization: 'Bearer EVIL-0123456789',
  'X-API-Key': 'EVIL-0123456789',
  'x-Goog-Api-Key': 'EVIL-0123456789',
  'API-KEY': 'EVIL-0123456789',
  Cookie: 'session=EVIL',
  Host: 'evil.example.com',
  'X-Title': 'OpenSpace',
};
const CREDENTIALS = [
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cookie',
  'proxy-authorization',
];

function ask(route: Route, request = plainRequest): Promise<ModelReply> {
  return createModel(route, noWaiting()).reply(request, { signal: signal() });
}

describe('the credential on the wire', () => {
  const ways = PROVIDERS.flatMap((provider) =>
    [true, false].flatMap((stream) =>
      [plainRequest, toolRequest].map((request) => ({
        provider,
        stream,
        request,
        title: `${provider.id} ${stream ? 'streamed' : 'whole'}${request === toolRequest ? ' with a tool call' : ''}`,
      })),
    ),
  );

  it.each(ways)('$title', async ({ provider, stream, request }) => {
    const key = `${provider.keyPrefix ?? ''}right-key-0123456789`;
    const reply = request === toolRequest ? { calls: [{ name: 'pwd' }] } : 'hi';
    await using server = await startModelServer({ key, replies: [reply] });
    const route = routeTo(server, {
      provider: provider.id,
      model: 'some-model',
      stream,
      headers: hostile,
      key: { value: key, origin: 'test' },
    });
    const got = await ask(route, request);
    expect(got.error).toBeUndefined();
    const headers = server.requests[0]?.headers ?? {};
    const sent = CREDENTIALS.filter((name) => name in headers);
    expect(sent).toEqual([provider.credentialHeader]);
    expect(headers[provider.credentialHeader]).toBe(
      provider.credentialHeader === 'authorization' ? `Bearer ${key}` : key,
    );
    expect(headers['x-title']).toBe('OpenSpace');
    expect(headers.host).toBe(new URL(server.origin).host);
    expect(JSON.stringify(server.requests)).not.toContain('EVIL');
  });

  it.each(PROVIDERS.filter((provider) => provider.embeddings))('embeddings of $id', async (provider) => {
    const key = `${provider.keyPrefix ?? ''}right-key-0123456789`;
    await using server = await startModelServer({ key });
    const route = routeTo(server, {
      provider: provider.id,
      model: 'embed-model',
      headers: hostile,
      key: { value: key, origin: 'test' },
    });
    const vectors = await createEmbedder(route, noWaiting()).embed(['one', 'two'], signal());
    expect(vectors.map((vector) => vector.length)).toEqual([8, 8]);
    const headers = server.requests[0]?.headers ?? {};
    expect(CREDENTIALS.filter((name) => name in headers)).toEqual([provider.credentialHeader]);
  });

  it.each(['ollama', 'custom'])('%s without a key sends no credential', async (provider) => {
    await using server = await startModelServer();
    const route = routeTo(server, { provider, model: 'local', key: undefined, headers: hostile });
    expect((await ask(route)).text).toBe('ok');
    await createEmbedder(route, noWaiting()).embed(['one'], signal());
    for (const { headers } of server.requests) {
      expect(CREDENTIALS.filter((name) => name in headers)).toEqual([]);
    }
  });
});

describe('a route that can not work is refused before anything is sent', () => {
  const needing = PROVIDERS.filter((provider) => provider.keyNeeded);

  it.each(needing)('$id without a key names the variables', async (provider) => {
    await using server = await startModelServer({ key: TEST_KEY });
    const reply = await ask(routeTo(server, { provider: provider.id, model: 'm', key: undefined }));
    expect(reply).toMatchObject({ stop: 'error', tries: 0, error: { kind: 'auth' } });
    for (const name of provider.keyVariables) expect(reply.error?.hint).toContain(name);
    expect(reply.error?.hint).toContain('OPENSPACE_LLM_API_KEY');
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['blank', '   ', /none/],
    ['with a line end', 'sk-or-v1-abc\nX-Evil: 1', /line end/],
    ['with CRLF behind it', 'sk-or-v1-abcdef\r\n', /around it/],
    ['in quotes', '"sk-or-v1-abcdef"', /quotes/],
    ['with a space inside', 'sk-or-v1 abcdef', /space/],
    ['with letters no header carries', 'sk-or-v1-äöü', /header/],
    ['the word Bearer', 'Bearer', /Bearer/],
    ['Bearer and a key', 'Bearer sk-or-v1-abcdef', /space/],
  ])('a key %s', async (_, value, message) => {
    await using server = await startModelServer({ key: TEST_KEY });
    const route = routeTo(server, { key: { value, origin: 'OPENROUTER_API_KEY (.env)' } });
    const reply = await ask(route);
    expect(reply.error?.kind).toBe('auth');
    expect(reply.error?.message).toMatch(message);
    await expect(createEmbedder(route).embed(['x'], signal())).rejects.toThrow(OpenSpaceError);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['a name with a space', { 'X Title': 'a' }],
    ['a value with a line end', { 'X-Title': 'a\r\nAuthorization: Bearer EVIL' }],
  ])('an extra header with %s', (_, headers) => {
    const refusal = refuseRoute(routeTo({ baseUrl: 'http://127.0.0.1:1/v1' }, { headers }));
    expect(refusal).toMatchObject({ code: 'config' });
    expect(refusal?.hint).toContain('OPENSPACE_LLM_EXTRA_HEADERS');
  });

  it.each([
    ['  sk-1234 \r\n', 'sk-1234'],
    ['"sk-1234"', 'sk-1234'],
    ["'sk-1234'\n", 'sk-1234'],
    ['" sk-1234 "', 'sk-1234'],
    ['\ufeffsk-1234', 'sk-1234'],
    ['""', undefined],
    ['  \r\n', undefined],
    [undefined, undefined],
  ])('cleanSecret reads %j as %j', (pasted, clean) => {
    expect(cleanSecret(pasted)).toBe(clean);
  });
});

describe('a refused credential', () => {
  it.each([
    ['with the wrong key', 'sk-or-v1-wrong-wrong-wrong-wrong'],
    ['with another provider’s key', 'sk-ant-api03-wrong-wrong-wrong'],
  ])('%s is told without the key', async (_, value) => {
    await using server = await startModelServer({ key: TEST_KEY });
    const origin = 'OPENSPACE_LLM_API_KEY (/home/user/project/.env)';
    const reply = await ask(routeTo(server, { key: { value, origin } }));
    expect(reply).toMatchObject({ stop: 'error', tries: 1, error: { kind: 'auth', status: 401 } });
    const said = `${reply.error?.message}\n${reply.error?.hint}`;
    expect(said).toContain('OpenRouter');
    expect(said).toContain('Missing Authentication header');
    expect(said).toContain(`${server.baseUrl}/chat/completions`);
    expect(said).toContain(origin);
    expect(said).toContain(`${value.length} characters`);
    expect(said).toContain('sk-or-');
    expect(said).toContain('openspace doctor');
    expect(said).not.toContain(value.slice(0, 10));
    expect(said.includes('this one does not')).toBe(!value.startsWith('sk-or-'));
  });

  it('is told by the embedder too', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    const route = routeTo(server, { key: { value: 'sk-or-v1-wrong-wrong', origin: 'keys.env' } });
    await expect(createEmbedder(route, noWaiting()).embed(['x'], signal())).rejects.toMatchObject({
      code: 'auth',
      message: expect.stringContaining('keys.env'),
    });
  });

  it('never echoes a key that the provider repeats', async () => {
    const body = { error: { message: `Incorrect API key provided: ${TEST_KEY}`, code: 'invalid_api_key' } };
    await using server = await startModelServer({ key: TEST_KEY, replies: [fault.status(401, body)] });
    const reply = await ask(routeTo(server));
    expect(reply.error?.kind).toBe('auth');
    expect(JSON.stringify(reply)).not.toContain(TEST_KEY);
  });
});

describe('seven ways in which a header gets lost', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('1. a bare model name never goes to a gateway: nothing of the package that does so is imported', () => {
    const folder = join(import.meta.dirname);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.test)\.ts$/.test(name),
    );
    const importers = files.filter((name) =>
      /['"]ai(?:\/[^'"]*)?['"]/.test(readFileSync(join(folder, name), 'utf8')),
    );
    expect(files.length).toBeGreaterThan(10);
    expect(importers).toEqual([]);
  });

  it('2. model names with slashes reach chat and embeddings whole', async () => {
    await using server = await startModelServer({ key: TEST_KEY });
    await ask(routeTo(server, { model: 'openai/gpt-4.1/x' }));
    await createEmbedder(routeTo(server, { model: 'openai/text-embedding-3-small' })).embed(['x'], signal());
    expect(server.requests.map((one) => one.body.model)).toEqual([
      'openai/gpt-4.1/x',
      'openai/text-embedding-3-small',
    ]);
  });

  it('3. a redirect is not followed, and the place is named', async () => {
    await using target = await startModelServer({ key: TEST_KEY });
    const location = `${target.origin}/v1/chat/completions`;
    await using server = await startModelServer({ key: TEST_KEY, replies: () => fault.redirect(location) });
    for (const stream of [true, false]) {
      const reply = await ask(routeTo(server, { stream }));
      expect(reply).toMatchObject({ stop: 'error', tries: 1, error: { kind: 'bad-request' } });
      expect(reply.error?.message).toContain(location);
      expect(reply.error?.hint).toContain('base URL');
    }
    await using vectors = await startModelServer({ embed: () => fault.redirect(location) });
    await expect(createEmbedder(routeTo(vectors)).embed(['x'], signal())).rejects.toThrow(location);
    expect(target.requests).toEqual([]);
  });

  it('4. a blank key is no key', async () => {
    await using server = await startModelServer();
    const reply = await ask(routeTo(server, { key: { value: '', origin: 'OPENROUTER_API_KEY' } }));
    expect(reply.error?.kind).toBe('auth');
    expect(server.requests).toEqual([]);
  });

  it('5. a compatible server that needs a key never gets a request without one', async () => {
    await using server = await startModelServer();
    const reply = await ask(
      routeTo(server, { provider: 'deepseek', model: 'deepseek-chat', key: undefined }),
    );
    expect(reply.error?.hint).toContain('DEEPSEEK_API_KEY');
    expect(server.requests).toEqual([]);
  });

  it('6. an Authorization among the extra headers changes nothing, in any letter case', async () => {
    for (const name of ['Authorization', 'authorization', 'AUTHORIZATION', ' aUtHoRiZaTiOn ']) {
      await using server = await startModelServer({ key: TEST_KEY });
      const reply = await ask(routeTo(server, { headers: { [name]: 'Bearer EVIL' } }));
      expect(reply.text).toBe('ok');
    }
  });

  it('7. variables of the environment change neither the address nor the key', async () => {
    await using evil = await startModelServer();
    for (const name of ['OPENAI', 'ANTHROPIC', 'OPENROUTER', 'MISTRAL', 'GOOGLE_GENERATIVE_AI']) {
      vi.stubEnv(`${name}_BASE_URL`, evil.baseUrl);
      vi.stubEnv(`${name}_API_KEY`, 'EVIL-0123456789');
    }
    for (const variable of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) {
      vi.stubEnv(variable, evil.origin);
    }
    for (const provider of ['openai', 'anthropic', 'openrouter', 'mistral', 'gemini', 'custom']) {
      await using server = await startModelServer({ key: TEST_KEY });
      const reply = await ask(routeTo(server, { provider, model: 'm' }));
      expect(reply.error).toBeUndefined();
      expect(server.requests).toHaveLength(1);
    }
    expect(evil.requests).toEqual([]);
  });
});

describe('the guard in front of fetch', () => {
  const route = routeTo({ baseUrl: 'https://models.example.com/v1' });
  const right = { authorization: `Bearer ${TEST_KEY}` };
  const guard = (sent: string[] = []) =>
    createGuardedFetch(route, {
      firstByteTimeoutMs: 0,
      idleTimeoutMs: 0,
      fetch: async (input) => {
        sent.push(String(input));
        return new Response('{}');
      },
    });

  it('lets the right request through', async () => {
    const sent: string[] = [];
    await guard(sent)('https://models.example.com/v1/chat/completions', { headers: right });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['another host', 'https://evil.example.com/v1/chat/completions', right, 'host'],
    ['another port', 'https://models.example.com:8443/v1/chat/completions', right, 'host'],
    ['http for https', 'http://models.example.com/v1/chat/completions', right, 'host'],
    ['a host that only begins alike', 'https://models.example.com.evil.org/v1/x', right, 'host'],
    ['another path', 'https://models.example.com/v2/chat/completions', right, 'host'],
    ['a path that climbs out', 'https://models.example.com/v1/../v2/x', right, 'host'],
    ['a path that only begins alike', 'https://models.example.com/v1evil/x', right, 'host'],
    ['a password in the URL', 'https://a:b@models.example.com/v1/x', right, 'host'],
    ['a key in the query', `https://models.example.com/v1/x?key=${TEST_KEY}`, right, 'host'],
    ['no credential', 'https://models.example.com/v1/x', {}, 'credential'],
    ['another key', 'https://models.example.com/v1/x', { authorization: 'Bearer other' }, 'credential'],
    ['an empty Bearer', 'https://models.example.com/v1/x', { authorization: 'Bearer' }, 'credential'],
    ['the bare key', 'https://models.example.com/v1/x', { authorization: TEST_KEY }, 'credential'],
    [
      'two keys',
      'https://models.example.com/v1/x',
      { authorization: `Bearer ${TEST_KEY}, Bearer x` },
      'credential',
    ],
    [
      'a second credential',
      'https://models.example.com/v1/x',
      { ...right, 'x-api-key': TEST_KEY },
      'credential',
    ],
    ['a cookie', 'https://models.example.com/v1/x', { ...right, cookie: 'a=b' }, 'credential'],
  ])('refuses %s', async (_, url, headers, kind) => {
    const sent: string[] = [];
    const refused = guard(sent)(url, { headers: headers as Record<string, string> });
    await expect(refused).rejects.toBeInstanceOf(RouteGuardError);
    await expect(refused).rejects.toMatchObject({ kind });
    expect(sent).toEqual([]);
  });

  it('refuses Request objects, whose headers it could not check', async () => {
    const request = new Request('https://models.example.com/v1/x', { headers: right });
    await expect(guard()(request)).rejects.toBeInstanceOf(RouteGuardError);
  });
});

describe('the table of providers', () => {
  it('knows ids and aliases once each', () => {
    const names = PROVIDERS.flatMap((provider) => [provider.id, ...provider.aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(findProvider(name.toUpperCase())?.id).toBeDefined();
  });
});
