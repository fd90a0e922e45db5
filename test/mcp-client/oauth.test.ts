// Signing in to a remote server: discovery, registration, the browser's way back, refresh; all on loopback.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { contextFor, openServers, temporaryFolder, textOf, toolNamed } from './support.ts';

const signal = new AbortController().signal;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** An MCP server behind its own authorization server. Access tokens are `token-N`; `expire` makes the current one useless. */
async function startProtected() {
  const state = {
    registrations: [] as string[][],
    challenge: '',
    issued: 0,
    valid: '',
    refreshes: 0,
    code: 'code-1',
  };
  const json = (response: ServerResponse, value: unknown, status = 200, headers = {}) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(value));
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const body = await bodyOf(request);
    if (url.pathname.startsWith('/.well-known/oauth-protected-resource')) {
      return json(response, { resource: `${origin}/mcp`, authorization_servers: [origin] });
    }
    if (url.pathname.startsWith('/.well-known/oauth-authorization-server')) {
      return json(response, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
        response_types_supported: ['code'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none'],
      });
    }
    if (url.pathname === '/register') {
      const given = JSON.parse(body) as { redirect_uris: string[] };
      state.registrations.push(given.redirect_uris);
      return json(response, { ...given, client_id: `client-${state.registrations.length}` }, 201);
    }
    if (url.pathname === '/authorize') {
      state.challenge = url.searchParams.get('code_challenge') ?? '';
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      back.searchParams.set('code', state.code);
      return void response.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === '/token') {
      token(new URLSearchParams(body), response);
      return;
    }
    if (request.headers.authorization !== `Bearer ${state.valid}` || state.valid === '') {
      const hint = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`;
      return json(response, { error: 'invalid_token' }, 401, { 'www-authenticate': hint });
    }
    return mcp(JSON.parse(body === '' ? '{}' : body), request, response);
  }

  function token(form: URLSearchParams, response: ServerResponse): void {
    const isRefresh = form.get('grant_type') === 'refresh_token';
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight = isRefresh
      ? form.get('refresh_token') === 'refresh-me'
      : proof === state.challenge && form.get('code') === 'code-1';
    if (!isRight) {
      json(response, { error: 'invalid_grant' }, 400);
      return;
    }
    if (isRefresh) state.refreshes += 1;
    state.issued += 1;
    state.valid = `token-${state.issued}`;
    json(response, {
      access_token: state.valid,
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'refresh-me',
    });
  }

  function mcp(
    message: { id?: number; method?: string },
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    if (message.id === undefined) return void response.writeHead(202).end();
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'protected', version: '1' },
      },
      'tools/list': { tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: `you are ${request.headers.authorization}` }] },
    };
    json(response, { jsonrpc: '2.0', id: message.id, result: results[message.method ?? ''] ?? {} });
  }
  const expire = () => {
    state.valid = '';
  };
  return { state, url: `${origin}/mcp`, expire };
}

/** A user who follows the address and is sent back. */
const browser = (address: URL) => void fetch(address).then((response) => response.text());

it('without a sign-in the tools are missing and the status says what to do', async () => {
  const site = await startProtected();
  const servers = openServers({ remote: { url: site.url } });
  expect(await servers.tools(signal)).toEqual([]);
  expect(servers.status()[0]).toMatchObject({ state: 'needs-sign-in' });
  expect(servers.status()[0]?.hint).toContain('openspace mcp login');
  expect(site.state.registrations).toEqual([]);
});

it('after a sign-in the tools work, in later processes too, and an expired token is refreshed', async () => {
  const home = temporaryFolder();
  const site = await startProtected();
  const first = openServers({ remote: { url: site.url } }, { home });
  await first.login('remote', { open: browser, signal });
  const tools = await first.tools(signal);
  expect(textOf(await toolNamed(tools, 'remote__whoami').run({}, contextFor('/')))).toBe(
    'you are Bearer token-1',
  );
  const file = join(home, 'credentials', 'mcp-oauth.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(site.state.registrations).toEqual([
    [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)],
  ]);

  site.expire();
  const second = openServers({ remote: { url: site.url } }, { home });
  const again = await second.tools(signal);
  expect(textOf(await toolNamed(again, 'remote__whoami').run({}, contextFor('/')))).toBe(
    'you are Bearer token-2',
  );
  expect(site.state.refreshes).toBe(1);

  await second.logout('remote');
  expect(readFileSync(file, 'utf8')).not.toContain('token-');
  expect(await second.tools(signal)).toEqual([]);
});

it('a wrong code, an answer with a foreign state, and nobody at the browser', async () => {
  const site = await startProtected();
  const servers = openServers({ remote: { url: site.url } });
  site.state.code = 'forged';
  await expect(servers.login('remote', { open: browser, signal })).rejects.toThrow(
    /invalid_grant|refused|grant/i,
  );
  const forged = (address: URL) => {
    const back = new URL(address.searchParams.get('redirect_uri') ?? '');
    back.search = '?code=code-1&state=foreign';
    void fetch(back).then((response) => response.text());
  };
  await expect(servers.login('remote', { open: forged, signal, timeoutMs: 400 })).rejects.toThrow(
    /nobody signed in/,
  );
  expect(site.state.issued).toBe(0);
});

it('a token in the settings is sent as it is, and no sign-in is tried', async () => {
  const site = await startProtected();
  site.state.valid = 'from-the-settings';
  const servers = openServers(
    { remote: { url: site.url, auth_token: '${MY_TOKEN}' } },
    { env: { MY_TOKEN: 'from-the-settings' } },
  );
  const tools = await servers.tools(signal);
  expect(textOf(await toolNamed(tools, 'remote__whoami').run({}, contextFor('/')))).toContain(
    'from-the-settings',
  );
});
