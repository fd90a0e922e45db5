// Accounts, keys, groups and invitations.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  MEMBER_SCOPES,
  type NewInvite,
  type NewKey,
  ROLES,
  type Role,
  SCOPES,
  type Scope,
} from '../../../src/hub/index.ts';
import { type Database, type Sql, sqlStateOf } from '../store/sql.ts';
import {
  accountOf,
  type Caller,
  createKey,
  hashSecret,
  hasRole,
  hasScope,
  timestamp,
  writeAudit,
} from './caller.ts';
import { notFound, Refused } from './refuse.ts';

const Id = z.object({ id: z.int() });
const ALREADY_THERE = '23505';
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

async function addOwner(sql: Sql, kind: 'account' | 'group', name: string): Promise<number> {
  try {
    const row = await sql.first(Id, 'INSERT INTO owners (kind, name) VALUES ($1, $2) RETURNING id', [
      kind,
      name,
    ]);
    if (row === undefined) throw new Error('INSERT returned no row');
    return row.id;
  } catch (error) {
    if (sqlStateOf(error) === ALREADY_THERE)
      throw new Refused('already_exists', `The name "${name}" is taken.`, { hint: 'Choose another.' });
    throw error;
  }
}

/** The first account, with all rights and a group of its own. Returns undefined if there is an account already. */
export function bootstrap(
  db: Database,
  account: string,
  group: string,
): Promise<{ key: string; account: string; group: string } | undefined> {
  return db.transaction(async (sql) => {
    await sql.run('SELECT pg_advisory_xact_lock(7790004)');
    if ((await sql.first(Id, "SELECT id FROM owners WHERE kind = 'account' LIMIT 1")) !== undefined)
      return undefined;
    const accountId = await addOwner(sql, 'account', account);
    const groupId = await addOwner(sql, 'group', group);
    await sql.run("INSERT INTO members (group_id, account_id, role) VALUES ($1, $2, 'owner')", [
      groupId,
      accountId,
    ]);
    const { key } = await createKey(sql, accountId, { name: 'first', scopes: SCOPES, expiresAt: null });
    return { key, account, group };
  });
}

/** A key for an account by its name, for whoever runs the server. */
export async function issueKey(db: Database, account: string, scopes: readonly Scope[]): Promise<string> {
  const row = await db.first(Id, "SELECT id FROM owners WHERE kind = 'account' AND name = $1", [account]);
  if (row === undefined) throw notFound('account');
  return (await createKey(db, row.id, { name: 'issued on the server', scopes, expiresAt: null })).key;
}

/** Uses an invitation: the account, its membership and its key come together. */
export async function join(db: Database, invite: string, account: string) {
  return db.transaction(async (sql) => {
    const Row = z.object({
      group_id: z.int(),
      group: z.string(),
      role: z.enum(ROLES),
      scopes: z.array(z.enum(SCOPES)),
    });
    const row = await sql.first(
      Row,
      `UPDATE invites i SET uses_left = uses_left - 1 FROM owners g
       WHERE g.id = i.group_id AND i.invite_hash = $1 AND i.uses_left > 0 AND i.expires_at > now()
       RETURNING i.group_id, g.name AS "group", i.role, i.scopes`,
      [hashSecret(invite)],
    );
    if (row === undefined)
      throw new Refused('unauthorized', 'The invitation is not valid any more.', {
        hint: 'Ask for a new one.',
      });
    const accountId = await addOwner(sql, 'account', account);
    await sql.run('INSERT INTO members (group_id, account_id, role) VALUES ($1, $2, $3)', [
      row.group_id,
      accountId,
      row.role,
    ]);
    const { keyId, key } = await createKey(sql, accountId, {
      name: 'first',
      scopes: row.scopes,
      expiresAt: null,
    });
    await writeAudit(
      sql,
      { accountId, account, keyId, scopes: [], groups: [], ownerIds: [] },
      'join',
      row.group,
    );
    return { account, group: row.group, key };
  });
}

const KeyRow = z.object({
  key_id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
});
const SELECT_KEYS = 'SELECT key_id, name, scopes, created_at, expires_at, revoked_at, last_used_at FROM keys';

/** A further key with at most the caller's scopes, living at most as long as the key that made it. */
export async function addKey(
  db: Database,
  caller: Caller,
  { name, scopes, expires_in_s }: z.output<typeof NewKey>,
) {
  const { id } = accountOf(caller);
  const missing = scopes.find((scope) => !hasScope(caller, scope));
  if (missing !== undefined) throw new Refused('scope_too_small', `This key can't hand on "${missing}".`);
  return db.transaction(async (sql) => {
    const own = await sql.first(
      z.object({ expires_at: z.date().nullable() }),
      'SELECT expires_at FROM keys WHERE key_id = $1',
      [caller.keyId],
    );
    const wanted = expires_in_s === undefined ? null : inSeconds(expires_in_s);
    const limit = own?.expires_at ?? null;
    const expiresAt = limit !== null && (wanted === null || wanted > limit) ? limit : wanted;
    const { keyId, key } = await createKey(sql, id, { name, scopes, expiresAt });
    await writeAudit(sql, caller, 'create-key', keyId, scopes.join(' '));
    const row = await sql.first(KeyRow, `${SELECT_KEYS} WHERE key_id = $1`, [keyId]);
    if (row === undefined) throw notFound('key');
    return { ...row, key };
  });
}

