import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fault, startModelServer } from '../../test/support/model-server.ts';
import { createEmbedder, createModel, MODEL_ROLES } from '../agent/index.ts';
import { type ConfigSources, loadConfig } from './config.ts';
import { routeFor, secretsOf } from './routes.ts';
import { setTrust } from './trust.ts';

const KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';
const MODEL = 'openrouter/anthropic/claude-sonnet-4.5';

interface Case {
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly flags?: ConfigSources['flags'];
  readonly trusted?: boolean;
}

function load({ env = {}, files = {}, flags = {}, trusted = false }: Case) {
  const userHome = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-routes-')));
  const cwd = join(userHome, 'project');
  mkdirSync(cwd);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(userHome, name)), { recursive: true });
    writeFileSync(join(userHome, name), content);
  }
  if (trusted) setTrust(join(userHome, '.openspace'), cwd, true, new Date(0));
  return loadConfig({ env, cwd, userHome, flags });
}

const hello = { messages: [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'hi' }] }] };
const signal = () => AbortSignal.timeout(20_000);

/** Every way of giving the key. `base` is the loopback server. */
const ways = (base: string): Record<string, Case> => ({
  flag: { flags: { 'llm.api_key': KEY, 'llm.api_base': base } },
  'OPENSPACE_LLM_*': { env: { OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base } },
  'OPENSPACE_LLM_* with blanks, quotes and line ends': {
    env: { OPENSPACE_LLM_API_KEY: ` "${KEY}"\r\n`, OPENSPACE_LLM_API_BASE: `'${base}/' ` },
  },
  'a base with /chat/completions pasted': {
    env: { OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: `${base}/chat/completions` },
  },
  'native variables': { env: { OPENROUTER_API_KEY: KEY, OPENROUTER_API_BASE: base } },
  'native key, general base': { env: { OPENROUTER_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base } },
  'blank general key beside a native one': {
    env: { OPENSPACE_LLM_API_KEY: '  ', OPENROUTER_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base },
  },
  'blank native key beside a general one': {
    env: { OPENROUTER_API_KEY: '', OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base },
  },
  'general key before native key': {
    env: { OPENROUTER_API_KEY: 'sk-or-v1-other', OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base },
  },
  OPENSPACE_LLM_CONFIG: {
    env: {
      OPENSPACE_LLM_API_KEY: 'sk-or-v1-other',
      OPENSPACE_LLM_CONFIG: JSON.stringify({ api_key: KEY, api_base: base }),
    },
  },
  'blank key in OPENSPACE_LLM_CONFIG': {
    env: {
      OPENSPACE_LLM_API_KEY: KEY,
      OPENSPACE_LLM_CONFIG: JSON.stringify({ api_key: ' ', api_base: base }),
    },
  },
  'trusted .env': {
    trusted: true,
    files: { 'project/.env': `OPENROUTER_API_KEY=${KEY}\nOPENROUTER_API_BASE=${base}\n` },
  },
  '.env with CRLF, BOM, quotes and export': {
    trusted: true,
    files: {
      'project/.env': `\uFEFFexport OPENSPACE_LLM_API_KEY="${KEY}"\r\nOPENSPACE_LLM_API_BASE=${base}\r\n`,
    },
  },
  'untrusted .env with key and base together': {
    files: { 'project/.env': `OPENSPACE_LLM_API_KEY=${KEY}\nOPENSPACE_LLM_API_BASE=${base}\n` },
  },
  'a blank in the environment does not hide .env': {
    env: { OPENROUTER_API_KEY: '' },
    files: { 'project/.env': `OPENROUTER_API_KEY=${KEY}\nOPENROUTER_API_BASE=${base}\n` },
  },
  'trusted project file': {
    trusted: true,
    files: { 'project/.openspace/config.json': JSON.stringify({ llm: { api_key: KEY, api_base: base } }) },
  },
  'user file': {
    files: { '.openspace/config.json': JSON.stringify({ llm: { api_key: `${KEY}\n`, api_base: base } }) },
  },
  'user file by provider': {
    files: {
      '.openspace/config.json': JSON.stringify({
        providers: { openrouter: { api_key: KEY, api_base: base } },
      }),
    },
  },
  nanobot: {
    files: {
      '.nanobot/config.json': JSON.stringify({ providers: { openrouter: { apiKey: KEY, apiBase: base } } }),
    },
  },
  'openclaw, native': {
    files: {
      '.openclaw/openclaw.json': JSON.stringify({
        env: { vars: { OPENROUTER_API_KEY: KEY, OPENROUTER_API_BASE: base } },
      }),
    },
  },
  'openclaw, general, over its env block': {
    files: {
      '.openclaw/openclaw.json': JSON.stringify({
        env: { vars: { OPENSPACE_LLM_API_KEY: 'sk-or-v1-other' } },
        skills: {
          entries: { openspace: { env: { OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: base } } },
        },
      }),
    },
  },
  'hostile extra headers': {
    env: {
      OPENSPACE_LLM_API_KEY: KEY,
      OPENSPACE_LLM_API_BASE: base,
      OPENSPACE_LLM_EXTRA_HEADERS: '{"AUTHORIZATION":"Bearer EVIL","x-api-key":"EVIL","X-Title":"team"}',
    },
  },
});

