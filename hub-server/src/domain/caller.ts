// Who is calling: keys, their hashes, scopes and expiry, and what an account may read.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ROLES, type Role, SCOPES, type Scope } from '../../../src/hub/index.ts';
import type { Sql } from '../store/sql.ts';
import { Refused } from './refuse.ts';

export interface Caller {
  /** Null for somebody without a key. */
  readonly accountId: number | null;
  readonly account: string | null;
  readonly keyId: string | null;
  readonly scopes: readonly Scope[];
  readonly groups: readonly { readonly id: number; readonly name: string; readonly role: Role }[];
  /** Owners whose unpublic records the caller may read: the account and its groups. */
  readonly ownerIds: readonly number[];
}

export const ANONYMOUS: Caller = {
  accountId: null,
  account: null,
  keyId: null,
  scopes: ['read'],
  groups: [],
  ownerIds: [],
};

export const timestamp = z.date().transform((date) => date.toISOString());
export const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex');
/** Starts like other vendors' keys, so that every scanner for secrets, ours included, knows it. */
const KEY = /^sk-os-([a-z0-9]{12})-([A-Za-z0-9_-]{43})$/;

/** Makes a key. The text is shown once; the database holds a hash. */
export async function createKey(
  sql: Sql,
  accountId: number,
  options: { name: string; scopes: readonly Scope[]; expiresAt: Date | null },
): Promise<{ keyId: string; key: string }> {
  const keyId = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  await sql.run(
    'INSERT INTO keys (key_id, account_id, name, secret_hash, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [keyId, accountId, options.name, hashSecret(secret), options.scopes, options.expiresAt],
  );
  return { keyId, key: `sk-os-${keyId}-${secret}` };
}

const KeyRow = z.object({
  account_id: z.int(),
  account: z.string(),
  secret_hash: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  expired: z.boolean(),
  revoked: z.boolean(),
  disabled: z.boolean(),
  is_stale: z.boolean(),
  groups: z.array(z.object({ id: z.int(), name: z.string(), role: z.enum(ROLES) })),
});

const FIND_KEY = `
  SELECT k.account_id, o.name AS account, k.secret_hash, k.scopes, o.disabled,
    coalesce(k.expires_at <= now(), false) AS expired, k.revoked_at IS NOT NULL AS revoked,
    k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS is_stale,
    coalesce((SELECT json_agg(json_build_object('id', g.id, 'name', g.name, 'role', m.role))
      FROM members m JOIN owners g ON g.id = m.group_id WHERE m.account_id = k.account_id), '[]') AS groups
  FROM keys k JOIN owners o ON o.id = k.account_id WHERE k.key_id = $1`;

/** The caller that a key stands for. Throws `unauthorized`, `key_expired` or `key_revoked`. */
export async function authenticate(sql: Sql, key: string): Promise<Caller> {
  const [, keyId, secret] = KEY.exec(key) ?? [];
  const refused = new Refused('unauthorized', 'The key is not valid.');
  if (keyId === undefined || secret === undefined) throw refused;
  const row = await sql.first(KeyRow, FIND_KEY, [keyId]);
  const expected = Buffer.from(row?.secret_hash ?? hashSecret(''), 'hex');
  const isRight = timingSafeEqual(expected, Buffer.from(hashSecret(secret), 'hex'));
  if (row === undefined || !isRight || row.disabled) throw refused;
  // Only who has the right secret learns why the key ended.
  if (row.revoked) throw new Refused('key_revoked', 'The key was revoked.');
  if (row.expired) throw new Refused('key_expired', 'The key has expired.');
  if (row.is_stale) await sql.run('UPDATE keys SET last_used_at = now() WHERE key_id = $1', [keyId]);
  return {
    accountId: row.account_id,
    account: row.account,
    keyId,
    scopes: row.scopes,
    groups: row.groups,
    ownerIds: [row.account_id, ...row.groups.map(({ id }) => id)],
  };
}

export const hasScope = (caller: Caller, scope: Scope) =>
  caller.scopes.includes(scope) || caller.scopes.includes('admin');

/** The caller's account. Throws `unauthorized` for somebody without a key. */
export function accountOf(caller: Caller): { id: number; name: string } {
  if (caller.accountId === null || caller.account === null)
    throw new Refused('unauthorized', 'This needs a key.');
  return { id: caller.accountId, name: caller.account };
}

/** True if the caller's role in the group is at least this one. */
export function hasRole(caller: Caller, groupId: number, least: Role): boolean {
  const role = caller.groups.find(({ id }) => id === groupId)?.role;
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** True if the caller decides about what this owner has: its own, or a group that it maintains. */
export const mayDecide = (caller: Caller, ownerId: number) =>
  caller.accountId === ownerId || hasRole(caller, ownerId, 'maintainer') || hasScope(caller, 'admin');

/** Writes a line of the audit log; call inside the transaction of what it tells. */
export async function writeAudit(
  sql: Sql,
  caller: Caller,
  action: string,
  target: string,
  detail = '',
): Promise<void> {
  await sql.run(
    'INSERT INTO audit (account_id, key_id, action, target, detail) VALUES ($1, $2, $3, $4, $5)',
    [caller.accountId, caller.keyId, action, target, detail.slice(0, 1_000)],
  );
}
