// The official client over all three transports: list, search, execute, progress, cancel.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeUser, type TestUser } from '../support/cli.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import {
  addSkill,
  call,
  expectOnlyProtocol,
  type HttpServer,
  KEY,
  openRouterEnv,
  runThenTell,
  serverBin,
  serverEnv,
  startHttp,
} from './support.ts';

let user: TestUser;
let model: ModelServer;
let http: HttpServer;
let stdoutCopy: string;

beforeAll(async () => {
  user = makeUser();
  addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
  model = await startModelServer({
    key: KEY,
    replies: (request) =>
      runThenTell(JSON.stringify(request.body).includes('for long') ? 'sleep 60' : 'sleep 2; pwd')(request),
  });
  http = await startHttp(user, openRouterEnv(model.origin));
  stdoutCopy = join(user.home, 'stdout.txt');
});
afterAll(async () => {
  expect(await http.stop()).toBe(0);
  await model.close();
  user.remove();
});

const transports: Readonly<Record<string, () => Transport>> = {
  stdio: () =>
    new StdioClientTransport({
      command: '/bin/sh', // with a copy of every byte
      args: ['-c', '"$0" "$1" | tee "$2"', process.execPath, serverBin, stdoutCopy],
      env: serverEnv(user, openRouterEnv(model.origin)),
      cwd: user.home,
      stderr: 'ignore',
    }),
  'streamable HTTP': () =>
    new StreamableHTTPClientTransport(new URL('/mcp', http.origin), {
      requestInit: { headers: { authorization: `Bearer ${http.token}` } },
    }),
  SSE: () =>
    new SSEClientTransport(new URL('/sse', http.origin), {
      requestInit: { headers: { authorization: `Bearer ${http.token}` } },
    }),
};

describe('the official client', { timeout: 90_000 }, () => {
  it.each(Object.keys(transports))(
    'lists, searches, executes with progress, and cancels over %s',
    async (name) => {
      const client = new Client({ name: `host-${name}`, version: '1' });
      await client.connect(transports[name]?.() as Transport);
      const { tools } = await client.listTools();
      expect(tools.map((tool) => tool.name)).toContain('execute_task');
      expect((await call(client, 'search_skills', { query: 'merge pdf' })).json.count).toBe(1);

      const steps: string[] = [];
      const done = await call(
        client,
        'execute_task',
        { task: 'where are you?', workspace_dir: user.project },
        { onprogress: ({ message }: { message?: string }) => void steps.push(message ?? '') },
      );
      expect(done.json.response).toContain(user.project);
      expect(steps.length).toBeGreaterThan(1);
      expect(steps.join('\n')).toMatch(/run_shell|project/);

      const abort = new AbortController();
      const long = call(client, 'execute_task', { task: 'sleep for long' }, { signal: abort.signal });
      setTimeout(() => abort.abort(), 1_500);
      await expect(long).rejects.toThrow();
      const [task] = (await call(client, 'list_tasks', {})).json.tasks;
      const after = await call(client, 'get_task', { task_id: task.task_id, wait_seconds: 20 });
      expect(after.json.status).toBe('cancelled');
      await client.close();
      if (name === 'stdio') expectOnlyProtocol(readFileSync(stdoutCopy, 'utf8'));
    },
  );
});
