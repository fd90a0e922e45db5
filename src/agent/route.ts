// A route: one model of one provider with the credential that belongs to it.
import { OpenSpaceError } from '../lib/index.ts';
import { findProvider, type Provider } from './providers.ts';

/** A key and where it was found: `OPENROUTER_API_KEY (process environment)`. */
export interface Secret {
  readonly value: string;
  readonly origin: string;
}

/** Proxies for HTTP requests, as in HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  /** Comma-separated hosts that are reached directly. */
  readonly except?: string;
}

/** Everything a request to a model needs. Made by `config/` for each role. */
export interface Route {
  /** Id in `PROVIDERS`. */
  readonly provider: string;
  /** Name at the provider, without the provider's prefix. */
  readonly model: string;
  /** As `normaliseBaseUrl` returns it. */
  readonly baseUrl: string;
  readonly baseUrlOrigin: string;
  readonly key: Secret | undefined;
  /** Extra headers. Credential headers among them are never sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** False: whole replies, for servers that can't stream. */
  readonly stream: boolean;
  /** Most time for one reply, its retries included. */
  readonly timeoutMs: number;
  /** Most time until the first byte of a streamed answer arrives. */
  readonly firstByteTimeoutMs: number;
  /** Most time between two pieces of a streamed answer. */
  readonly idleTimeoutMs: number;
  /** Most requests for one reply. */
  readonly maxTries: number;
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  /** Length of vectors to ask for; embeddings only. */
  readonly dimensions?: number;
  readonly proxy?: ProxySettings;
}

/** Limits where nothing is configured. */
export const ROUTE_DEFAULTS = {
  headers: {},
  stream: true,
  timeoutMs: 600_000,
  firstByteTimeoutMs: 120_000,
  idleTimeoutMs: 120_000,
  maxTries: 4,
} as const satisfies Partial<Route>;

/** Assumed where the model's window is not known. */
export const DEFAULT_CONTEXT_TOKENS = 128_000;

/** Headers that carry credentials, or that only the HTTP client may set. Lower case. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
]);
const CLIENT_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
]);

export function isCredentialHeader(name: string): boolean {
  return CREDENTIAL_HEADERS.has(name.trim().toLowerCase());
}

/** The extra headers that may be sent: lower case, none that carries a credential or belongs to the HTTP client. */
export function safeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.trim().toLowerCase(), value] as const);
  return Object.fromEntries(
    entries.filter(([name]) => !CREDENTIAL_HEADERS.has(name) && !CLIENT_HEADERS.has(name)),
  );
}

/** A key as people paste it, without the quotes, spaces and line ends around it. Undefined if nothing is left. */
export function cleanSecret(text: string | undefined): string | undefined {
  const value = (text ?? '')
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  return value === '' ? undefined : value;
}

/** `provider/model`. */
export function routeId(route: Route): string {
  return `${route.provider}/${route.model}`;
}

/** The provider of a route. Throws `OpenSpaceError('config')` if there is none of that id. */
export function providerOf(route: Route): Provider {
  const provider = findProvider(route.provider);
  if (provider !== undefined) return provider;
  throw new OpenSpaceError('config', `There is no model provider "${route.provider}".`, {
    hint: 'Write the model as provider/model, for example openrouter/anthropic/claude-sonnet-4.5.',
  });
}

/** Why no request may be sent on this route, or undefined. Says exactly what to set. */
export function refuseRoute(route: Route): OpenSpaceError | undefined {
  const provider = findProvider(route.provider);
  if (provider === undefined)
    return new OpenSpaceError('config', `There is no provider "${route.provider}".`);
  const headerProblem = refuseHeaders(route.headers);
  if (headerProblem !== undefined) return headerProblem;
  if (route.key === undefined || route.key.value.trim() === '') {
    return provider.keyNeeded ? missingKey(route, provider) : undefined;
  }
  const problem = malformed(route.key.value);
  if (problem === undefined) return undefined;
  return new OpenSpaceError('auth', `The key from ${route.key.origin} ${problem}; nothing was sent.`, {
    hint: `Paste the key of ${provider.title} again${keyLooks(provider)}.`,
  });
}

function missingKey(route: Route, provider: Provider): OpenSpaceError {
  const names = [...new Set([...provider.keyVariables, 'OPENSPACE_LLM_API_KEY'])].join(' or ');
  const page = provider.keyPage === undefined ? '' : ` Keys are made at ${provider.keyPage}.`;
  return new OpenSpaceError('auth', `${routeId(route)} needs a key and there is none; nothing was sent.`, {
    hint: `Set ${names}${keyLooks(provider)}.${page}`,
  });
}

/** ` (keys start with "sk-or-")`, or nothing. */
export function keyLooks(provider: Provider): string {
  return provider.keyPrefix === undefined ? '' : ` (keys start with "${provider.keyPrefix}")`;
}

function malformed(key: string): string | undefined {
  if (key !== key.trim()) return 'has spaces or line ends around it';
  if (/[\r\n]/.test(key)) return 'contains a line end';
  if (/\s/.test(key)) return 'contains a space';
  if (/^(["']).*\1$/.test(key)) return 'is in quotes';
  if (/[^\x21-\x7e]/.test(key)) return 'contains characters that no HTTP header may carry';
  if (/^bearer$/i.test(key)) return 'is the word "Bearer"';
  return undefined;
}

function refuseHeaders(headers: Readonly<Record<string, string>>): OpenSpaceError | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const bad = !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name.trim()) || /[^\t\x20-\x7e\x80-\xff]/.test(value);
    if (bad) {
      return new OpenSpaceError(
        'config',
        `The extra header "${name.slice(0, 60)}" can't be sent over HTTP.`,
        {
          hint: 'Check OPENSPACE_LLM_EXTRA_HEADERS: a JSON object of header names and one-line values.',
        },
      );
    }
  }
  return undefined;
}
