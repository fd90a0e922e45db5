// Who may look: a code that opens one browser once, the cookie that it becomes, and the token for programs.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { carriesToken } from '../mcp/token.ts';

export interface Sessions {
  /** A code for one browser, good once and for a short time. */
  newCode(): string;
  /** The cookie for a code; undefined if it is not good. */
  openWith(code: string): string | undefined;
  /** How a request shows that it may: with the token, with a cookie, or not. */
  proofOf(headers: Headers): 'token' | 'cookie' | undefined;
}

export interface SessionsOptions {
  readonly token: string;
  /** Cookies go to all ports of a host: the name keeps two dashboards apart. */
  readonly cookieName: () => string;
  /** Milliseconds of some clock. */
  readonly now?: () => number;
}

const CODE_LIFE_MS = 5 * 60_000;
/** Browsers that may be signed in at once; the ones signed in first are forgotten. */
const MOST_SESSIONS = 50;

export function openSessions({
  token,
  cookieName,
  now = () => performance.now(),
}: SessionsOptions): Sessions {
  /** Digest of the code → when it ends. */
  const codes = new Map<string, number>();
  /** Digests of the cookies' values. */
  const sessions = new Set<string>();
  return {
    newCode() {
      const code = secret();
      codes.set(digest(code), now() + CODE_LIFE_MS);
      forgetFirst(codes);
      return code;
    },
    openWith(code) {
      const key = digest(code);
      const until = codes.get(key);
      codes.delete(key);
      if (until === undefined || until < now()) return undefined;
      const value = secret();
      sessions.add(digest(value));
      forgetFirst(sessions);
      // No Max-Age: it goes with the browser. Strict: no other site's link or form carries it.
      return `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict`;
    },
    proofOf(headers) {
      if (carriesToken(headers.get('authorization') ?? undefined, token)) return 'token';
      const given = cookieIn(headers.get('cookie') ?? '', cookieName());
      return given !== undefined && isAmong(sessions, digest(given)) ? 'cookie' : undefined;
    },
  };
}

const secret = () => randomBytes(32).toString('base64url');
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

function forgetFirst(kept: Map<string, number> | Set<string>): void {
  const [first] = kept.keys();
  if (kept.size > MOST_SESSIONS && first !== undefined) kept.delete(first);
}

function isAmong(digests: ReadonlySet<string>, wanted: string): boolean {
  const bytes = Buffer.from(wanted);
  return [...digests].some((one) => timingSafeEqual(Buffer.from(one), bytes));
}

function cookieIn(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const [key = '', ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}
