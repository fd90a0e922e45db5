// One MCP server: started on first use, watched, given up and started again. Loads the SDK, so it is imported lazily.
import {
  Client,
  deserializeMessage,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import type { ToolResult } from '../../agent/index.ts';
import { OpenSpaceError, type Spawner, toMessage } from '../../lib/index.ts';
import type { McpServerConfig } from './config.ts';
import { boundedFetch } from './http.ts';
import { collectTools, type ListedTool, toolPageSchema } from './listing.ts';
import type { OAuthClientProvider } from './oauth.ts';
import { callResultSchema, readResultSchema, resourceToToolResult, toToolResult } from './results.ts';
import { createStdioTransport, type StdioTransport } from './stdio.ts';

export interface ConnectionOptions {
  readonly server: McpServerConfig;
  readonly spawner: Spawner;
  /** The complete base environment of programs; the server's own variables are put on top. */
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly limits: ConnectionLimits;
  readonly authProvider: OAuthClientProvider | undefined;
  readonly clientVersion: string;
  /** The server said that its tools changed. */
  readonly onToolsChanged: () => void;
}

export interface ConnectionLimits {
  /** For start, handshake and listing, each. */
  readonly startTimeoutMs: number;
  /** Silence in a call; progress starts it anew. */
  readonly callTimeoutMs: number;
  /** A call as a whole, progress or not. */
  readonly callTotalMs: number;
  /** After a call that timed out: how long a living server may take to answer a ping. */
  readonly pingTimeoutMs: number;
  readonly maxMessageBytes: number;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** Contract: methods reject with `OpenSpaceError` only; a failure leaves no program behind and the next call starts anew. */
export interface Connection {
  /** Starts the server if it isn't running, and asks for its tools. */
  list(signal: AbortSignal): Promise<{ tools: readonly ListedTool[]; complaints: readonly string[] }>;
  call(tool: string, args: Readonly<Record<string, unknown>>, options: CallOptions): Promise<ToolResult>;
  readResource(uri: string, options: CallOptions): Promise<ToolResult>;
  isReady(): boolean;
  /** How often the server was started. */
  starts(): number;
  close(): Promise<void>;
}

interface Session {
  readonly client: Client;
  readonly transport: Transport;
  readonly why: () => string | undefined;
}

export function openConnection(options: ConnectionOptions): Connection {
  return new ServerConnection(options);
}

/** After this many failed starts in a row the next ones are refused for a while. */
const QUICK_TRIES = 2;
const LONGEST_PAUSE_MS = 60_000;

class ServerConnection implements Connection {
  readonly #options: ConnectionOptions;
  #session: Session | undefined;
  #starting: Promise<Session> | undefined;
  #starts = 0;
  #failures = 0;
  #refusal: { readonly until: number; readonly error: OpenSpaceError } | undefined;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  isReady(): boolean {
    return this.#session !== undefined;
  }

  starts(): number {
    return this.#starts;
  }

  async list(signal: AbortSignal) {
    const timeout = this.#options.limits.startTimeoutMs;
    return this.#use(signal, async ({ client }) =>
      collectTools((cursor) =>
        client.request(
          { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
          toolPageSchema,
          { signal, timeout, maxTotalTimeout: timeout },
        ),
      ),
    );
  }

  async call(tool: string, args: Readonly<Record<string, unknown>>, options: CallOptions) {
    const request = { method: 'tools/call', params: { name: tool, arguments: args } };
    const result = await this.#use(options.signal, ({ client }) =>
      client.request(request, callResultSchema, this.#callOptions(options)),
    );
    return toToolResult(result);
  }

  async readResource(uri: string, options: CallOptions) {
    const request = { method: 'resources/read', params: { uri } };
    const result = await this.#use(options.signal, ({ client }) =>
      client.request(request, readResultSchema, this.#callOptions(options)),
    );
    return resourceToToolResult(result);
  }

  #callOptions({ signal, progress }: CallOptions) {
    const { callTimeoutMs, callTotalMs } = this.#options.limits;
    return {
      signal,
      timeout: callTimeoutMs,
      maxTotalTimeout: callTotalMs,
      resetTimeoutOnProgress: true,
      onprogress: (update: {
        progress: number;
        total?: number | undefined;
        message?: string | undefined;
      }) => {
        const count = `${update.progress}${update.total === undefined ? '' : `/${update.total}`}`;
        progress(update.message === undefined ? count : `${count} ${update.message}`);
      },
    };
  }

  /** Runs a request on a live session and gives every failure its name. */
  async #use<T>(signal: AbortSignal, request: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#ensure(signal);
    try {
      const result = await request(session);
      this.#failures = 0;
      return result;
    } catch (error) {
      if (signal.aborted) throw this.#problem('cancelled', 'the call was cancelled', error);
      if (isLostSession(error, session)) {
        // The server restarted and does not know us: nothing was run, so asking again is safe.
        await this.#drop(session);
        return request(await this.#ensure(signal)).catch((again: unknown) => {
          throw this.#explain(again, session);
        });
      }
      await this.#checkAlive(error, session);
      throw this.#explain(error, session);
    }
  }

  /** A server that let a call time out may be stuck for good: one that doesn't answer a ping is ended. */
  async #checkAlive(error: unknown, session: Session): Promise<void> {
    if (!SdkError.isInstance(error)) return;
    if (error.code === SdkErrorCode.RequestTimeout) {
      const alive = await session.client.ping({ timeout: this.#options.limits.pingTimeoutMs }).then(
        () => true,
        () => false,
      );
      if (!alive) await this.#drop(session);
    } else if (error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.NotConnected) {
      await this.#drop(session);
    }
  }

  #ensure(signal: AbortSignal): Promise<Session> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#problem('cancelled', 'is closed'));
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    if (this.#starting === undefined) {
      const refusal = this.#refusal;
      if (refusal !== undefined && Date.now() < refusal.until) {
        const seconds = Math.ceil((refusal.until - Date.now()) / 1000);
        const message = `${refusal.error.message} (tried again in ${seconds} s at the earliest)`;
        return Promise.reject(new OpenSpaceError(refusal.error.code, message, { hint: refusal.error.hint }));
      }
      this.#starting = this.#start().finally(() => {
        this.#starting = undefined;
      });
    }
    // The start is shared: who gives up waiting does not stop it for the others.
    return abortable(this.#starting, signal, () =>
      this.#problem('cancelled', 'waiting for it was cancelled'),
    );
  }

  async #start(): Promise<Session> {
    const kind = this.#options.server.transport.kind;
    try {
      const session = await this.#open(kind === 'auto' ? 'http' : kind).catch((error: unknown) => {
        if (kind === 'auto' && speaksOlderHttp(error)) return this.#open('sse');
        throw error;
      });
      this.#session = session;
      this.#refusal = undefined;
      return session;
    } catch (error) {
      this.#failures += 1;
      const told = error instanceof OpenSpaceError ? error : this.#explain(error, undefined);
      if (this.#failures >= QUICK_TRIES) {
        const pause = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** this.#failures);
        this.#refusal = { until: Date.now() + pause, error: told };
      }
      throw told;
    }
  }

  async #open(kind: 'stdio' | 'http' | 'sse'): Promise<Session> {
    this.#starts += 1;
    const { transport, why } = this.#createTransport(kind);
    const client = new Client(
      { name: 'openspace', version: this.#options.clientVersion },
      { capabilities: {} },
    );
    const session: Session = { client, transport, why };
    client.onclose = () => {
      if (this.#session === session) this.#session = undefined;
    };
    client.setNotificationHandler('notifications/tools/list_changed', () => this.#options.onToolsChanged());
    const timeout = this.#options.limits.startTimeoutMs;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeout)]);
    try {
      // The transport's own start (an SSE stream, a login) has no limit in the SDK, hence the race.
      await abortable(client.connect(transport, { timeout, maxTotalTimeout: timeout }), signal, () =>
        this.#problem(
          this.#closing.signal.aborted ? 'cancelled' : 'timeout',
          `did not answer within ${Math.round(timeout / 1000)} s of its start`,
        ),
      );
      return session;
    } catch (error) {
      await transport.close().catch(() => undefined); // the first error is the one to tell
      throw kind === 'stdio' || error instanceof OpenSpaceError ? this.#explain(error, session) : error;
    }
  }

  #createTransport(kind: 'stdio' | 'http' | 'sse'): { transport: Transport; why: Session['why'] } {
    const { server, limits, authProvider } = this.#options;
    const config = server.transport;
    if (config.kind === 'stdio') {
      const transport: StdioTransport = createStdioTransport({
        spawner: this.#options.spawner,
        request: {
          command: config.command,
          args: config.args,
          cwd: config.cwd ?? this.#options.cwd,
          env: { ...this.#options.baseEnv, ...config.env },
        },
        maxMessageBytes: limits.maxMessageBytes,
        parse: deserializeMessage,
      });
      return { transport, why: () => transport.failure() };
    }
    const given = {
      requestInit: { headers: { ...config.headers } },
      fetch: boundedFetch(limits.maxMessageBytes),
      ...(authProvider === undefined ? {} : { authProvider }),
    };
    const url = new URL(config.url);
    const transport =
      kind === 'sse' ? new SSEClientTransport(url, given) : new StreamableHTTPClientTransport(url, given);
    return { transport, why: () => undefined };
  }

  #problem(code: OpenSpaceError['code'], what: string, cause?: unknown): OpenSpaceError {
    return new OpenSpaceError(code, `MCP server "${this.#options.server.name}": ${what}`, { cause });
  }

  /** A foreign failure in our words: what happened, and what the server itself said about it. */
  #explain(error: unknown, session: Session | undefined): OpenSpaceError {
    if (error instanceof OpenSpaceError && session === undefined) return error;
    const why = session?.why();
    const more = why === undefined ? '' : `: ${why}`;
    if (error instanceof OpenSpaceError) {
      return new OpenSpaceError(error.code, `${error.message}${more}`, { hint: error.hint, cause: error });
    }
    const name = this.#options.server.name;
    if (UnauthorizedError.isInstance(error) || (SdkHttpError.isInstance(error) && error.status === 401)) {
      return new OpenSpaceError('auth', `MCP server "${name}" wants you to sign in`, {
        hint: `Run \`openspace mcp login ${name}\`, or put a token into its "headers".`,
        cause: error,
      });
    }
    if (ProtocolError.isInstance(error)) return this.#problem('provider', error.message, error);
    if (SdkError.isInstance(error) && error.code === SdkErrorCode.RequestTimeout) {
      return this.#problem('timeout', `no answer in time${more}`, error);
    }
    if (SdkError.isInstance(error) && error.code === SdkErrorCode.ConnectionClosed) {
      return this.#problem('network', `the connection ended${more}`, error);
    }
    return this.#problem('network', `${toMessage(error)}${causeOf(error)}${more}`, error);
  }

  async #drop(session: Session): Promise<void> {
    if (this.#session === session) this.#session = undefined;
    await session.client.close().catch(() => undefined); // closing what is broken may fail; it is gone either way
    await session.transport.close(); // the client forgets a transport that closed itself; its program may still be ending
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting?.catch(() => undefined); // its caller has the error
    const session = this.#session;
    if (session === undefined) return;
    if (session.transport instanceof StreamableHTTPClientTransport) {
      const bye = session.transport.terminateSession().catch(() => undefined); // servers need not support it
      await abortable(bye, AbortSignal.timeout(1_000), () => undefined).catch(() => undefined);
    }
    await this.#drop(session);
  }
}

/** The server answered that it does not know this kind of request: an older one, which speaks SSE. */
function speaksOlderHttp(error: unknown): boolean {
  return (
    SdkHttpError.isInstance(error) &&
    error.status !== undefined &&
    [400, 404, 405, 406, 415].includes(error.status)
  );
}

function isLostSession(error: unknown, session: Session): boolean {
  return SdkHttpError.isInstance(error) && error.status === 404 && session.transport.sessionId !== undefined;
}

/** fetch hides the reason ("fetch failed") in the cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? ` (${toMessage(error.cause)})` : '';
}

/** The promise's result, or a rejection as soon as the signal aborts. The listener never outlives either. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(reason());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    promise.catch(() => undefined); // nobody may be left to hear it
  }
}
