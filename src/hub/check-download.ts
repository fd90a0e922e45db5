// Judges what came from elsewhere before any of it is written: content, hash, signature, safety.
import { OpenSpaceError } from '../lib/index.ts';
import { type Finding, SKILL_FILE, type SkillFiles, scanSkill } from '../skills/index.ts';
import { hashOfFiles } from './content.ts';
import type { SignedStatement } from './protocol.ts';
import { PublicationStatement, readStatement } from './statements.ts';

export interface Expected {
  /** Hash that the hub, the listing or the lock file states. */
  readonly filesHash?: string | undefined;
  readonly publication?: SignedStatement | null | undefined;
  /** Key in the lock file. */
  readonly pinnedKey?: string | null | undefined;
  /** The user wants the new key. */
  readonly acceptKey?: boolean | undefined;
}

export interface Checked {
  readonly filesHash: string;
  readonly publisherKey: string | null;
  /** Findings that a person should see. */
  readonly findings: readonly Finding[];
  /** Kept out of use until a person releases it. */
  readonly quarantine: boolean;
}

/** Throws `invalid` without SKILL.md, `unsafe` for another hash, a bad or foreign signature, or content that is never let in. */
export function checkDownload(name: string, files: SkillFiles, expected: Expected): Checked {
  if (!files.has(SKILL_FILE)) throw new OpenSpaceError('invalid', `"${name}" has no ${SKILL_FILE}.`);
  const filesHash = hashOfFiles(files);
  if (expected.filesHash !== undefined && expected.filesHash !== filesHash)
    throw new OpenSpaceError('unsafe', `"${name}" does not have the files that were promised.`, {
      hint: `Expected files_hash ${expected.filesHash}, got ${filesHash}. Nothing was installed.`,
    });
  const publisherKey = checkPublisher(name, filesHash, expected);
  const findings = scanSkill(files).filter(({ severity }) => severity !== 'info');
  const blocked = findings.find(({ severity }) => severity === 'block');
  if (blocked !== undefined)
    throw new OpenSpaceError('unsafe', `"${name}" is refused: ${blocked.message}`, {
      hint: `${blocked.rule}${blocked.file === undefined ? '' : ` in ${blocked.file}`}. Nothing was installed.`,
    });
  return {
    filesHash,
    publisherKey,
    findings,
    quarantine: findings.some(({ severity }) => severity === 'quarantine'),
  };
}

function checkPublisher(name: string, filesHash: string, expected: Expected): string | null {
  const { publication, pinnedKey } = expected;
  if (publication === null || publication === undefined) {
    if (pinnedKey === null || pinnedKey === undefined || expected.acceptKey === true) return null;
    throw new OpenSpaceError('unsafe', `"${name}" was signed before, and this version is not.`, {
      hint: 'Ask its publisher. To take it all the same: --accept-key',
    });
  }
  const statement = readStatement(publication, PublicationStatement);
  if (statement.files_hash !== filesHash)
    throw new OpenSpaceError('unsafe', `The signature of "${name}" is for other files.`);
  const key = publication.public_key;
  if (pinnedKey !== null && pinnedKey !== undefined && pinnedKey !== key && expected.acceptKey !== true)
    throw new OpenSpaceError('unsafe', `"${name}" is signed by another publisher than before.`, {
      hint: `Known: ${pinnedKey}, now: ${key}. If its publisher has a new key: --accept-key`,
    });
  return key;
}
