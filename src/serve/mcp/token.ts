// The token that HTTP clients have to send: made once, kept readable for its owner only, compared in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, OpenSpaceError, readTextIfPresent, writeFileAtomic } from '../../lib/index.ts';

export const tokenFile = (home: string): string => join(home, 'mcp', 'token');

/** The token of this data home; made if there is none. Throws `corrupt` for a file that holds something else. */
export function ensureToken(home: string, options: { readonly renew?: boolean } = {}): string {
  const path = tokenFile(home);
  const known = options.renew === true ? undefined : readTextIfPresent(path)?.trim();
  if (known === undefined) {
    const token = randomBytes(32).toString('base64url');
    makeFolder(join(home, 'mcp'), 0o700);
    writeFileAtomic(path, `${token}\n`, { mode: 0o600 });
    return token;
  }
  if (!/^[\w-]{32,}$/.test(known))
    throw new OpenSpaceError('corrupt', `${path} holds no token.`, { hint: 'openspace mcp token --new' });
  chmodSync(path, 0o600); // whoever loosened it
  return known;
}

/** True if the header carries exactly this token. */
export function carriesToken(header: string | undefined, token: string): boolean {
  const given = header?.match(/^Bearer +(\S+)$/i)?.[1];
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}
