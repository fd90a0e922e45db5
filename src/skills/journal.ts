// Makes folders on disk follow the library: decided inside the transaction, finished after it, or at the next start.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  isAbsent,
  isPresent,
  OpenSpaceError,
  readTextIfPresent,
  sha256,
  syncFolder,
  toMessage,
} from '../lib/index.ts';
import {
  type FolderContent,
  readFolder,
  SKILL_ID_FILE,
  STAGING_FOLDER,
  settleStamp,
  UPLOAD_META_FILE,
} from './folder-reader.ts';
import { isOurs, type LibraryContext, nowUtc, rootOf } from './library-context.ts';
import { newVersionId, toSkillName } from './names.ts';
import {
  clearReplaced,
  discardStaged,
  freeFolder,
  moveAside,
  moveIn,
  removeIfEmpty,
  replacedPath,
  stagedPath,
  stageFolder,
} from './projection.ts';
import type { SkillRoot } from './roots.ts';
import type { Finding, Skill, SkillId, VersionId } from './skill.ts';
import { describeFiles } from './store-content.ts';
import type { JournalRow } from './store-folders.ts';

/** Ours among the staged folders of a root that several homes may share. */
const homeTag = (context: LibraryContext) => sha256(context.store.db.path).slice(0, 8);

/**
 * Decides what the skill's folder has to show now, stages it and journals it. Call at the end of the transaction
 * that changed the skill, holding the root's lock. Returns the staged folder, to be discarded if the transaction fails.
 */
export function journalProjection(context: LibraryContext, skillId: SkillId): string | undefined {
  const { store } = context;
  const skill = store.findSkill(skillId);
  const target = skill === undefined ? undefined : projectionTarget(context, skill);
  if (skill === undefined || target === undefined) return undefined;
  const staged = stagedPath(target.folder, `${homeTag(context)}-${context.world.randomHex(8)}`);
  const row: JournalRow = {
    skillId,
    root: target.root.path,
    folder: target.folder,
    versionId: target.versionId,
    staged,
  };
  if (target.versionId !== undefined) stageVersion(context, row, target.versionId);
  store.folders.openJournal(row, nowUtc(context));
  return staged;
}

interface Target {
  readonly root: SkillRoot;
  readonly folder: string;
  /** Undefined: the folder is to go. */
  readonly versionId: VersionId | undefined;
}

function projectionTarget(context: LibraryContext, skill: Skill): Target | undefined {
  const row = context.store.folders.ofSkill(skill.skillId);
  if (row !== undefined) {
    const root = rootOf(context, row.root);
    // A folder reached through a link lies outside of its root and has another owner.
    if (root === undefined || !isOurs(context, row)) return undefined;
    if (skill.archived) return { root, folder: row.path, versionId: undefined };
    if (skill.quarantined || skill.head === undefined || skill.head === row.versionId) return undefined;
    return { root, folder: row.path, versionId: skill.head };
  }
  const root = context.learntRoot;
  if (root === undefined || skill.archived || skill.quarantined || skill.head === undefined) return undefined;
  const before = lastFolder(context, skill.skillId);
  const isPlanned = (path: string) => context.store.folders.isPlanned(path);
  const folder =
    before !== undefined && !isPresent(before.folder) && !isPlanned(before.folder)
      ? before
      : { root, folder: freeFolder(root.path, toSkillName(skill.name), isPlanned) };
  return { ...folder, versionId: skill.head };
}

/** The folder that an archived skill had, if its root is still one that may be written. */
function lastFolder(context: LibraryContext, skillId: SkillId) {
  const folder = context.store.changes(skillId).find((change) => change.folder !== undefined)?.folder;
  const root = context.roots.find((each) => each.writable && folder?.startsWith(`${each.path}/`));
  return folder === undefined || root === undefined ? undefined : { root, folder };
}

function stageVersion(context: LibraryContext, row: JournalRow, versionId: VersionId): void {
  const version = context.store.requireVersion(versionId);
  stageFolder(row.staged, row.folder, context.store.content.files(version.filesHash), version);
}

/** Brings a journalled projection to its end, wherever it was interrupted. Call holding the root's lock. */
export function finishProjection(context: LibraryContext, row: JournalRow): void {
  const [problem] = finishProjections(context, [row]);
  if (problem !== undefined) throw problem.error;
}

/**
 * Brings projections to their end with one flush and one transaction for all. What can't be written stays in the
 * journal and comes back with its error; the others go on.
 */
export function finishProjections(
  context: LibraryContext,
  rows: readonly JournalRow[],
): { row: JournalRow; error: unknown }[] {
  const problems: { row: JournalRow; error: unknown }[] = [];
  const attempt = (row: JournalRow, body: () => void): boolean => {
    try {
      body();
      return true;
    } catch (error) {
      // The change is safe in the library whatever the disk says; a bug must still be seen.
      if (!(error instanceof OpenSpaceError) && !(error instanceof Error && 'syscall' in error)) throw error;
      problems.push({ row, error });
      return false;
    }
  };
  const swapped = rows.filter((row) => attempt(row, () => swapFolder(context, row)));
  for (const parent of new Set(swapped.map((row) => dirname(row.folder)))) syncFolder(parent);
  const cleared = swapped.filter((row) => attempt(row, () => clearOld(context, row)));
  context.store.db.transaction(() => {
    for (const row of cleared) closeProjection(context, row);
  });
  return problems;
}

