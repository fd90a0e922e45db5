// What every HTTP request has to pass before it reaches MCP: address, origin, pace, token, size.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localhostHostValidation, localhostOriginValidation } from '@modelcontextprotocol/node';
import { OpenSpaceError } from '../../lib/index.ts';
import { carriesToken } from './token.ts';

export interface GuardOptions {
  /** True if the server listens on a loopback address. */
  readonly isLocal: boolean;
  /** Undefined: none is asked for. */
  readonly token: string | undefined;
  /** Requests that one address may make at once, and how many it gets back in a second. Default 1,000 and 200. */
  readonly pace?: { readonly burst: number; readonly perSecond: number };
}

/** Answers and returns false for a request that must not go on. `needsToken` false: for what tells nothing of the user's. */
export type HttpGuard = (request: IncomingMessage, response: ServerResponse, needsToken: boolean) => boolean;

const BODY_LIMIT_BYTES = 4 * 2 ** 20;
const PACE = { burst: 1_000, perSecond: 200 };
/** Addresses remembered; the ones longest silent are forgotten. */
const ADDRESSES = 1_000;

export function createHttpGuard({ isLocal, token, pace = PACE }: GuardOptions): HttpGuard {
  const isFromHere = localhostHostValidation();
  const isOriginHere = localhostOriginValidation();
  const isInPace = createPace(pace);
  return (request, response, needsToken) => {
    // A web page must not be able to reach us, neither by a name that points here nor from its own origin.
    if (isLocal && !isFromHere(request, response)) return false;
    if (!isOriginHere(request, response)) return false;
    if (!isInPace(request.socket.remoteAddress ?? '')) {
      refuse(response, 429, 'Too many requests.', { 'retry-after': '1' });
      return false;
    }
    if (!needsToken || token === undefined || carriesToken(request.headers.authorization, token)) return true;
    const metadata = `http://${request.headers.host ?? 'localhost'}${RESOURCE_METADATA_PATH}`;
    refuse(response, 401, 'A token is needed. The user sees it with: openspace mcp token', {
      'www-authenticate': `Bearer realm="openspace", resource_metadata="${metadata}"`,
    });
    return false;
  };
}

/** Where RFC 9728 has clients look for how to get in; they may add the path of the resource. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** What a client may know without a token: that a bearer token in the header is wanted, and who gives it out. */
export function resourceMetadata(host: string, hasSignIn: boolean): object {
  return {
    resource: `http://${host}/mcp`,
    resource_name: 'OpenSpace',
    ...(hasSignIn ? { authorization_servers: [`http://${host}`] } : {}),
    bearer_methods_supported: ['header'],
  };
}

/** Allows so many requests an address and second. */
function createPace({ burst, perSecond }: typeof PACE): (address: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>();
  return (address) => {
    const now = performance.now();
    const old = buckets.get(address) ?? { left: burst, at: now };
    const left = Math.min(burst, old.left + ((now - old.at) / 1_000) * perSecond);
    buckets.delete(address); // put at the end: the first is the one longest silent
    buckets.set(address, { left: Math.max(0, left - 1), at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > ADDRESSES && oldest !== undefined) buckets.delete(oldest);
    return left >= 1;
  };
}

/** An error in the form that MCP clients read. */
export function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

/** The JSON of a request. Throws `too-large` and `invalid`. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > BODY_LIMIT_BYTES)
      throw new OpenSpaceError('too-large', `The message is larger than ${BODY_LIMIT_BYTES} bytes.`);
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new OpenSpaceError('invalid', 'The message is not JSON.', { cause: error });
  }
}
