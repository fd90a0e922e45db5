// The frame of every change to a skill: lock, finish what is pending, keep hand edits, one transaction, folder, index.
import { lstatSync } from 'node:fs';
import { OpenSpaceError } from '../lib/index.ts';
import { isAtLeast, nameAfter, objectionOf, parseFiles, scanFound, searchEntry } from './check.ts';
import {
  type FolderContent,
  readFolder,
  settleStamp,
  stampHolds,
  stampWithSidecar,
} from './folder-reader.ts';
import { finishProjection, finishProjections, journalProjection, newId, pendingFinding } from './journal.ts';
import { isOurs, type LibraryContext, nowUtc, rootOf } from './library-context.ts';
import { discardStaged, replaceSidecar } from './projection.ts';
import type { SearchEntry } from './search-index.ts';
import type { Finding, Skill, SkillId, Version } from './skill.ts';
import { describeFiles } from './store-content.ts';
import type { FolderRow } from './store-folders.ts';

export interface Changed<T> {
  readonly result: T;
  /** Folders that could not be written yet. */
  readonly findings: readonly Finding[];
}

/**
 * Runs `change` in one transaction that also journals the folder's new content and updates the search index,
 * then writes the folder. A hand edit found in the folder becomes a version before `change` runs.
 * Killed anywhere, the library is in the old or the new state and the folder follows at the next start.
 * `skillId` undefined: `change` makes a new skill. `touched` says which skill it was.
 */
export function changeSkill<T>(
  context: LibraryContext,
  skillId: SkillId | undefined,
  change: () => T,
  touched: (result: T) => SkillId | undefined = () => skillId,
): Changed<T> {
  return withRootLock(context, skillId, () => {
    if (skillId !== undefined) {
      finishPending(context, skillId);
      absorbHandEdit(context, skillId);
    }
    let staged: string | undefined;
    try {
      const done = context.store.db.transaction(() => {
        const result = change();
        const touchedId = touched(result);
        if (touchedId !== undefined) {
          staged = journalProjection(context, touchedId);
          reindex(context, touchedId);
        }
        return { result, touchedId };
      });
      return { result: done.result, findings: showOnDisk(context, done.touchedId) };
    } catch (error) {
      if (staged !== undefined) discardStaged(staged);
      throw error;
    }
  });
}

/** The lock of the root that the skill's folder is in, or would come into. */
function withRootLock<T>(context: LibraryContext, skillId: SkillId | undefined, body: () => T): T {
  const row = skillId === undefined ? undefined : context.store.folders.ofSkill(skillId);
  const root = row === undefined ? context.learntRoot : rootOf(context, row.root);
  return root?.writable === true ? context.locks.run(root.path, body) : body();
}

/** An unfinished projection of this skill must be through before the next one begins. */
function finishPending(context: LibraryContext, skillId: SkillId): void {
  const pending = context.store.folders.pendingOf(skillId);
  if (pending === undefined || rootOf(context, pending.root)?.writable !== true) return;
  finishProjection(context, pending);
}

function showOnDisk(context: LibraryContext, skillId: SkillId | undefined): Finding[] {
  const pending = skillId === undefined ? undefined : context.store.folders.pendingOf(skillId);
  if (pending === undefined) return [];
  return finishProjections(context, [pending]).map(({ row, error }) => pendingFinding(row, error));
}

/** Skills shown with one transaction and one flush: bounds what another process waits for. */
const SHOWN_AT_ONCE = 100;

/** Writes folders for skills that have none yet, many at a time. */
export function showNew(context: LibraryContext, skillIds: readonly SkillId[]): Finding[] {
  const root = context.learntRoot;
  if (root === undefined) return [];
  const findings: Finding[] = [];
  for (let start = 0; start < skillIds.length; start += SHOWN_AT_ONCE) {
    const chunk = skillIds.slice(start, start + SHOWN_AT_ONCE);
    context.locks.run(root.path, () => {
      const staged: string[] = [];
      try {
        context.store.db.transaction(() => {
          for (const skillId of chunk) {
            const path = journalProjection(context, skillId);
            if (path !== undefined) staged.push(path);
          }
        });
      } catch (error) {
        for (const path of staged) discardStaged(path);
        throw error;
      }
      const rows = chunk.map((id) => context.store.folders.pendingOf(id)).filter((row) => row !== undefined);
      for (const { row, error } of finishProjections(context, rows))
        findings.push(pendingFinding(row, error));
    });
  }
  return findings;
}

