// HTTP requests to addresses that a model or a page chose: public ones only, checked at the connection, on every hop.
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import { isPublicAddress } from '../addresses.ts';

/** All addresses of a host name. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface WebAccess {
  /** `host` or `host:port` that may be reached although their addresses are private. */
  readonly allowPrivate?: readonly string[];
  /** Asked before every hop; a text refuses the address and says why. */
  readonly refuse?: (address: URL) => string | undefined;
  readonly resolve?: Resolve;
  /** Which addresses are public; the built-in table if not given. */
  readonly isPublic?: (address: string) => boolean;
}

export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

export interface Fetched {
  /** Where the content came from, after redirects. */
  readonly url: URL;
  readonly status: number;
  /** Without parameters, lower case. */
  readonly mediaType: string;
  readonly charset: string | undefined;
  readonly bytes: Uint8Array;
  /** The body was longer than the limit and is cut. */
  readonly truncated: boolean;
}

const HEADERS = {
  'user-agent': 'Mozilla/5.0 (compatible; OpenSpace)',
  accept: 'text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, application/pdf;q=0.8, */*;q=0.5',
  'accept-language': 'en, *;q=0.5',
};

/** Gets a page. Throws `OpenSpaceError`: `invalid`, `denied`, `network`, `timeout`, `cancelled`. */
export async function fetchSafely(
  address: string,
  access: WebAccess,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Fetched> {
  const { Agent, fetch: request } = await import('undici');
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const both = AbortSignal.any([signal, deadline]);
  let url = parseAddress(address);
  for (let hop = 0; hop <= limits.maxRedirects; hop += 1) {
    const open = checkAddress(url, access);
    const agent = new Agent({ connect: { lookup: checkedLookup(open, access) } });
    try {
      const response = await request(url, {
        dispatcher: agent,
        redirect: 'manual',
        headers: HEADERS,
        signal: both,
      });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) {
        return await readResponse(url, response, limits.maxBytes);
      }
      await response.body?.cancel();
      url = parseAddress(location, url);
    } catch (error) {
      throw explain(error, url, { signal, deadline, limits });
    } finally {
      await agent.destroy();
    }
  }
  throw new OpenSpaceError('network', `${address} redirects more than ${limits.maxRedirects} times.`);
}

function parseAddress(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href))
    throw new OpenSpaceError('invalid', `"${text.slice(0, 300)}" is no web address.`);
  const url = new URL(text, base?.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OpenSpaceError('denied', `Only http and https addresses can be fetched, not ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OpenSpaceError('denied', 'An address with a user name or password in it is not fetched.');
  }
  url.hash = '';
  return url;
}

/** True if the user opened this host; throws if the address is refused before any look-up. */
function checkAddress(url: URL, access: WebAccess): boolean {
  const refusal = access.refuse?.(url);
  if (refusal !== undefined) throw new OpenSpaceError('denied', refusal);
  // The URL parser has turned decimal, octal, hex and short forms of an address into the usual one.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const open = (access.allowPrivate ?? []).some(
    (entry) => entry === host || entry === `${host}:${port}` || entry === url.host,
  );
  // A literal is never looked up, so it has to be checked here.
  if (!open && isIP(host) !== 0 && !isPublic(access, host)) throw isPrivate(host, host);
  return open;
}

const isPrivate = (host: string, address: string) =>
  new OpenSpaceError(
    'denied',
    `${host} is not on the public internet${host === address ? '' : ` (${address})`}: private, link-local and metadata addresses are refused.`,
    { hint: 'If the user wants this host to be reachable, it has to be allowed in the settings.' },
  );

/**
 * Resolves and checks in one step, and hands exactly the checked addresses to the socket: a name that answers
 * differently the second time (DNS rebinding) is never asked a second time. One private address among several refuses all.
 */
function checkedLookup(open: boolean, access: WebAccess): LookupFunction {
  const resolve = access.resolve ?? resolveBySystem;
  return (host, options, done) => {
    resolve(host).then(
      (found) => {
        const bad = open ? undefined : found.find(({ address }) => !isPublic(access, address));
        const [first] = found;
        if (bad !== undefined) done(isPrivate(host, bad.address), '');
        else if (first === undefined) done(new Error(`${host} has no address`), '');
        else if (options.all) done(null, [...found]);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), ''),
    );
  };
}

const isPublic = (access: WebAccess, address: string) => (access.isPublic ?? isPublicAddress)(address);

const resolveBySystem: Resolve = (host) => systemLookup(host, { all: true });

async function readResponse(
  url: URL,
  response: {
    status: number;
    headers: { get(name: string): string | null };
    body: AsyncIterable<Uint8Array> | null;
  },
  maxBytes: number,
): Promise<Fetched> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  // The bytes counted are the unpacked ones: a small compressed body can hold gigabytes.
  for await (const chunk of response.body ?? []) {
    const room = maxBytes - size;
    truncated = chunk.length > room;
    chunks.push(truncated ? chunk.subarray(0, room) : chunk);
    size += Math.min(room, chunk.length);
    if (truncated) break;
  }
  const type = response.headers.get('content-type') ?? '';
  return {
    url,
    status: response.status,
    mediaType: (type.split(';')[0] ?? '').trim().toLowerCase(),
    charset: /charset\s*=\s*"?([\w.:-]+)/i.exec(type)?.[1]?.toLowerCase(),
    bytes: Buffer.concat(chunks),
    truncated,
  };
}

function explain(
  error: unknown,
  url: URL,
  context: { signal: AbortSignal; deadline: AbortSignal; limits: FetchLimits },
): OpenSpaceError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof OpenSpaceError) return inner; // our own refusal, wrapped by fetch
  }
  if (context.signal.aborted)
    return new OpenSpaceError('cancelled', 'The request was cancelled.', { cause: error });
  if (context.deadline.aborted) {
    const seconds = Math.round(context.limits.timeoutMs / 1000);
    return new OpenSpaceError('timeout', `${url.host} did not answer completely within ${seconds} s.`, {
      cause: error,
    });
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new OpenSpaceError('network', `${url.host} could not be reached: ${toMessage(cause)}`, {
    cause: error,
  });
}
