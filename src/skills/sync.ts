// Disk → library: takes in new and changed folders of the roots, notices moved and removed ones.
import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbsent, OpenSpaceError, toMessage } from '../lib/index.ts';
import { addSkill } from './adopt.ts';
import { absorbContent, changeSkill, reindex, showNew } from './change-skill.ts';
import { objectionOf, scanFound, searchEntry } from './check.ts';
import {
  type FolderContent,
  linesHold,
  readFolder,
  STAMP_SETTLES_MS,
  settleStamp,
  stampWithSidecar,
} from './folder-reader.ts';
import { cleanStaging, type RecoveryReport, recover } from './journal.ts';
import { isOurs, type LibraryContext, nowUtc, rootOf } from './library-context.ts';
import { newVersionId } from './names.ts';
import { writeSidecar } from './projection.ts';
import { type FoundFolder, scanRoots } from './roots.ts';
import type { SearchEntry } from './search-index.ts';
import type { Finding, SkillId, Version, VersionId } from './skill.ts';
import { describeFiles } from './store-content.ts';
import type { FolderRow } from './store-folders.ts';

/** What a look at the roots found. Nothing in it needs an answer; it is for people and logs. */
export interface SyncReport {
  readonly folders: number;
  readonly added: readonly SkillId[];
  /** Skills whose folder was edited by hand. */
  readonly edited: readonly SkillId[];
  /** Skills whose folder is gone: archived, `undo` brings them back. */
  readonly removed: readonly SkillId[];
  /** Folders that could not be read or written, with the reason. */
  readonly problems: readonly Finding[];
  readonly recovered: RecoveryReport;
}

/** Folders taken in with one transaction: bounds memory and how long another process waits. */
const CHUNK = 250;

interface Report {
  readonly added: SkillId[];
  readonly edited: SkillId[];
  readonly removed: SkillId[];
  readonly problems: Finding[];
  /** Folders whose stamp was too young to be trusted. */
  readonly young: string[];
}

/** See `Library.sync`. */
export async function syncRoots(context: LibraryContext): Promise<SyncReport> {
  const recovered = recover(context);
  const known = context.store.folders.inScope();
  const scan = scanRoots(context.roots, known);
  const report: Report = { added: [], edited: [], removed: [], problems: [...recovered.problems], young: [] };
  for (const { path, message } of scan.problems) report.problems.push(unreadable(path, message));
  for (const { path, root } of scan.staging) cleanStaging(context, path, root);

  const found = new Set(scan.folders.map((folder) => folder.path));
  const missing = [...known.values()].filter((row) => !found.has(row.path) && scan.complete.has(row.root));
  const changed = scan.folders.filter((folder) => !folder.unchanged);
  for (const [root, folders] of groupByRoot(changed)) {
    for (let start = 0; start < folders.length; start += CHUNK) {
      const chunk = folders.slice(start, start + CHUNK);
      inRoot(context, root, () => takeInChunk(context, chunk, report));
    }
  }
  for (const row of missing) removeMissing(context, row, report);
  showHeads(context, report);
  await settleYoung(context, report.young);
  return { folders: scan.folders.length, ...report, recovered };
}

function unreadable(path: string, message: string): Finding {
  return {
    rule: 'folder/unreadable',
    severity: 'warn',
    message: `${path} was skipped: ${message}`,
    hint: 'Check its permissions; everything else was read.',
  };
}

function groupByRoot(folders: readonly FoundFolder[]): Map<string, FoundFolder[]> {
  const groups = new Map<string, FoundFolder[]>();
  for (const folder of folders) {
    const group = groups.get(folder.root.path) ?? [];
    group.push(folder);
    groups.set(folder.root.path, group);
  }
  return groups;
}

/** A root that may be written may also be changed by another process: then its lock is taken. */
function inRoot(context: LibraryContext, root: string, body: () => void): void {
  if (rootOf(context, root)?.writable === true) context.locks.run(root, body);
  else body();
}

