// The gate before every route: request limits, keys, scopes, and a count of wrong guesses.
import type { Context } from 'hono';
import { API_KEY_HEADER, type RouteShape } from '../../../src/hub/index.ts';
import { ANONYMOUS, authenticate, type Caller, hasScope } from '../domain/caller.ts';
import { Refused } from '../domain/refuse.ts';
import type { HubParts } from '../hub.ts';
import { createRateLimiter } from './limits.ts';

export interface Gate {
  /** Seconds to wait, or undefined if the request may go on. */
  admit(c: Context): number | undefined;
  /** Who calls, if the key may use a route with this access. */
  callerOf(c: Context, access: RouteShape['access']): Promise<Caller>;
  /** Runs what proves something secret; failures of one address are counted. */
  guarded<T>(c: Context, prove: () => Promise<T>): Promise<T>;
}

/** Who the connection comes from, as node-server hands it in. Behind a proxy the proxy limits by address. */
function addressOf(c: Context): string {
  const incoming: unknown = c.env?.incoming;
  if (typeof incoming !== 'object' || incoming === null || !('socket' in incoming)) return 'local';
  const { socket } = incoming;
  if (typeof socket !== 'object' || socket === null || !('remoteAddress' in socket)) return 'local';
  return String(socket.remoteAddress);
}

const keyOf = (c: Context): string | undefined =>
  c.req.header(API_KEY_HEADER) ?? /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];

/** Enough of a key to tell keys apart, none of its secret. */
const KEY_NAME_LENGTH = 'sk-os-'.length + 12;

export function createGate({ options, db }: HubParts): Gate {
  const limiter = createRateLimiter(options.rateLimit);
  const failures = createRateLimiter(options.failureLimit);
  const guarded: Gate['guarded'] = async (c, prove) => {
    try {
      return await prove();
    } catch (error) {
      const isGuess = error instanceof Refused && error.code === 'unauthorized';
      if (isGuess && failures.take(addressOf(c), Date.now()) !== undefined)
        throw new Refused('rate_limited', 'Too many wrong keys.');
      throw error;
    }
  };
  return {
    admit: (c) => limiter.take(keyOf(c)?.slice(0, KEY_NAME_LENGTH) ?? addressOf(c), Date.now()),
    guarded,
    async callerOf(c, access) {
      const key = keyOf(c);
      if (key === undefined) {
        if (access === 'anyone' || (access === 'read' && options.anonymousRead)) return ANONYMOUS;
        throw new Refused('unauthorized', 'This needs a key.', { hint: `Send it as ${API_KEY_HEADER}.` });
      }
      const caller = await guarded(c, () => authenticate(db, key));
      if (access !== 'anyone' && access !== 'key' && !hasScope(caller, access))
        throw new Refused('scope_too_small', `The key has no scope "${access}".`);
      return caller;
    },
  };
}
