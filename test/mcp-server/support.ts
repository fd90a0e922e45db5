// The real server for tests of MCP: started as a host would, with its stdout watched byte by byte.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  type ClientOptions,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
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

/** Every line is a JSON-RPC message, and the last is whole: nothing else may ever be on stdout. */
export function expectOnlyProtocol(stdout: string): void {
  const lines = stdout.split('\n');
  expect(lines.pop()).toBe('');
  for (const line of lines) expect(JSON.parse(line).jsonrpc).toBe('2.0');
}

/** A server's pipes as a transport of the official client; keeps what came over stdout. */
class PipeTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  #seen = 0;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
  }

  async start() {
    this.child.stderr.resume();
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      for (let end = this.stdout.indexOf('\n', this.#seen); end >= 0; ) {
        const line = this.stdout.slice(this.#seen, end);
        this.#seen = end + 1;
        end = this.stdout.indexOf('\n', this.#seen);
        if (/^\{.*\}$/.test(line)) this.onmessage?.(JSON.parse(line));
      }
    });
    this.child.once('close', () => this.onclose?.());
  }

  async send(message: JSONRPCMessage) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async close() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = new Promise((done) => this.child.once('close', done));
    this.child.stdin.end();
    await closed;
  }
}

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  readonly child: ChildProcessWithoutNullStreams;
  /** Ends both, and checks that nothing but protocol was on stdout. */
  close(): Promise<void>;
}

/** The official client on a server of its own over stdio. */
export async function connectStdio(
  user: TestUser,
  env: Readonly<Record<string, string>> = {},
  options: {
    readonly args?: readonly string[];
    readonly name?: string;
    readonly client?: ClientOptions;
  } = {},
): Promise<Connected> {
  const client = new Client({ name: options.name ?? 'test-host', version: '1' }, options.client ?? {});
  const child = spawn(process.execPath, [...(options.args ?? []), serverBin], {
    cwd: user.home,
    env: serverEnv(user, env),
  });
  const transport = new PipeTransport(child);
  await client.connect(transport);
  return {
    client,
    child,
    pid: child.pid ?? 0,
    async close() {
      await client.close();
      expectOnlyProtocol(transport.stdout);
    },
  };
}

export interface HttpServer {
  readonly origin: string;
  readonly token: string;
  readonly child: ChildProcess;
  /** Ends it with SIGTERM; its exit code. */
  stop(): Promise<unknown>;
}

export async function startHttp(
  user: TestUser,
  env: Readonly<Record<string, string>> = {},
): Promise<HttpServer> {
  const child = spawn(process.execPath, [serverBin, '--transport', 'streamable-http', '--port', '0'], {
    cwd: user.project,
    env: serverEnv(user, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const origin = await new Promise<string>((found) =>
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk;
      const address = told.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
      if (address !== undefined && told.includes('token')) found(address);
    }),
  );
  return {
    ...{ origin, child, token: readFileSync(join(user.dataHome, 'mcp', 'token'), 'utf8').trim() },
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      const code = await ended;
      expect(stdout).toBe('');
      return code;
    },
  };
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