/** Brings many skills up to date in the search index at once. */
export function reindexAll(context: LibraryContext, skillIds: Iterable<SkillId>): void {
  const entries: SearchEntry[] = [];
  const gone: SkillId[] = [];
  for (const skillId of skillIds) {
    const skill = context.store.findSkill(skillId);
    const entry = skill === undefined ? undefined : indexEntry(context, skill);
    if (entry === undefined) gone.push(skillId);
    else entries.push(entry);
  }
  context.index.remove(gone);
  context.index.upsert(entries);
}

/** Puts the skill's current version into the search index, or takes it out if it is not to be found. */
export function reindex(context: LibraryContext, skillId: SkillId): void {
  reindexAll(context, [skillId]);
}

function indexEntry(context: LibraryContext, skill: Skill): SearchEntry | undefined {
  const versionId = skill.head ?? skill.trial;
  if (versionId === undefined || skill.archived || skill.quarantined) return undefined;
  const version = context.store.requireVersion(versionId);
  const parsed = parseFiles(context.store.content.files(version.filesHash));
  return searchEntry(version, skill.tags, parsed, context.store.lineageKey(versionId));
}

/** If the skill's folder was edited since we last looked, the edit becomes a version. Call holding the root's lock. */
export function absorbHandEdit(context: LibraryContext, skillId: SkillId): void {
  const row = context.store.folders.ofSkill(skillId);
  if (row === undefined || rootOf(context, row.root) === undefined) return;
  if (!isFolderThere(row.path) || stampHolds(row.path, row.stamp)) return;
  const content = readFolder(row.path);
  context.store.db.transaction(() => {
    absorbContent(context, row, content);
    reindex(context, skillId);
  });
}

function isFolderThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Notes what a folder holds now. Other files than the version it showed are a hand edit: a version of its own,
 * trusted at once unless a check objects; then the skill is quarantined and its head stays.
 * Call inside a transaction. Returns the new version, if there is one.
 */
export function absorbContent(
  context: LibraryContext,
  row: FolderRow,
  content: FolderContent,
): Version | undefined {
  const { store } = context;
  const base = store.requireVersion(row.versionId);
  const manifest = describeFiles(content.files);
  if (manifest.filesHash === base.filesHash) {
    const stamp = settleStamp(content.stamp, Date.now());
    if (stamp !== row.stamp) store.folders.restamp(row.path, stamp);
    return undefined;
  }
  const checked = scanFound(content.files, base.name);
  const objection = objectionOf(checked);
  const before = store.findSkill(row.skillId);
  const name = nameAfter({ name: base.name, files: store.content.files(base.filesHash) }, checked);
  const versionId = newId(context, name, row.skillId);
  store.content.put(manifest);
  const version = store.addVersion({
    ...{ versionId, skillId: row.skillId, name, description: checked.description },
    ...{ tags: checked.parsed.tags, origin: 'edited', parents: [base.versionId] },
    state:
      objection === undefined ? 'trusted' : isAtLeast(checked.safety, 'block') ? 'rejected' : 'candidate',
    ...{ filesHash: manifest.filesHash, reason: 'Edited on disk', author: 'disk', evidence: null },
    createdAt: nowUtc(context),
  });
  store.logChange(
    {
      ...{ skillId: row.skillId, action: 'commit', versionId, author: 'disk', reason: 'Edited on disk' },
      ...(before?.head === undefined ? {} : { headBefore: before.head }),
    },
    nowUtc(context),
  );
  if (objection !== undefined) store.setFlag(row.skillId, 'quarantined', objection, nowUtc(context));
  store.folders.set({ ...row, versionId, stamp: renameSidecar(context, row, content, versionId) });
  return version;
}

/** `.skill_id` names the version that the folder shows; where it can't be written, the path says so. */
function renameSidecar(
  context: LibraryContext,
  row: FolderRow,
  content: FolderContent,
  versionId: string,
): string {
  if (!isOurs(context, row)) return settleStamp(content.stamp, Date.now());
  try {
    replaceSidecar(row.path, versionId);
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'disk') return '';
    throw error;
  }
  return settleStamp(stampWithSidecar(row.path, content.stamp), Date.now());
}
