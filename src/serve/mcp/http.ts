// MCP over HTTP: streamable HTTP at /mcp for both eras of the protocol, SSE at /sse for older clients.
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { isIP } from 'node:net';
import { toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpHttpHandler } from '@modelcontextprotocol/server';
import { errnoOf, OpenSpaceError, toMessage } from '../../lib/index.ts';
import {
  createHttpGuard,
  type HttpGuard,
  RESOURCE_METADATA_PATH,
  readJsonBody,
  refuse,
  resourceMetadata,
} from './http-guard.ts';
import { openSessions, type Sessions } from './http-sessions.ts';
import { createMcpServer, type McpServerOptions } from './server.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import { ensureToken, tokenFile } from './token.ts';

export interface HttpOptions {
  readonly server: Omit<McpServerOptions, 'clientKey'>;
  readonly home: string;
  readonly host: string;
  /** 0: any that is free; `tell` says which. */
  readonly port: number;
  readonly useToken: boolean;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
  readonly onClientGone: (clientKey: string) => void;
  /** Told the address, `http://<host>:<port>`, once it is listened on. */
  readonly onListening?: (url: string) => void;
}

/** How long an idle connection stays open: with Node's five seconds a client's next message can meet its end. */
const KEEP_ALIVE_MS = 75_000;

/** Serves until the signal aborts. Throws `config` for an address that needs a token and has none, or that is taken. */
export async function serveOverHttp(options: HttpOptions): Promise<void> {
  const isLocal = isLoopback(options.host);
  if (!options.useToken && !isLocal)
    throw new OpenSpaceError(
      'config',
      `Without a token the server listens on loopback addresses only, not on ${options.host}.`,
      {
        hint: 'Leave --no-token out, or use --host 127.0.0.1.',
      },
    );
  const token = options.useToken ? ensureToken(options.home) : undefined;
  const sessions = openSessions({
    createServer: (clientKey) => createMcpServer({ ...options.server, clientKey }),
    onClientGone: options.onClientGone,
  });
  const modern = createMcpHandler(
    ({ requestInfo }) =>
      createMcpServer({ ...options.server, clientKey: requestInfo?.headers.get('user-agent') ?? 'http' }),
    { legacy: 'reject', responseMode: 'sse' },
  );
  const guard = createHttpGuard({ isLocal, token });
  // Its page posts to itself, and only pages of this machine may post.
  const signIn = token === undefined || !isLocal ? undefined : openSignIn(token);
  const handle = createHandler({ guard, sessions, modern, signIn });
  const http = createHttpServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      options.tell(`mcp: ${toMessage(error)}\n`);
      refuse(response, 500, 'Something went wrong here. The log of the server has more.');
    });
  });
  http.requestTimeout = 30_000; // to send a request; answers may take as long as they like
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    const port = await listen(http, options);
    const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
    options.onListening?.(url);
    options.tell(`OpenSpace serves MCP at ${url}/mcp (streamable HTTP) and ${url}/sse (SSE).\n`);
    if (token !== undefined)
      options.tell(
        `Clients send the header Authorization: Bearer …; the token is in ${tokenFile(options.home)}.\n`,
      );
    await aborted(options.signal);
  } finally {
    await modern.close();
    await sessions.close();
    http.closeAllConnections();
    await new Promise((done) => http.close(done));
  }
}

interface Parts {
  readonly guard: HttpGuard;
  readonly sessions: Sessions;
  readonly modern: McpHttpHandler;
  /** Undefined: no token is asked for, or others than this machine may come. */
  readonly signIn: SignIn | undefined;
}

function createHandler({ guard, sessions, modern, signIn }: Parts) {
  const handleModern = toNodeHandler(modern);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!hasTarget(request)) return refuse(response, 400, 'The request names no method.');
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const { method } = request;
    const isSignIn = signIn?.owns(pathname) === true;
    const isMetadata = pathname === RESOURCE_METADATA_PATH || pathname === `${RESOURCE_METADATA_PATH}/mcp`;
    if (!guard(request, response, !isMetadata && !isSignIn)) return;
    if (isSignIn) return signIn.handle(request, response);
    if (isMetadata) {
      const host = request.headers.host ?? 'localhost';
      return sendJson(response, resourceMetadata(host, signIn !== undefined));
    }
    if (pathname === '/sse' && method === 'GET') return sessions.openSse(response, '/messages/');
    const isMessage = /^\/messages\/?$/.test(pathname) && method === 'POST';
    if (!isMessage && pathname !== '/mcp') return refuse(response, 404, 'There is /mcp and /sse here.');
    const body = method === 'POST' ? await readBody(request, response) : { value: undefined };
    if (body === undefined) return;
    if (isMessage) return sessions.handleSseMessage(searchParams.get('session_id'), response, body.value);
    const isLegacy =
      method !== 'POST' || (await isLegacyRequest(await toWebRequest(request, body.value), body.value));
    if (isLegacy) return sessions.handleStreamable(request, response, body.value);
    return handleModern(request, response, body.value);
  };
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Node types requests and responses alike; what a server gets has both. */
const hasTarget = (request: IncomingMessage): request is IncomingMessage & { method: string; url: string } =>
  request.method !== undefined && request.url !== undefined;

/** Undefined: it was refused. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ value: unknown } | undefined> {
  try {
    return { value: await readJsonBody(request) };
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    refuse(response, error.code === 'too-large' ? 413 : 400, error.message, { connection: 'close' });
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function listen(http: HttpServer, { host, port }: HttpOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => {
      const why = errnoOf(error) === 'EADDRINUSE' ? 'is in use' : `can't be listened on: ${toMessage(error)}`;
      reject(
        new OpenSpaceError('config', `${host}:${port} ${why}.`, {
          hint: 'Choose another --port.',
          cause: error,
        }),
      );
    });
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