function takeInChunk(context: LibraryContext, chunk: readonly FoundFolder[], report: Report): void {
  const contents: { folder: FoundFolder; content: FolderContent }[] = [];
  for (const folder of chunk) {
    try {
      contents.push({ folder, content: readFolder(folder.path) });
    } catch (error) {
      // Gone since the walk: the next look will tell. A folder beyond the limits or without permission is reported.
      if (isAbsent(error)) continue;
      if (!(error instanceof OpenSpaceError)) throw error;
      report.problems.push({
        ...unreadable(folder.path, error.message),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
  context.store.db.transaction(() => {
    const entries: SearchEntry[] = [];
    for (const { folder, content } of contents) {
      report.problems.push(...content.findings);
      takeIn(context, folder, content, report, entries);
    }
    context.index.upsert(entries);
  });
}

/** One folder: known here, known from elsewhere, or new. */
function takeIn(
  context: LibraryContext,
  folder: FoundFolder,
  content: FolderContent,
  report: Report,
  entries: SearchEntry[],
): void {
  const { store } = context;
  const row = store.folders.at(folder.path) ?? movedHere(context, folder, content);
  if (row !== undefined) {
    if (row.root !== folder.root.path) store.folders.set({ ...row, root: folder.root.path });
    const version = absorbContent(context, row, content);
    noteYoung(context, report, folder.path);
    if (version === undefined) return;
    report.edited.push(row.skillId);
    reindex(context, row.skillId);
    return;
  }
  const { version, entry } = addFolder(context, folder, content);
  if (entry !== undefined) entries.push(entry);
  report.added.push(version.skillId);
  noteYoung(context, report, folder.path);
}

function noteYoung(context: LibraryContext, report: Report, path: string): void {
  const stamp = context.store.folders.at(path)?.stamp ?? '';
  if (!stamp.startsWith('settled')) report.young.push(path);
}

/** A folder with our sidecar whose place in the library is free was moved or came back. */
function movedHere(
  context: LibraryContext,
  folder: FoundFolder,
  content: FolderContent,
): FolderRow | undefined {
  const { store } = context;
  if (content.sidecarId === undefined) return undefined;
  const version =
    store.findVersion(content.sidecarId) ??
    store.findVersion(store.folders.withSidecar(content.sidecarId)?.versionId ?? '');
  if (version === undefined) return undefined;
  const before = store.folders.ofSkill(version.skillId);
  if (before !== undefined && isThere(before.path)) return undefined;
  const skill = store.findSkill(version.skillId);
  if (before === undefined && skill?.archived !== true) return undefined;
  if (skill?.archived) {
    store.clearFlag(version.skillId, 'archived');
    const reason = `Its folder is back: ${folder.path}`;
    store.logChange(
      { skillId: version.skillId, action: 'unarchive', author: 'disk', reason },
      nowUtc(context),
    );
  }
  const row: FolderRow = {
    ...{ path: folder.path, root: folder.root.path, skillId: version.skillId },
    ...{ versionId: version.versionId, sidecarId: content.sidecarId, stamp: '' },
  };
  store.folders.set(row);
  reindex(context, version.skillId);
  return row;
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** A folder that nothing in the library belongs to becomes a skill. */
function addFolder(
  context: LibraryContext,
  folder: FoundFolder,
  content: FolderContent,
): { version: Version; entry: SearchEntry | undefined } {
  const { store } = context;
  const folderName = basename(folder.path);
  const checked = scanFound(content.files, folderName);
  // A copy of a folder that is still there goes its own way from that version on.
  const copyOf = content.sidecarId === undefined ? undefined : store.findVersion(content.sidecarId);
  const version = addSkill(context, {
    ...{ checked, manifest: describeFiles(content.files), copyOf, author: 'disk' },
    versionId: newVersionId(checked.name, 'imported', context.world),
    state: folder.root.trusted === false ? 'trial' : 'trusted',
    reason: `${copyOf === undefined ? 'Found' : 'Copy found'} in ${folder.path}`,
  });
  store.folders.set({
    ...{ path: folder.path, root: folder.root.path, skillId: version.skillId, versionId: version.versionId },
    sidecarId: content.sidecarId,
    stamp: markFolder(folder, content, version.versionId),
  });
  if (objectionOf(checked) !== undefined) return { version, entry: undefined };
  const lineage = copyOf === undefined ? version.skillId : store.lineageKey(version.versionId);
  return { version, entry: searchEntry(version, checked.parsed.tags, checked.parsed, lineage) };
}

/** Writes `.skill_id` where it is missing and may be written; returns the stamp of what is there then. */
function markFolder(folder: FoundFolder, content: FolderContent, versionId: VersionId): string {
  if (content.sidecarId !== undefined || !folder.root.writable) return settleStamp(content.stamp, Date.now());
  try {
    writeSidecar(folder.path, versionId);
  } catch (error) {
    // Without its sidecar the folder is known by its path; a blank one, or no permission, is no reason to stop.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return '';
  }
  return settleStamp(stampWithSidecar(folder.path, content.stamp), Date.now());
}

/** A folder that is gone archives its skill, unless another process is just swapping it. */
function removeMissing(context: LibraryContext, row: FolderRow, report: Report): void {
  inRoot(context, row.root, () => {
    const { store } = context;
    const now = store.folders.ofSkill(row.skillId);
    if (now?.path !== row.path || store.folders.pendingOf(row.skillId) !== undefined) return;
    if (isThere(`${row.path}/SKILL.md`)) return;
    store.db.transaction(() => {
      const reason = `Its folder was removed on disk: ${row.path}`;
      store.folders.remove(row.skillId);
      if (store.findSkill(row.skillId)?.archived === true) return;
      store.setFlag(row.skillId, 'archived', reason, nowUtc(context));
      store.logChange(
        { skillId: row.skillId, action: 'archive', folder: row.path, author: 'disk', reason },
        nowUtc(context),
      );
      reindex(context, row.skillId);
      report.removed.push(row.skillId);
    });
  });
}

/**
 * Folders that don't show their skill's head yet: they could not be written when it moved,
 * or the skill was brought in and has no folder so far.
 */
export function showHeads(context: LibraryContext, report: { readonly problems: Finding[] }): void {
  const { folders } = context.store;
  for (const row of folders.behind()) {
    if (!isOurs(context, row)) continue;
    try {
      report.problems.push(...changeSkill(context, row.skillId, () => undefined).findings);
    } catch (error) {
      if (!(error instanceof OpenSpaceError)) throw error;
      report.problems.push(unreadable(row.path, toMessage(error)));
    }
  }
  if (context.learntRoot !== undefined) report.problems.push(...showNew(context, folders.unshown()));
}

/** Files written in this instant get a stamp that can be trusted once the clock has moved on. */
async function settleYoung(context: LibraryContext, young: readonly string[]): Promise<void> {
  if (young.length === 0) return;
  await sleep(STAMP_SETTLES_MS + 5);
  context.store.db.transaction(() => {
    for (const path of young) {
      const stamp = context.store.folders.at(path)?.stamp ?? '';
      if (stamp !== '' && !stamp.startsWith('settled') && linesHold(path, stamp))
        context.store.folders.restamp(path, settleStamp(stamp, Date.now()));
    }
  });
}