export const listKeys = (sql: Sql, caller: Caller) =>
  sql.rows(KeyRow, `${SELECT_KEYS} WHERE account_id = $1 ORDER BY created_at`, [accountOf(caller).id]);

/** Ends a key of the caller's own account; an admin ends any. */
export async function revokeKey(db: Database, caller: Caller, keyId: string): Promise<void> {
  await db.transaction(async (sql) => {
    const changed = await sql.run(
      'UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = $1 AND (account_id = $2 OR $3)',
      [keyId, accountOf(caller).id, hasScope(caller, 'admin')],
    );
    if (changed === 0) throw notFound('key');
    await writeAudit(sql, caller, 'revoke-key', keyId);
  });
}

export async function addSigningKey(db: Database, caller: Caller, publicKey: string): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.run(
      'INSERT INTO signing_keys (account_id, public_key) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [accountOf(caller).id, publicKey],
    );
    await writeAudit(sql, caller, 'add-signing-key', publicKey);
  });
}

export async function createGroup(db: Database, caller: Caller, group: string) {
  const account = accountOf(caller);
  await db.transaction(async (sql) => {
    const id = await addOwner(sql, 'group', group);
    await sql.run("INSERT INTO members (group_id, account_id, role) VALUES ($1, $2, 'owner')", [
      id,
      account.id,
    ]);
    await writeAudit(sql, caller, 'create-group', group);
  });
  return { group, members: [{ account: account.name, role: 'owner' as const }] };
}

/** The group, if the caller is in it. Others learn nothing of it. */
function groupOf(caller: Caller, name: string) {
  const group = caller.groups.find((one) => one.name === name);
  if (group === undefined) throw notFound('group');
  return group;
}

export async function getGroup(sql: Sql, caller: Caller, name: string) {
  const group = groupOf(caller, name);
  const members = await sql.rows(
    z.object({ account: z.string(), role: z.enum(ROLES) }),
    'SELECT o.name AS account, m.role FROM members m JOIN owners o ON o.id = m.account_id WHERE m.group_id = $1 ORDER BY o.name',
    [group.id],
  );
  return { group: name, members };
}

/** Sets or ends a membership. Only owners do that, and a group never loses its last owner. */
export async function setMember(
  db: Database,
  caller: Caller,
  groupName: string,
  account: string,
  role: Role | null,
) {
  const group = groupOf(caller, groupName);
  const leaves = role === null && account === caller.account;
  if (!hasRole(caller, group.id, 'owner') && !leaves)
    throw new Refused('role_too_small', 'Only an owner of the group does this.');
  await db.transaction(async (sql) => {
    await sql.run('SELECT 1 FROM owners WHERE id = $1 FOR UPDATE', [group.id]);
    const target = await sql.first(Id, "SELECT id FROM owners WHERE kind = 'account' AND name = $1", [
      account,
    ]);
    if (target === undefined) throw notFound('account');
    if (role === null)
      await sql.run('DELETE FROM members WHERE group_id = $1 AND account_id = $2', [group.id, target.id]);
    else
      await sql.run(
        'INSERT INTO members (group_id, account_id, role) VALUES ($1, $2, $3) ON CONFLICT (group_id, account_id) DO UPDATE SET role = excluded.role',
        [group.id, target.id, role],
      );
    const owners = await sql.rows(
      Id,
      "SELECT account_id AS id FROM members WHERE group_id = $1 AND role = 'owner'",
      [group.id],
    );
    if (owners.length === 0) throw new Refused('invalid', 'The group would have no owner left.');
    await writeAudit(sql, caller, 'set-member', `${groupName}/${account}`, role ?? 'out');
  });
  return leaves ? { group: groupName, members: [] } : getGroup(db, caller, groupName);
}

/** An invitation into a group. Nobody hands on a role above their own, nor scopes that their key lacks. */
export async function createInvite(
  db: Database,
  caller: Caller,
  groupName: string,
  invite: z.output<typeof NewInvite>,
) {
  const group = groupOf(caller, groupName);
  if (!hasRole(caller, group.id, 'maintainer') || !hasRole(caller, group.id, invite.role))
    throw new Refused(
      'role_too_small',
      `Only an owner, or a maintainer for roles up to their own, invites into "${groupName}".`,
    );
  const token = `inv_${randomBytes(18).toString('base64url')}`;
  const expiresAt = inSeconds(invite.expires_in_s);
  const scopes = MEMBER_SCOPES.filter((scope) => hasScope(caller, scope));
  await db.transaction(async (sql) => {
    await sql.run(
      'INSERT INTO invites (invite_hash, group_id, role, scopes, uses_left, expires_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [hashSecret(token), group.id, invite.role, scopes, invite.max_uses, expiresAt, caller.accountId],
    );
    await writeAudit(sql, caller, 'invite', groupName, `${invite.role}, ${invite.max_uses} uses`);
  });
  return { invite: token, group: groupName, expires_at: expiresAt.toISOString() };
}