const credentials = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
];

describe.each(Object.keys(ways('http://127.0.0.1:1/v1')))('key by %s', (name) => {
  it.each([
    ['streamed', true],
    ['whole', false],
  ])('%s replies, tool calls, every role and embeddings carry exactly that key', async (_how, stream) => {
    await using server = await startModelServer({
      key: KEY,
      replies: (_request, turn) => (turn % 2 === 1 ? { calls: [{ name: 'look', args: {} }] } : 'done'),
    });
    const way = ways(server.baseUrl)[name] ?? {};
    const config = load({
      ...way,
      flags: {
        model: MODEL,
        'models.embedding': 'openrouter/openai/text-embedding-3-small',
        'llm.stream': stream,
        ...way.flags,
      },
    });
    for (const role of MODEL_ROLES) {
      const route = routeFor(config, role);
      if (route === undefined) throw new Error('no route');
      const model = createModel(route);
      const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }];
      const first = await model.reply({ ...hello, tools }, { signal: signal() });
      expect(first.calls.map((call) => call.name)).toEqual(['look']);
      expect((await model.reply(hello, { signal: signal() })).text).toBe('done');
    }
    const embedding = routeFor(config, 'embedding');
    if (embedding === undefined) throw new Error('no route');
    expect((await createEmbedder(embedding).embed(['a', 'b'], signal())).length).toBe(2);
    expect(server.requests.length).toBe(MODEL_ROLES.length * 2 + 1);
    for (const { headers, authorized } of server.requests) {
      expect(authorized).toBe(true);
      expect(credentials.filter((header) => header in headers)).toEqual(['authorization']);
    }
    expect(secretsOf(config)).toContain(KEY);
  });
});

