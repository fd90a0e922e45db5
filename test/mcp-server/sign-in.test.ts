// Signing in over HTTP as standard clients do: discovery, registration, the page in the browser, the code, the token.
import { createHash, randomBytes } from 'node:crypto';
import {
  Client,
  type OAuthClientInformationMixed,
  type OAuthClientProvider,
  type OAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeUser, type TestUser } from '../support/cli.ts';
import { type HttpServer, startHttp } from './support.ts';

let user: TestUser;
let server: HttpServer;
beforeAll(async () => {
  user = makeUser();
  server = await startHttp(user);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  user.remove();
});

const BACK = 'http://127.0.0.1:1/back';
const post = (path: string, body: URLSearchParams | string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, server.origin), { method: 'POST', body, headers, redirect: 'manual' });
const Answer = z.looseObject({ client_id: z.string().default(''), error: z.string().optional() });
const register = async (metadata: object) => {
  const answer = await post('/register', JSON.stringify(metadata));
  return { status: answer.status, id: Answer.parse(await answer.json()).client_id };
};

/** The page's own fields, as a browser sends them, with what the person pastes. */
async function paste(url: URL, token: string): Promise<Response> {
  const page = await fetch(url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const fields = [...(await page.text()).matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
  const form = new URLSearchParams(Object.fromEntries(fields.map(([, name, value]) => [name, value])));
  form.set('pasted', token);
  return post('/authorize', form, { origin: server.origin });
}

/** A client's memory, as the official client wants it. */
function newProvider() {
  const kept: { client?: OAuthClientInformationMixed; tokens?: OAuthTokens; verifier?: string; asked?: URL } =
    {};
  const provider: OAuthClientProvider = {
    redirectUrl: BACK,
    clientMetadata: { redirect_uris: [BACK], client_name: 'A <b>host</b>' },
    state: () => 'state-1',
    clientInformation: () => kept.client,
    saveClientInformation: (client) => {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    redirectToAuthorization: (asked) => {
      kept.asked = asked;
    },
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? '',
  };
  return { kept, provider };
}

describe('signing in', { timeout: 60_000 }, () => {
  it('lets the official client in once the person has pasted the token', async () => {
    const { kept, provider } = newProvider();
    const newTransport = () =>
      new StreamableHTTPClientTransport(new URL('/mcp', server.origin), { authProvider: provider });
    const first = newTransport();
    const newClient = () => new Client({ name: 'host', version: '1' });
    await expect(newClient().connect(first)).rejects.toThrow(UnauthorizedError);
    const asked = kept.asked as URL;
    expect(await (await fetch(asked)).text()).toContain('A &lt;b&gt;host&lt;/b&gt;');

    expect((await paste(asked, 'wrong')).status).toBe(403);
    const answer = await paste(asked, server.token);
    expect(answer.status).toBe(303);
    const back = new URL(answer.headers.get('location') ?? '');
    expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([BACK, 'state-1']);
    await first.finishAuth(back.searchParams);
    const client = newClient();
    await client.connect(newTransport());
    expect((await client.listTools()).tools.length).toBe(9);
    await client.close();
  });

  it('gives a code once, and only to who asked for it', async () => {
    const { id } = await register({ redirect_uris: [BACK] });
    const verifier = randomBytes(32).toString('base64url');
    const code = async () => {
      const url = new URL('/authorize', server.origin);
      const code_challenge = createHash('sha256').update(verifier).digest('base64url');
      const query = { response_type: 'code', client_id: id, redirect_uri: BACK, code_challenge };
      url.search = String(new URLSearchParams({ ...query, code_challenge_method: 'S256' }));
      const location = (await paste(url, server.token)).headers.get('location') ?? '';
      return new URL(location).searchParams.get('code') ?? '';
    };
    const redeem = async (change: Record<string, string>) => {
      const right = { client_id: id, redirect_uri: BACK, code_verifier: verifier };
      const fields = { grant_type: 'authorization_code', ...right, ...change };
      const answer = await post('/token', new URLSearchParams(fields));
      return [answer.status, Answer.parse(await answer.json()).error];
    };
    const used = await code();
    expect(await redeem({ code: used })).toEqual([200, undefined]);
    const cases: [string, Record<string, string>][] = [
      ['a code twice', { code: used }],
      ['no code of ours', { code: 'x' }],
      ['another verifier', { code: await code(), code_verifier: 'x' }],
      ['another client', { code: await code(), client_id: 'x' }],
      ['another way back', { code: await code(), redirect_uri: 'http://127.0.0.1:2/' }],
    ];
    for (const [title, change] of cases)
      expect([title, await redeem(change)]).toEqual([title, [400, 'invalid_grant']]);
  });

  it('sends nobody to an address that is not registered or not sound', async () => {
    for (const address of ['javascript:alert(1)', 'data:text/html,x', 'http://evil.example/', 'no address'])
      expect([address, (await register({ redirect_uris: [address] })).status]).toEqual([address, 400]);
    expect((await post('/register', 'no JSON')).status).toBe(400);
    expect((await post('/register', 'x'.repeat(30_000))).status).toBe(413);
    const { id } = await register({ redirect_uris: [BACK] });
    const fields = { response_type: 'code', redirect_uri: BACK, client_id: id };
    const good = { ...fields, code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    const bad: Record<string, string>[] = [
      { redirect_uri: 'http://127.0.0.1:1/other' },
      { client_id: `${id}x` },
      { client_id: 'x.y' },
      { code_challenge_method: 'plain' },
      { code_challenge: '' },
    ];
    const statusOf = async (change: object) =>
      (await fetch(`${server.origin}/authorize?${new URLSearchParams({ ...good, ...change })}`)).status;
    expect(await statusOf({})).toBe(200);
    for (const change of bad) expect([change, await statusOf(change)]).toEqual([change, 400]);
    const form = new URLSearchParams({ ...good, pasted: server.token });
    expect((await post('/authorize', form, { origin: 'https://evil.example' })).status).toBe(403);
  });
});
