// Turns the original's records and skill folders into histories: one skill for each chain of fixes.

import type { World } from '../../lib/index.ts';
import { parseFiles } from '../check.ts';
import type { HistoryVersion, SkillHistory } from '../histories.ts';
import { newVersionId } from '../names.ts';
import type { SkillFiles, VersionId, VersionState } from '../skill.ts';
import { describeFiles } from '../store-content.ts';
import type { OriginalRecord, Skipped } from './records.ts';

/** A skill folder of the source. */
export interface SourceFolder {
  readonly path: string;
  readonly sidecarId: string | undefined;
  readonly files: SkillFiles;
}

/**
 * Histories of all records. Ids stay as they are. A folder whose `.skill_id` names a record and whose files differ
 * from the record's snapshot was edited later: that is a version of its own.
 */
export function buildHistories(
  records: readonly OriginalRecord[],
  folders: readonly SourceFolder[],
  world: World,
  skipped: Skipped[],
): SkillHistory[] {
  const bySidecar = new Map(folders.map((folder) => [folder.sidecarId, folder]));
  return chainsOf(records).map((chain) => buildHistory(chain, bySidecar, world, skipped));
}

/** Records that are versions of one skill: a fix goes on with its parent's chain, everything else begins one. */
function chainsOf(records: readonly OriginalRecord[]): OriginalRecord[][] {
  const byId = new Map(records.map((record) => [record.id, record]));
  const chains = new Map<string, OriginalRecord[]>();
  for (const record of records) {
    const first = firstOf(record, byId);
    chains.set(first, [...(chains.get(first) ?? []), record]);
  }
  return [...chains.values()];
}

function firstOf(record: OriginalRecord, byId: ReadonlyMap<string, OriginalRecord>): string {
  const seen = new Set<string>();
  let current = record;
  while (current.origin === 'fixed' && !seen.has(current.id)) {
    seen.add(current.id);
    const parent = byId.get(current.parents[0] ?? '');
    if (parent === undefined) break;
    current = parent;
  }
  return current.id;
}

function buildHistory(
  chain: readonly OriginalRecord[],
  folders: ReadonlyMap<string | undefined, SourceFolder>,
  world: World,
  skipped: Skipped[],
): SkillHistory {
  const onDisk = chain.find((record) => folders.has(record.id));
  const versions: HistoryVersion[] = [];
  for (const record of chain) {
    const folder = folders.get(record.id);
    const files = record.files.size > 0 ? record.files : (folder?.files ?? new Map<string, Uint8Array>());
    if (files.size === 0)
      skipped.push({
        what: `content of ${record.id}`,
        why: 'the original kept no snapshot and its folder is not there; its place in the lineage is kept',
      });
    const shadowed =
      record.isActive && onDisk !== undefined && onDisk !== record && isSuperseded(record, chain);
    if (shadowed)
      skipped.push({
        what: `active state of ${record.id}`,
        why: `two records were active for one folder; the folder belongs to ${onDisk.id}`,
      });
    const state = record.isActive && !shadowed && isSkill(files) ? 'trusted' : 'retired';
    versions.push(toVersion(record, files, state));
    if (folder !== undefined && differs(files, folder.files)) versions.push(editOf(record, folder, world));
  }
  const objection = quarantineReason(chain, versions, folders);
  return { versions, ...(objection === undefined ? {} : { quarantine: objection }) };
}

/** Two fixes of one parent, both active: the one that is not on disk has lost. */
function isSuperseded(record: OriginalRecord, chain: readonly OriginalRecord[]): boolean {
  return chain.some((other) => other !== record && other.isActive && other.path === record.path);
}

const isSkill = (files: SkillFiles) => parseFiles(files).hasFrontMatter;

const differs = (a: SkillFiles, b: SkillFiles) => describeFiles(a).filesHash !== describeFiles(b).filesHash;

function toVersion(record: OriginalRecord, files: SkillFiles, state: VersionState): HistoryVersion {
  return {
    versionId: record.id as VersionId,
    name: record.name,
    // Derived records carry their parent's description; the file has its own.
    description: parseFiles(files).description ?? record.description,
    tags: record.tags,
    origin: record.origin,
    parents: record.parents as readonly VersionId[],
    state,
    files,
    reason: record.changeSummary || 'Imported from the original OpenSpace',
    author: record.createdBy || 'original',
    evidence: record.taskId ?? null,
    createdAt: record.createdAt,
  };
}

function editOf(record: OriginalRecord, folder: SourceFolder, world: World): HistoryVersion {
  const parsed = parseFiles(folder.files);
  return {
    versionId: editId(record, folder, world),
    name: record.name,
    description: parsed.description ?? record.description,
    tags: record.tags,
    origin: 'edited',
    parents: [record.id as VersionId],
    state: parsed.hasFrontMatter ? (record.isActive ? 'trusted' : 'retired') : 'candidate',
    files: folder.files,
    reason: `The folder ${folder.path} had changed since`,
    author: 'disk',
    evidence: null,
    createdAt: world.now().toISOString(),
  };
}

/** Made from the content, so that a second import recognises the edit. */
function editId(record: OriginalRecord, folder: SourceFolder, world: World): VersionId {
  const hash = describeFiles(folder.files).filesHash;
  const fixed: World = { now: world.now, randomHex: (bytes) => hash.slice(0, bytes * 2) };
  return newVersionId(record.id.split('__')[0] ?? record.name, 2, fixed);
}

/** A folder that holds prose instead of a skill is kept, and kept out of use. */
function quarantineReason(
  chain: readonly OriginalRecord[],
  versions: readonly HistoryVersion[],
  folders: ReadonlyMap<string | undefined, SourceFolder>,
): string | undefined {
  const folder = chain.map((record) => folders.get(record.id)).find((each) => each !== undefined);
  if (folder === undefined || isSkill(folder.files)) return undefined;
  const good = versions.findLast((version) => version.state === 'trusted');
  const way =
    good === undefined ? '' : `; a good version is there: openspace skills restore ${good.versionId}`;
  return `Its folder holds text instead of a skill (no front matter)${way}`;
}
