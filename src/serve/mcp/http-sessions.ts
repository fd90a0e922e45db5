// The clients of the HTTP server that keep a session: streamable HTTP of 2025 and the older SSE.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  isInitializeRequest,
  type Server,
  specTypeSchemas,
  type Transport,
} from '@modelcontextprotocol/server';
import { refuse } from './http-guard.ts';
import { SseTransport } from './sse-transport.ts';

export interface SessionsOptions {
  /** Makes the server instance of a session; the key tells clients apart. */
  readonly createServer: (clientKey: string) => Server;
  readonly onClientGone: (clientKey: string) => void;
  /** A session without a request for so long ends, in ms. Default 30 minutes. */
  readonly idleMs?: number;
  /** Most sessions at once. Default 200. */
  readonly limit?: number;
}

export interface Sessions {
  /** A request to `/mcp` of the 2025 protocol. `body` is the parsed JSON of a POST. */
  handleStreamable(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void>;
  openSse(response: ServerResponse, endpoint: string): Promise<void>;
  handleSseMessage(sessionId: string | null, response: ServerResponse, body: unknown): Promise<void>;
  readonly size: number;
  close(): Promise<void>;
}

interface Session {
  readonly server: Server;
  readonly transport: Transport;
  lastUsedMs: number;
}

const IDLE_MS = 30 * 60_000;
const LIMIT = 200;
const SWEEP_MS = 60_000;

export function openSessions(options: SessionsOptions): Sessions {
  const { createServer, onClientGone, idleMs = IDLE_MS, limit = LIMIT } = options;
  const sessions = new Map<string, Session>();
  const add = (id: string, transport: Transport, server: Server) =>
    sessions.set(id, { server, transport, lastUsedMs: performance.now() });
  const drop = (id: string) => {
    if (sessions.delete(id)) onClientGone(id);
  };
  const touch = (id: string | undefined | null) => {
    const session = id == null ? undefined : sessions.get(id);
    if (session !== undefined) session.lastUsedMs = performance.now();
    return session;
  };
  const sweep = setInterval(() => {
    for (const [id, session] of sessions) {
      // An SSE stream that is open is not idle: its end is seen.
      const isIdle =
        performance.now() - session.lastUsedMs > idleMs && !(session.transport instanceof SseTransport);
      if (isIdle) void session.server.close().finally(() => drop(id));
    }
  }, SWEEP_MS);
  sweep.unref();

  async function openStreamable(): Promise<NodeStreamableHTTPServerTransport> {
    const clientKey = randomUUID();
    const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => clientKey,
      onsessioninitialized: (id) => void add(id, transport, server),
      onsessionclosed: drop,
    });
    const server = createServer(clientKey);
    onClose(server, () => drop(clientKey));
    await server.connect(transport);
    return transport;
  }

  return {
    async handleStreamable(request, response, body) {
      const id = request.headers['mcp-session-id'];
      if (typeof id === 'string') {
        const { transport } = touch(id) ?? {};
        if (transport instanceof NodeStreamableHTTPServerTransport)
          return transport.handleRequest(request, response, body);
        return refuse(response, 404, 'The session has ended. Initialize again.');
      }
      const isOpening = Array.isArray(body) ? body.some(isInitializeRequest) : isInitializeRequest(body);
      if (!isOpening) return refuse(response, 400, 'There is no session: send initialize first.');
      if (sessions.size >= limit)
        return refuse(response, 503, 'Too many clients are connected.', { 'retry-after': '60' });
      return (await openStreamable()).handleRequest(request, response, body);
    },
    async openSse(response, endpoint) {
      if (sessions.size >= limit)
        return refuse(response, 503, 'Too many clients are connected.', { 'retry-after': '60' });
      const id = randomUUID();
      const transport = new SseTransport(response, endpoint, id);
      const server = createServer(id);
      onClose(server, () => drop(id));
      add(id, transport, server);
      await server.connect(transport);
    },
    async handleSseMessage(sessionId, response, body) {
      const { transport } = touch(sessionId) ?? {};
      if (!(transport instanceof SseTransport)) return refuse(response, 404, 'There is no such session.');
      const message = await specTypeSchemas.JSONRPCMessage['~standard'].validate(body);
      if (message.issues !== undefined) return refuse(response, 400, 'This is no JSON-RPC message.');
      response.writeHead(202).end('Accepted');
      transport.receive(message.value);
    },
    get size() {
      return sessions.size;
    },
    async close() {
      clearInterval(sweep);
      await Promise.allSettled([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}

/** The server has something of its own to end, too. */
function onClose(server: Server, then: () => void): void {
  const { onclose } = server;
  server.onclose = () => {
    onclose?.();
    then();
  };
}