function swapFolder(context: LibraryContext, row: JournalRow): void {
  if (row.versionId !== undefined && !isPresent(row.staged) && !showsVersion(row)) {
    stageVersion(context, row, row.versionId);
  }
  if (row.versionId === undefined || isPresent(row.staged)) moveAside(row.folder, row.staged);
  if (!isPresent(row.staged)) return;
  if (isPresent(row.folder))
    throw new OpenSpaceError('disk', `${row.folder} appeared while the skill was being written.`, {
      hint: `Move ${row.folder} aside and run: openspace skills list`,
    });
  moveIn(row.folder, row.staged);
}

function clearOld(context: LibraryContext, row: JournalRow): void {
  const old = replacedPath(row.staged);
  const replaced = isPresent(old) ? readFolder(old) : undefined;
  if (replaced !== undefined) keepUnknown(context, row, replaced);
  clearReplaced(row.folder, row.staged, managedFiles(context, row, replaced));
}

function closeProjection(context: LibraryContext, row: JournalRow): void {
  const { folders } = context.store;
  if (row.versionId === undefined) folders.remove(row.skillId);
  else
    folders.set({
      ...{ path: row.folder, root: row.root, skillId: row.skillId, versionId: row.versionId },
      ...{ sidecarId: row.versionId, stamp: stampOf(context, row.folder, row.versionId) },
    });
  folders.closeJournal(row.skillId);
}

/** What of the old folder is in the library, or was written by us, and may go. */
function managedFiles(
  context: LibraryContext,
  row: JournalRow,
  replaced: FolderContent | undefined,
): ReadonlySet<string> {
  const shown = context.store.folders.ofSkill(row.skillId)?.versionId;
  const origin = shown === undefined ? undefined : context.store.findVersion(shown)?.origin;
  const sidecars = origin === undefined || origin === 'imported' ? [] : [UPLOAD_META_FILE];
  return new Set([...(replaced?.files.keys() ?? []), ...sidecars]);
}

const showsVersion = (row: JournalRow) =>
  readTextIfPresent(join(row.folder, SKILL_ID_FILE))?.trim() === row.versionId;

/** A stamp only if the folder really holds the version; else an empty one, so that the next look reads it. */
function stampOf(context: LibraryContext, folder: string, versionId: VersionId): string {
  const content = readFolder(folder);
  const version = context.store.requireVersion(versionId);
  if (describeFiles(content.files).filesHash !== version.filesHash) return '';
  return settleStamp(content.stamp, Date.now());
}

/** Somebody edited the folder in the instant before it was swapped: their text becomes a candidate, it is not lost. */
function keepUnknown(context: LibraryContext, row: JournalRow, replaced: FolderContent): void {
  const { store } = context;
  const manifest = describeFiles(replaced.files);
  const versions = store.versions(row.skillId);
  const base = versions.find(
    (version) => version.versionId === store.folders.ofSkill(row.skillId)?.versionId,
  );
  if (base === undefined || versions.some((version) => version.filesHash === manifest.filesHash)) return;
  store.db.transaction(() => {
    const versionId = newId(context, base.name, row.skillId);
    store.content.put(manifest);
    store.addVersion({
      ...{ versionId, skillId: row.skillId, name: base.name, description: base.description, tags: [] },
      ...{ origin: 'edited', parents: [base.versionId], state: 'candidate', filesHash: manifest.filesHash },
      ...{ reason: 'Edited on disk while another change was written', author: 'disk', evidence: null },
      createdAt: nowUtc(context),
    });
    store.logChange(
      { skillId: row.skillId, action: 'commit', versionId, author: 'disk', reason: 'Edited on disk' },
      nowUtc(context),
    );
  });
}

/** A fresh version id for the skill's next number. */
export function newId(context: LibraryContext, name: string, skillId: SkillId): VersionId {
  return newVersionId(name, context.store.nextNumber(skillId), context.world);
}

export interface RecoveryReport {
  /** Folders whose projection was brought to its end. */
  readonly finished: readonly string[];
  readonly problems: readonly Finding[];
}

/** Finishes what an earlier process left half done in this library's roots. Never throws for a single folder. */
export function recover(context: LibraryContext): RecoveryReport {
  const finished: string[] = [];
  const problems: Finding[] = [];
  for (const row of context.store.folders.pending()) {
    if (rootOf(context, row.root)?.writable !== true) continue;
    const [problem] = context.locks.run(row.root, () => {
      const still = context.store.folders.pendingOf(row.skillId);
      return still === undefined ? [] : finishProjections(context, [still]);
    });
    if (problem === undefined) finished.push(row.folder);
    else problems.push(pendingFinding(row, problem.error));
  }
  return { finished, problems };
}

export function pendingFinding(row: JournalRow, error: unknown): Finding {
  return {
    rule: 'commit/folder-pending',
    severity: 'warn',
    message: `The library has the change, but the folder ${row.folder} could not be written yet: ${toMessage(error)}`,
    hint: 'It is tried again at the next start. Check the folder’s permissions.',
  };
}

/** Removes staged folders that this home left behind when it was killed before its transaction. */
export function cleanStaging(context: LibraryContext, staging: string, root: SkillRoot): void {
  if (!root.writable || basename(staging) !== STAGING_FOLDER) return;
  context.locks.run(root.path, () => {
    for (const name of entriesOf(staging)) {
      const path = join(staging, name);
      const orphan = name.startsWith(`${homeTag(context)}-`) && !name.endsWith('.old');
      if (orphan && !context.store.folders.isStaged(path)) discardStaged(path);
    }
    removeIfEmpty(staging);
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
