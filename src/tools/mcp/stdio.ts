// The stdio transport of the MCP client: JSON-RPC lines to and from a program that a Spawner started.
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import {
  OutputBuffer,
  oneLine,
  type RunningProcess,
  type Spawner,
  type SpawnRequest,
} from '../../lib/index.ts';

/** How long a server may take to end after its input was closed, in ms. */
const CLOSE_GRACE_MS = 500;
/** Bytes of output that are no JSON-RPC before the server is given up. */
const MAX_GARBAGE_BYTES = 4 * 1024 * 1024;

export interface StdioOptions {
  readonly spawner: Spawner;
  readonly request: SpawnRequest;
  /** A longer message ends the connection. */
  readonly maxMessageBytes: number;
  readonly parse: (line: string) => JSONRPCMessage;
}

/** A transport that also knows why it ended. */
export interface StdioTransport extends Transport {
  /** What went wrong, for people; undefined while all is well. */
  failure(): string | undefined;
}

export function createStdioTransport(options: StdioOptions): StdioTransport {
  return new SpawnedTransport(options);
}

class SpawnedTransport implements StdioTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #options: StdioOptions;
  readonly #stderr = new OutputBuffer(8 * 1024);
  #process: RunningProcess | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #garbageBytes = 0;
  #garbage: string | undefined;
  #failure: string | undefined;
  #closed = false;

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const running = this.#options.spawner.start(this.#options.request);
    this.#process = running;
    running.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    running.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    void running.ended.then((end) => {
      if (this.#closed) return;
      const how = end.error ?? (end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`);
      this.#give(end.error === undefined ? `the program ended (${how})` : `could not be started: ${how}`);
    });
    return Promise.resolve();
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#line(chunk.subarray(start, end));
      if (this.#closed) return;
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.#pending.push(chunk.subarray(start));
    this.#pendingBytes += chunk.length - start;
    this.#checkSize(0);
  }

  #checkSize(moreBytes: number): boolean {
    const limit = this.#options.maxMessageBytes;
    if (this.#pendingBytes + moreBytes <= limit) return true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#give(`sent a message of more than ${Math.round(limit / 1024 / 1024)} MB`);
    return false;
  }

  #line(last: Buffer): void {
    if (!this.#checkSize(last.length)) return;
    const bytes = this.#pending.length === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    const line = bytes.toString('utf8').trim();
    if (line === '') return;
    const message = this.#parse(line);
    if (message !== undefined) this.onmessage?.(message);
  }

  /** Servers print greetings and logs to stdout by mistake: such lines are passed over, within reason. */
  #parse(line: string): JSONRPCMessage | undefined {
    try {
      return this.#options.parse(line);
    } catch (error) {
      this.#garbage ??= oneLine(line, 120);
      this.#garbageBytes += line.length;
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
      if (this.#garbageBytes > MAX_GARBAGE_BYTES) this.#give('floods its output with what is no JSON-RPC');
      return undefined;
    }
  }

  #give(why: string): void {
    this.#failure = why;
    void this.close();
  }

  failure(): string | undefined {
    const parts = [this.#failure];
    if (this.#garbage !== undefined) parts.push(`printed what is no JSON-RPC: "${this.#garbage}"`);
    const stderr = this.#stderr.toString().trim();
    if (this.#failure !== undefined && stderr !== '') parts.push(`its stderr: ${stderr.slice(-2_000)}`);
    const said = parts.filter((part) => part !== undefined);
    return said.length === 0 ? undefined : said.join('; ');
  }

  send(message: JSONRPCMessage): Promise<void> {
    const running = this.#process;
    if (running === undefined || this.#closed) return Promise.reject(new Error('the server is not running'));
    // Not waiting for a server that does not read: the request's own time limit decides.
    running.stdin.write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  /** Contract: when this settles, the program and all that it started are gone. */
  async close(): Promise<void> {
    const running = this.#process;
    const first = !this.#closed;
    this.#closed = true;
    if (first) this.onclose?.();
    if (running === undefined) return;
    running.stdin.end();
    running.stdout.resume();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#failure === undefined ? CLOSE_GRACE_MS : 0);
    });
    await Promise.race([running.ended, grace]);
    clearTimeout(timer);
    await running.kill();
  }
}