describe('keys and addresses that do not belong together', () => {
  it.each<[string, Case, RegExp]>([
    [
      'an OpenRouter key for an Anthropic model',
      { flags: { model: 'anthropic/claude-sonnet-4-5' }, env: { OPENSPACE_LLM_API_KEY: KEY } },
      /looks like a key of OpenRouter.*nothing was sent/,
    ],
    [
      'an Anthropic key for an OpenRouter model',
      { flags: { model: MODEL }, env: { OPENSPACE_LLM_API_KEY: 'sk-ant-api03-0123456789' } },
      /looks like a key of Anthropic/,
    ],
    [
      'an OpenAI model at OpenRouter’s address',
      {
        flags: { model: 'openai/gpt-5' },
        env: { OPENSPACE_LLM_API_KEY: 'sk-x', OPENSPACE_LLM_API_BASE: 'https://openrouter.ai/api/v1' },
      },
      /base URL is OpenRouter's/,
    ],
    ['no model', {}, /No model is set up/],
    ['an unknown provider', { flags: { model: 'opnrouter/x' } }, /"opnrouter" is no known model provider/],
  ])('%s is refused', (_name, given, message) => {
    expect(() => routeFor(load(given), 'chat')).toThrow(message);
  });

  it('a folder that is not trusted can’t send the user’s key to its own address', () => {
    const files = {
      'project/.env':
        'OPENSPACE_LLM_API_BASE=https://evil.example/v1\nOPENROUTER_API_BASE=https://evil.example/v1\n',
    };
    const route = routeFor(
      load({ files, env: { OPENROUTER_API_KEY: KEY }, flags: { model: MODEL } }),
      'chat',
    );
    expect([route?.baseUrl, route?.key?.value]).toEqual(['https://openrouter.ai/api/v1', KEY]);
  });

  it('a key from a folder that is not trusted goes only to the provider’s own address', () => {
    const files = {
      'project/.env': `OPENROUTER_API_KEY=${KEY}\n`,
      '.openspace/config.json': '{ "llm": { "api_base": "http://127.0.0.1:1/v1" } }',
    };
    expect(routeFor(load({ files, flags: { model: MODEL } }), 'chat')?.baseUrl).toBe(
      'https://openrouter.ai/api/v1',
    );
  });

  it('the general key belongs to the chat model’s provider and to no other', () => {
    const config = load({
      env: { OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: 'http://127.0.0.1:1/v1' },
      flags: { model: MODEL, 'models.analysis': 'deepseek/deepseek-chat' },
    });
    const route = routeFor(config, 'analysis');
    expect([route?.provider, route?.baseUrl, route?.key]).toEqual([
      'deepseek',
      'https://api.deepseek.com',
      undefined,
    ]);
  });

  it('nanobot’s forced gateway without a key of its own takes no other provider’s key', () => {
    const files = {
      '.nanobot/config.json': JSON.stringify({
        providers: { anthropic: { apiKey: 'sk-ant-api03-x' } },
        agents: { defaults: { model: 'anthropic/claude', provider: 'openrouter' } },
      }),
    };
    expect(() => routeFor(load({ files }), 'chat')).toThrow(/No model is set up/);
  });

  it('nanobot’s forced gateway with its key gets its prefix', () => {
    const files = {
      '.nanobot/config.json': JSON.stringify({
        providers: { openrouter: { apiKey: KEY } },
        agents: { defaults: { model: 'anthropic/claude-sonnet-4.5', provider: 'openrouter' } },
      }),
    };
    const route = routeFor(load({ files }), 'chat');
    expect([route?.provider, route?.model, route?.key?.value]).toEqual([
      'openrouter',
      'anthropic/claude-sonnet-4.5',
      KEY,
    ]);
  });

  it('a server of one’s own takes any model name', () => {
    const route = routeFor(
      load({ env: { OPENSPACE_LLM_API_BASE: 'http://127.0.0.1:8000/v1' }, flags: { model: 'my-model' } }),
      'chat',
    );
    expect([route?.provider, route?.model, route?.key]).toEqual(['custom', 'my-model', undefined]);
  });

  it('an OpenRouter key alone is enough', () => {
    expect(routeFor(load({ env: { OPENROUTER_API_KEY: KEY } }), 'chat')?.model).toBe(
      'anthropic/claude-sonnet-4.5',
    );
  });

  it('a redirect to another host is not followed, and the error names it', async () => {
    await using server = await startModelServer({
      key: KEY,
      replies: [fault.redirect('http://127.0.0.1:9/v1/chat/completions')],
    });
    const route = routeFor(
      load({
        env: { OPENSPACE_LLM_API_KEY: KEY, OPENSPACE_LLM_API_BASE: server.baseUrl },
        flags: { model: MODEL },
      }),
      'chat',
    );
    if (route === undefined) throw new Error('no route');
    const reply = await createModel(route).reply(hello, { signal: signal() });
    expect(reply.error?.message).toContain('127.0.0.1:9');
  });
});
