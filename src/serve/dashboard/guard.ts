// What every request to the dashboard has to pass: the host it names, the page it comes from, who sends it.
import type { Context, MiddlewareHandler } from 'hono';
import { errorResponse } from '../api/http-errors.ts';
import type { Sessions } from './sessions.ts';

export interface GuardOptions {
  readonly sessions: Sessions;
  /** The address that the server was told to listen on. */
  readonly host: string;
}

/** Nothing from other hosts, no script or style inside pages, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

/** Sets the headers of every answer; one that a route has set itself stays. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS))
    if (!context.res.headers.has(name)) context.res.headers.set(name, value);
};

/**
 * Refuses a host that is not ours (a name of somebody else that points here), and for the API a request that another
 * site's page has sent, and one without token or cookie. A cookie alone changes nothing without our own Origin.
 */
export function createGuard({ sessions, host }: GuardOptions): MiddlewareHandler {
  const isOurs = hostCheck(host);
  return async (context, next) => {
    const authority = context.req.header('host') ?? '';
    if (!isOurs(authority))
      return errorResponse('denied', `This server does not answer for "${authority.slice(0, 100)}".`);
    if (!context.req.path.startsWith('/api/')) return next();
    const refusal = refuseApi(context, authority, sessions);
    if (refusal !== undefined) return refusal;
    await next();
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
    return undefined;
  };
}

function refuseApi({ req }: Context, authority: string, sessions: Sessions): Response | undefined {
  const origin = req.header('origin');
  const site = req.header('sec-fetch-site');
  const isForeign = origin !== undefined && origin !== `http://${authority}`;
  // `none`: typed into the address bar. Browsers always say where a request comes from; programs never do.
  if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none'))
    return errorResponse('denied', 'Pages of other sites are not answered.');
  const proof = sessions.proofOf(req.raw.headers);
  if (proof === undefined) {
    const hint =
      'Open the dashboard with: openspace dashboard. Programs send the token of: openspace mcp token';
    const refused = errorResponse('auth', 'You are not signed in.', hint);
    refused.headers.set('www-authenticate', 'Bearer realm="openspace"');
    return refused;
  }
  const isReading = req.method === 'GET' || req.method === 'HEAD';
  if (proof === 'cookie' && !isReading && origin === undefined)
    return errorResponse('denied', 'A change that carries a cookie has to carry its Origin, too.');
  return undefined;
}

/** Host names by which this machine may be called; on all addresses, any: then the token alone decides. */
function hostCheck(host: string): (authority: string) => boolean {
  if (host === '0.0.0.0' || host === '::') return (authority) => hostName(authority) !== undefined;
  const names = new Set(['localhost', '127.0.0.1', '[::1]', host.toLowerCase(), `[${host.toLowerCase()}]`]);
  return (authority) => names.has(hostName(authority) ?? '');
}

function hostName(authority: string): string | undefined {
  return /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(authority)?.[1]?.toLowerCase();
}
