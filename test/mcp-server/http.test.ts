// The server over HTTP: both HTTP transports with the official client, the token, and what is refused.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeUser, type TestUser } from '../support/cli.ts';
import { addSkill, call, type HttpServer, serverBin, serverEnv, startHttp } from './support.ts';

let user: TestUser;
let server: HttpServer;

beforeAll(async () => {
  user = makeUser();
  addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
  server = await startHttp(user);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  user.remove();
});

interface Asked {
  headers?: Record<string, string>;
  body?: string;
  method?: string;
}

/** Answers with the status of a bare request. */
function ask(path: string, options: Asked) {
  return new Promise<number | undefined>((done, fail) => {
    const { body, headers = {}, method = 'POST' } = options;
    const asked = request(
      server.origin + path,
      { method, headers: { 'content-type': 'application/json', ...headers } },
      (answer) => {
        answer.resume();
        done(answer.statusCode);
      },
    );
    asked.on('error', fail);
    asked.end(body);
  });
}

describe('the server over HTTP', { timeout: 60_000 }, () => {
  const bearer = () => ({ authorization: `Bearer ${server.token}` });

  it.each(['streamable', 'sse', 'modern'] as const)('serves the official client (%s)', async (kind) => {
    const requestInit = { headers: bearer() };
    const transport =
      kind === 'sse'
        ? new SSEClientTransport(new URL('/sse', server.origin), { requestInit })
        : new StreamableHTTPClientTransport(new URL('/mcp', server.origin), { requestInit });
    const client = new Client(
      { name: 'http-host', version: '1' },
      kind === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
    );
    await client.connect(transport);
    const { tools } = await client.listTools();
    expect(tools.length).toBe(9);
    const { json } = await call(client, 'search_skills', { query: 'merge pdf' });
    expect(json.results[0].name).toBe('pdf-merge');
    await client.close();
  });

  it('refuses who has no token, or comes from elsewhere', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const cases: [string, Record<string, string>, number][] = [
      ['no token', {}, 401],
      ['a wrong one', { authorization: `Bearer ${server.token}x` }, 401],
      ['a foreign host', { ...bearer(), host: 'evil.example' }, 403],
      ['a foreign origin', { ...bearer(), origin: 'https://evil.example' }, 403],
      ['no session', bearer(), 400],
      ['an unknown session', { ...bearer(), 'mcp-session-id': 'gone' }, 404],
    ];
    for (const [title, headers, status] of cases)
      expect([title, await ask('/mcp', { headers, body })]).toEqual([title, status]);
    expect(await ask('/sse', { method: 'GET' })).toBe(401);
    expect(await ask('/messages/?session_id=x', { headers: bearer(), body })).toBe(404);
    expect(await ask('/other', { headers: bearer(), body })).toBe(404);
    expect(await ask('/mcp', { headers: bearer(), body: 'no JSON' })).toBe(400);
    expect(await ask('/mcp', { headers: bearer(), body: 'x'.repeat(5 * 2 ** 20) })).toBe(413);
  });

  it('tells standard clients how to get in, and nothing else', async () => {
    const refused = await fetch(new URL('/mcp', server.origin), { method: 'POST', body: '{}' });
    const header = refused.headers.get('www-authenticate') ?? '';
    const [, metadata = ''] = header.match(/^Bearer .*resource_metadata="([^"]+)"$/) ?? [];
    for (const address of [metadata, `${metadata}/mcp`])
      expect(await (await fetch(address)).json()).toEqual({
        ...{ resource: `${server.origin}/mcp`, resource_name: 'OpenSpace' },
        ...{ authorization_servers: [server.origin], bearer_methods_supported: ['header'] },
      });
    expect(await ask('/.well-known/oauth-protected-resource', { headers: { host: 'evil.example' } })).toBe(
      403,
    );
  });

  it('keeps the token for its owner, and listens elsewhere only with one', async () => {
    expect(statSync(join(user.dataHome, 'mcp', 'token')).mode & 0o777).toBe(0o600);
    const open = spawn(
      process.execPath,
      [serverBin, '--transport', 'sse', '--host', '0.0.0.0', '--port', '0', '--no-token'],
      { env: serverEnv(user), stdio: 'ignore' },
    );
    expect(await new Promise((done) => open.once('exit', done))).toBe(2);
  });
});
