// Staging: uploaded files are checked, packed and stored; they wait there, for a short time, to be published.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  describeSkill,
  findSecrets,
  hashOfFiles,
  PUBLISH_LIMITS,
  withoutSidecars,
} from '../../../src/hub/index.ts';
import { isPlainRelativePath, sha256 } from '../../../src/lib/index.ts';
import { type Finding, packSkill, type SkillFiles, scanSkill } from '../../../src/skills/index.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import type { Database } from '../store/sql.ts';
import { accountOf, type Caller } from './caller.ts';
import { Refused } from './refuse.ts';

const STAGED_FOR = "interval '1 hour'";
/** Uploads of one account that may wait at the same time. */
const MAX_WAITING = 200;

const asWire = (findings: readonly Finding[]) =>
  findings
    .slice(0, 20)
    .map(({ rule, message, file }) => ({ rule, message, ...(file === undefined ? {} : { file }) }));

/** Throws for files that may never be stored: unsound paths, too much, secrets, content that safety blocks. */
function requireAcceptable(files: SkillFiles): { quarantineReason: string | null } {
  if (files.size > PUBLISH_LIMITS.maxFiles)
    throw new Refused('too_large', `At most ${PUBLISH_LIMITS.maxFiles} files.`);
  let total = 0;
  const seen = new Set<string>();
  for (const [path, bytes] of files) {
    if (!isPlainRelativePath(path) || /[\x00-\x1f]/.test(path) || path.length > 300)
      throw new Refused('unsafe', 'A file has a path that a skill may not have.');
    const folded = path.normalize('NFC').toLowerCase();
    if (seen.has(folded)) throw new Refused('unsafe', 'Two files have the same name on some systems.');
    seen.add(folded);
    total += bytes.length;
    if (bytes.length > PUBLISH_LIMITS.maxFileBytes || total > PUBLISH_LIMITS.maxTotalBytes)
      throw new Refused(
        'too_large',
        `At most ${PUBLISH_LIMITS.maxFileBytes} bytes a file and ${PUBLISH_LIMITS.maxTotalBytes} together.`,
      );
  }
  const secrets = findSecrets(files);
  if (secrets.length > 0)
    throw new Refused('secret_in_file', 'A file holds what looks like a credential.', {
      findings: asWire(secrets),
    });
  const findings = scanSkill(files);
  const blocked = findings.filter(({ severity }) => severity === 'block');
  if (blocked.length > 0)
    throw new Refused('unsafe', 'The safety rules refuse this skill.', { findings: asWire(blocked) });
  const doubtful = findings.filter(({ severity }) => severity === 'quarantine');
  return { quarantineReason: doubtful.length === 0 ? null : doubtful.map(({ rule }) => rule).join(', ') };
}

/** Takes an upload in. The archive and its row come together; unused, both go after an hour. */
export async function stageFiles(db: Database, store: ArtifactStore, caller: Caller, uploaded: SkillFiles) {
  const account = accountOf(caller);
  const files = withoutSidecars(uploaded);
  const skill = describeSkill(files, '');
  if (skill === undefined) throw new Refused('invalid', 'There is no SKILL.md among the files.');
  if (skill.name === '' || skill.name.length > 200)
    throw new Refused('invalid', 'SKILL.md needs a name of at most 200 characters.');
  const { quarantineReason } = requireAcceptable(files);
  const archive = await packSkill(files);
  const archiveHash = sha256(archive);
  const filesHash = hashOfFiles(files);
  const artifactId = `art_${randomBytes(12).toString('hex')}`;
  await db.transaction(async (sql) => {
    const waiting = await sql.first(
      z.object({ n: z.int() }),
      `SELECT count(*)::int AS n FROM artifacts a WHERE a.account_id = $1 AND a.expires_at > now()
         AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.files_hash = a.files_hash AND v.account_id = a.account_id)`,
      [account.id],
    );
    if ((waiting?.n ?? 0) >= MAX_WAITING)
      throw new Refused('quota_exceeded', `${MAX_WAITING} uploads wait to be published already.`);
    // The clean-up takes the same lock, so that it can't remove these bytes between the two steps.
    await lockArchive(sql, archiveHash);
    await sql.run(
      `INSERT INTO artifacts (artifact_id, account_id, name, description, tags, body, files_hash, archive_hash, size_bytes, file_count, quarantine_reason, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + ${STAGED_FOR})`,
      [
        artifactId,
        account.id,
        skill.name,
        skill.description.slice(0, 4_000),
        skill.tags.slice(0, 50),
        skill.body.slice(0, 8_000),
        filesHash,
        archiveHash,
        archive.length,
        files.size,
        quarantineReason,
      ],
    );
    await store.put(archiveHash, archive);
  });
  return {
    artifact_id: artifactId,
    stats: { file_count: files.size, size_bytes: archive.length },
    files_hash: filesHash,
  };
}

/** Held until the transaction ends, by whoever brings or removes these bytes. */
export async function lockArchive(
  sql: { run(text: string, values: readonly unknown[]): Promise<number> },
  hash: string,
): Promise<void> {
  await sql.run('SELECT pg_advisory_xact_lock(7790002, hashtext($1))', [hash]);
}
