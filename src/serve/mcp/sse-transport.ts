// The older HTTP transport of MCP (2024-11-05): events over one long GET, messages by POST. The SDK no longer has a server for it.
import type { ServerResponse } from 'node:http';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';

/** Clients' HTTP stacks give a silent stream up after five minutes; a dropped one can't be resumed. */
const KEEP_ALIVE_MS = 15_000;

/** One client's stream. `onmessage` is fed by `receive`. */
export class SseTransport implements Transport {
  readonly sessionId: string;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #response: ServerResponse;
  readonly #endpoint: string;
  #keepAlive: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `endpoint`: path that messages are posted to. */
  constructor(response: ServerResponse, endpoint: string, sessionId: string) {
    this.#response = response;
    this.#endpoint = endpoint;
    this.sessionId = sessionId;
  }

  async start(): Promise<void> {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      connection: 'keep-alive',
    });
    this.#response.once('close', () => this.#finish());
    this.#response.write(`event: endpoint\ndata: ${this.#endpoint}?session_id=${this.sessionId}\n\n`);
    this.#keepAlive = setInterval(() => this.#response.write(': ping\n\n'), KEEP_ALIVE_MS);
  }

  receive(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error('The stream is closed.');
    this.#response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  async close(): Promise<void> {
    this.#response.end();
    this.#finish();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#keepAlive);
    this.onclose?.();
  }
}
