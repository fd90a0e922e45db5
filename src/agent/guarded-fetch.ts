// The only way out to a model provider: a fetch that refuses any request whose host or credential is not its route's.
import { OpenSpaceError, toMessage } from '../lib/index.ts';
import type { CredentialHeader } from './providers.ts';
import { isCredentialHeader, type ProxySettings, providerOf, type Route } from './route.ts';

export type Fetch = typeof globalThis.fetch;

/** A request that was not sent, or an answer that was not followed. A thrown one reaches `classifyFailure` as it is. */
export class RouteGuardError extends Error {
  override readonly name = 'RouteGuardError';
  /** `host`: another place than configured; `credential`: not exactly the route's; `redirect`: the server points elsewhere. */
  readonly kind: 'host' | 'credential' | 'redirect';
  readonly hint: string | undefined;

  constructor(kind: RouteGuardError['kind'], message: string, hint?: string) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

/** The server was silent for too long. */
export class StallError extends Error {
  override readonly name = 'StallError';
  readonly waitedMs: number;

  constructor(waitedMs: number, what: 'for an answer' | 'for the next piece of the answer') {
    super(`waited ${waitedMs / 1000} s ${what}`);
    this.waitedMs = waitedMs;
  }
}

export interface GuardedFetchOptions {
  /** Replaces the network; tests only. */
  readonly fetch?: Fetch;
  /** Both 0: whole replies, only the caller's own limit counts. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** A `fetch` for one route. Follows no redirect, and ends with `StallError` when the server goes silent. */
export function createGuardedFetch(route: Route, options: GuardedFetchOptions): Fetch {
  const header = providerOf(route).credentialHeader;
  const expected = expectedCredential(route, header);
  const send = options.fetch ?? lazyUndiciFetch(route.proxy);

  return async (input, init) => {
    const url = urlOf(input);
    const headers = new Headers(init?.headers);
    checkHost(url, route);
    checkCredential(headers, header, expected);
    const watch = new Watch(init?.signal ?? undefined);
    try {
      watch.expect(options.firstByteTimeoutMs, 'for an answer');
      const response = await send(url, { ...init, headers, redirect: 'manual', signal: watch.signal });
      refuseRedirect(response, url);
      return watchBody(response, watch, options.idleTimeoutMs);
    } catch (error) {
      watch.end();
      throw watch.stall ?? error;
    }
  };
}

function expectedCredential(route: Route, header: CredentialHeader): string | undefined {
  if (route.key === undefined) return undefined;
  return header === 'authorization' ? `Bearer ${route.key.value}` : route.key.value;
}

function urlOf(input: Parameters<Fetch>[0]): string {
  if (typeof input === 'string') return input;
  if (input instanceof URL) return input.href;
  throw new RouteGuardError('host', 'Only plain URLs can be checked, not Request objects.');
}

function checkHost(url: string, route: Route): void {
  const base = new URL(`${route.baseUrl}/`);
  const target = new URL(url);
  const inside = target.origin === base.origin && target.pathname.startsWith(base.pathname);
  const hidden = target.username !== '' || target.password !== '' || target.searchParams.has('key');
  if (inside && !hidden) return;
  throw new RouteGuardError(
    'host',
    `A request to ${target.origin}${target.pathname} was refused: this route belongs to ${route.baseUrl} (from ${route.baseUrlOrigin}).`,
  );
}

function checkCredential(headers: Headers, header: CredentialHeader, expected: string | undefined): void {
  const sent = headers.get(header) ?? undefined;
  const others = [...headers.keys()].filter((name) => name !== header && isCredentialHeader(name));
  if (sent === expected && others.length === 0) return;
  const problem =
    others.length > 0
      ? `it carries another credential (${others.join(', ')})`
      : `its ${header} is not the route's`;
  throw new RouteGuardError('credential', `A request was refused before it was sent: ${problem}.`);
}

function refuseRedirect(response: Response, url: string): void {
  if (response.status < 300 || response.status >= 400 || response.status === 304) return;
  const location = response.headers.get('location');
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url) : undefined;
  const to = target === undefined ? 'nowhere' : `${target.origin}${target.pathname}`;
  throw new RouteGuardError(
    'redirect',
    `${url} answers with a redirect (${response.status}) to ${to}. It was not followed: a redirect to another host loses the key.`,
    'Set the base URL to the address that the server points to, often https:// instead of http://.',
  );
}

/** Ends a request that goes silent: one timer, started anew with each piece. */
class Watch {
  stall: StallError | undefined;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#outer?.reason);

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (outer?.aborted) this.#onAbort();
    outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  expect(withinMs: number, what: ConstructorParameters<typeof StallError>[1]): void {
    clearTimeout(this.#timer);
    if (withinMs <= 0) return;
    this.#timer = setTimeout(() => {
      this.stall = new StallError(withinMs, what);
      this.#controller.abort(this.stall);
    }, withinMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

function watchBody(response: Response, watch: Watch, idleTimeoutMs: number): Response {
  if (response.body === null) {
    watch.end();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          watch.end();
          controller.close();
          return;
        }
        watch.expect(idleTimeoutMs, 'for the next piece of the answer');
        controller.enqueue(value);
      } catch (error) {
        watch.end();
        controller.error(watch.stall ?? error);
      }
    },
    async cancel(reason) {
      watch.end();
      await reader.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

/** undici's fetch, loaded at the first request: honours proxies, and its own time limits are off because ours count. */
function lazyUndiciFetch(proxy: ProxySettings | undefined): Fetch {
  let ready: Promise<Fetch> | undefined;
  return async (input, init) => {
    ready ??= openUndici(proxy);
    const fetch = await ready;
    return fetch(input, init);
  };
}

async function openUndici(proxy: ProxySettings = {}): Promise<Fetch> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  try {
    // Empty strings, not undefined: undefined would make undici read the environment by itself.
    const dispatcher = new EnvHttpProxyAgent({
      httpProxy: proxy.http ?? '',
      httpsProxy: proxy.https ?? proxy.http ?? '',
      noProxy: [proxy.except ?? '', 'localhost', '127.0.0.1', '::1'].filter((one) => one !== '').join(','),
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: 20_000 },
    });
    return async (input, init) => {
      const answer = await fetch(urlOf(input), {
        method: init?.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: typeof init?.body === 'string' ? init.body : null,
        redirect: 'manual',
        signal: init?.signal ?? null,
        dispatcher,
      });
      const { status, statusText } = answer;
      return new Response(answer.body, { status, statusText, headers: Object.fromEntries(answer.headers) });
    };
  } catch (error) {
    throw new OpenSpaceError('config', `The proxy settings can't be used: ${toMessage(error)}`, {
      hint: 'Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
    });
  }
}
