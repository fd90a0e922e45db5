// MCP settings as the original and the hosts write them.
import { describe, expect, it } from 'vitest';
import { expandVariables, parseMcpServers } from './config.ts';

const parse = (entry: unknown, env: Record<string, string> = {}) => {
  const { servers, problems } = parseMcpServers({ mcpServers: { s: entry } }, env);
  return { server: servers[0], problem: problems[0]?.error.message };
};

describe('one entry', () => {
  it.each([
    [{ command: 'npx' }, { kind: 'stdio', command: 'npx', args: [], env: {} }],
    [
      { command: 'npx', args: ['-y', 'pkg'], env: { A: 1, B: true } },
      { args: ['-y', 'pkg'], env: { A: '1', B: 'true' } },
    ],
    [{ url: 'https://a.example/mcp' }, { kind: 'auto' }],
    [{ url: 'https://a.example/sse' }, { kind: 'sse' }],
    [{ url: 'https://a.example/mcp', type: 'streamable-http' }, { kind: 'http' }],
    [{ url: 'https://a.example/mcp', transport: 'SSE' }, { kind: 'sse' }],
    [{ httpUrl: 'https://a.example/mcp' }, { kind: 'http', url: 'https://a.example/mcp' }],
    [{ url: 'https://a.example/mcp', auth_token: 't' }, { headers: { Authorization: 'Bearer t' } }],
    [{ url: 'https://a.example/mcp', headers: { 'X-Key': '${K}' } }, { headers: { 'X-Key': 'secret' } }],
  ])('%j', (entry, expected) => {
    expect(parse(entry, { K: 'secret' }).server?.transport).toMatchObject(expected);
  });

  it.each([
    [{}, /neither "command" nor "url"/],
    [{ command: ' ' }, /is empty/],
    [{ command: 'a', url: 'https://a.example' }, /both/],
    [{ url: 'file:///etc/passwd' }, /no http/],
    [{ url: 'nonsense' }, /no http/],
    [{ command: 'a', args: 'b' }, /args/],
    [{ command: 'a', env: { T: '${NOT_SET}' } }, /NOT_SET is not set/],
    [5, /object/],
  ])('%j is a problem', (entry, reason) => {
    const { server, problem } = parse(entry);
    expect(server).toBeUndefined();
    expect(problem).toMatch(reason);
  });

  it('disabled entries are left out', () => {
    expect(parse({ command: 'a', disabled: true })).toEqual({ server: undefined, problem: undefined });
    expect(parse({ command: 'a', enabled: false })).toEqual({ server: undefined, problem: undefined });
  });

  it('trust is what the settings say, and seconds and milliseconds are told apart', () => {
    expect(parse({ command: 'a' }).server?.trusted).toBe(false);
    expect(parse({ command: 'a', trust: true }).server?.trusted).toBe(true);
    expect(parse({ command: 'a', timeout: 30 }).server?.callTimeoutMs).toBe(30_000);
    expect(parse({ command: 'a', timeout: 600_000 }).server?.callTimeoutMs).toBe(600_000);
  });
});

it.each([
  [{ mcpServers: { a: { command: 'x' } } }],
  [{ servers: { a: { command: 'x' } } }],
  [{ a: { command: 'x' } }],
])('%j is understood', (input) => {
  expect(parseMcpServers(input, {}).servers.map((server) => server.name)).toEqual(['a']);
});

it('a bad entry spoils no other', () => {
  const { servers, problems } = parseMcpServers({ mcpServers: { bad: {}, good: { command: 'x' } } }, {});
  expect(servers.map((server) => server.name)).toEqual(['good']);
  expect(problems.map((problem) => problem.server)).toEqual(['bad']);
});

it.each([
  ['${A}', 'one'],
  ['x${A}y${A}', 'xoneyone'],
  ['${B:-two}', 'two'],
  ['${A:-two}', 'one'],
  ['${EMPTY:-three}', 'three'],
  ['$A ${ A } $${A}', '$A ${ A } $one'],
  ['${constructor:-no}', 'no'],
])('%s becomes %s', (input, expected) => {
  expect(expandVariables(input, { A: 'one', EMPTY: '' }).text).toBe(expected);
});
