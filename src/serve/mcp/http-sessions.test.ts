// Sessions end when nobody uses them, and there are only so many.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/server';
import { afterEach, expect, it } from 'vitest';
import { readJsonBody } from './http-guard.ts';
import { openSessions, type Sessions, type SessionsOptions } from './http-sessions.ts';

const open: { http: HttpServer; sessions: Sessions }[] = [];
afterEach(async () => {
  for (const { http, sessions } of open.splice(0)) {
    await sessions.close();
    http.closeAllConnections();
    http.close();
  }
});

async function serve(options: Pick<SessionsOptions, 'idleMs' | 'limit' | 'sweepMs'>) {
  const gone: string[] = [];
  const sessions = openSessions({
    ...options,
    createServer: () => new Server({ name: 'x', version: '1' }, { capabilities: {} }),
    onClientGone: (key) => void gone.push(key),
  });
  const http = createServer(async (request, response) =>
    sessions.handleStreamable(request, response, await readJsonBody(request)),
  );
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  open.push({ http, sessions });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const post = (body: object, session?: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    });
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  return { sessions, gone, post, initialize: () => post({ id: 1, method: 'initialize', params }) };
}

it('ends a session that nobody uses, and tells the client so', async () => {
  const { sessions, gone, post, initialize } = await serve({ idleMs: 50, sweepMs: 10 });
  const session = (await initialize()).headers.get('mcp-session-id') ?? '';
  expect(session).not.toBe('');
  while (sessions.size > 0) await new Promise((done) => setTimeout(done, 10));
  expect((await post({ id: 2, method: 'ping' }, session)).status).toBe(404);
  expect(gone).toEqual([session]);
});

it('takes in so many clients and no more', async () => {
  const { initialize } = await serve({ limit: 2 });
  const statuses = [(await initialize()).status, (await initialize()).status, (await initialize()).status];
  expect(statuses).toEqual([200, 200, 503]);
});
