// The real server for tests of MCP: started as a host would, with its stdout watched byte by byte.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'vitest';
import { projectRoot, type TestUser } from '../support/cli.ts';
import type { RecordedRequest, ServerReply } from '../support/model-server.ts';

export const serverBin = join(projectRoot, 'bin', 'openspace-mcp.js');
export const KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';

/** What a host's `env` block would hold for OpenRouter at this address. */
export const openRouterEnv = (origin: string) => ({
  OPENSPACE_MODEL: 'openrouter/anthropic/claude-sonnet-4.5',
  OPENSPACE_LLM_API_KEY: KEY,
  OPENSPACE_LLM_API_BASE: `${origin}/api/v1`,
});

export const serverEnv = (user: TestUser, env: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH ?? '',
  HOME: user.home,
  OPENSPACE_LEARNING_WORKER: '0',
  ...env,
});

/** A model that runs `command` once and then answers with what it printed. */
export const runThenTell =
  (command: string) =>
  ({ body }: RecordedRequest): ServerReply => {
    const messages = body.messages as { role: string; content: unknown }[];
    const result = messages.findLast((message) => message.role === 'tool');
    return result === undefined
      ? { calls: [{ name: 'run_shell', args: { command } }] }
      : { text: `It printed: ${JSON.stringify(result.content)}` };
  };

export function addSkill(user: TestUser, name: string, description: string): void {
  const folder = join(user.dataHome, 'skills', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'SKILL.md'),
    `---\nname: ${name}\ndescription: ${description}\n---\n# ${name}\nDo it step by step.\n`,
  );
}

/** The official client on a server of its own over stdio; `stdout` is what the server wrote, byte for byte. */
export async function connectStdio(
  user: TestUser,
  env: Readonly<Record<string, string>> = {},
  options: { readonly args?: readonly string[]; readonly name?: string } = {},
): Promise<Connected> {
  const client = new Client({ name: options.name ?? 'test-host', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...(options.args ?? []), serverBin],
    env: serverEnv(user, env),
    cwd: user.home,
    stderr: 'ignore',
  });
  const stray: string[] = [];
  client.onerror = (error) => void stray.push(error.message);
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    async close() {
      await client.close();
      // The client reports each line that is no message of the protocol.
      expect(stray.filter((message) => /JSON|parse|invalid/i.test(message))).toEqual([]);
    },
  };
}

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  close(): Promise<void>;
}

/** Calls a tool and reads the JSON of its one text. */
export async function call(client: Client, name: string, args: Record<string, unknown>, options = {}) {
  const result = await client.callTool({ name, arguments: args }, options);
  const [part] = result.content as { type: string; text: string }[];
  return { isError: result.isError === true, text: part?.text ?? '', json: JSON.parse(part?.text ?? 'null') };
}

/** The server with its bare pipes. */
export interface RawServer {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: () => string;
  send(message: object | string): void;
  /** The answer to the request of this id. */
  answer(id: number): Promise<Record<string, unknown>>;
  readonly exited: Promise<number | null>;
}

export function startRaw(user: TestUser, env: Readonly<Record<string, string>> = {}): RawServer {
  const child = spawn(process.execPath, [serverBin], { cwd: user.project, env: serverEnv(user, env) });
  let stdout = '';
  const wakers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (const wake of wakers) wake();
  });
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  return {
    child,
    stdout: () => stdout,
    send: (message) =>
      void child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    answer: (id) =>
      new Promise((done) => {
        const look = () => {
          const lines = stdout.split('\n').slice(0, -1);
          const found = lines.map((line) => JSON.parse(line)).find((message) => message.id === id);
          if (found === undefined) return;
          wakers.delete(look);
          done(found);
        };
        wakers.add(look);
        look();
      }),
    exited,
  };
}

export const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
};
export const toolCall = (id: number, name: string, args: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});
