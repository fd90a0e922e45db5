// Reads the original's skill records, tolerating what its databases are known to hold.
import { isPlainRelativePath, type Row } from '../../lib/index.ts';
import { SIDECARS } from '../format.ts';
import { encodeText } from '../skill-text.ts';
import { numberOf, type OriginalDatabase, textOf, timeOf } from './database.ts';

export type OriginalOrigin = 'imported' | 'captured' | 'derived' | 'fixed';

/** One record of the original: one version of a skill. */
export interface OriginalRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Folder of the skill as that machine had it; only the last two parts mean anything elsewhere. */
  readonly path: string;
  readonly isActive: boolean;
  readonly tags: readonly string[];
  readonly origin: OriginalOrigin;
  readonly parents: readonly string[];
  readonly taskId: string | undefined;
  readonly changeSummary: string;
  readonly createdBy: string;
  readonly createdAt: string;
  /** Empty if the original kept no snapshot. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What the original had counted; only to compare with what its judgments say. */
  readonly counters: Counters;
}

export interface Counters {
  readonly selections: number;
  readonly applied: number;
  readonly completions: number;
  readonly fallbacks: number;
}

/** Something of the source that was left out or changed, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
}

const COLUMNS = [
  ...['skill_id', 'name', 'description', 'path', 'is_active', 'category'],
  ...['lineage_origin', 'lineage_source_task_id', 'lineage_change_summary', 'lineage_content_snapshot'],
  ...['lineage_created_at', 'lineage_created_by', 'first_seen'],
  ...['total_selections', 'total_applied', 'total_completions', 'total_fallbacks'],
];

/** All records, oldest first. A row that can't be used is told in `skipped`, and never stops the others. */
export function readRecords(db: OriginalDatabase, skipped: Skipped[]): OriginalRecord[] {
  const parents = listsOf(db, 'skill_lineage_parents', 'parent_skill_id');
  const tags = listsOf(db, 'skill_tags', 'tag');
  const records: OriginalRecord[] = [];
  for (const row of db.rows('skill_records', COLUMNS, 'lineage_created_at, skill_id')) {
    const id = textOf(row, 'skill_id');
    if (id === '') skipped.push({ what: 'a record without an id', why: 'nothing can refer to it' });
    else records.push(toRecord(row, id, parents.get(id) ?? [], tags.get(id) ?? [], skipped));
  }
  return records.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
}

function listsOf(db: OriginalDatabase, table: string, column: string): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const row of db.rows(table, ['skill_id', column], `skill_id, ${column}`)) {
    const id = textOf(row, 'skill_id');
    lists.set(id, [...(lists.get(id) ?? []), textOf(row, column)]);
  }
  return lists;
}

function toRecord(
  row: Row,
  id: string,
  parents: readonly string[],
  tags: readonly string[],
  skipped: Skipped[],
): OriginalRecord {
  const category = textOf(row, 'category');
  return {
    id,
    name: textOf(row, 'name').trim() || id.split('__')[0] || id,
    description: textOf(row, 'description'),
    path: textOf(row, 'path'),
    isActive: numberOf(row, 'is_active') !== 0,
    tags: category === '' || tags.includes(category) ? tags : [...tags, category],
    origin: originOf(row, id, skipped),
    parents,
    taskId: textOf(row, 'lineage_source_task_id') || undefined,
    changeSummary: textOf(row, 'lineage_change_summary'),
    createdBy: textOf(row, 'lineage_created_by'),
    createdAt: timeOf(row, 'lineage_created_at') ?? timeOf(row, 'first_seen') ?? '1970-01-01T00:00:00.000Z',
    files: filesOf(row, id, skipped),
    counters: {
      selections: numberOf(row, 'total_selections'),
      applied: numberOf(row, 'total_applied'),
      completions: numberOf(row, 'total_completions'),
      fallbacks: numberOf(row, 'total_fallbacks'),
    },
  };
}

function originOf(row: Row, id: string, skipped: Skipped[]): OriginalOrigin {
  const origin = textOf(row, 'lineage_origin');
  if (origin === 'imported' || origin === 'captured' || origin === 'derived' || origin === 'fixed')
    return origin;
  skipped.push({ what: `origin "${origin}" of ${id}`, why: 'it is not known; taken as imported' });
  return 'imported';
}

/** The snapshot: `''` and `{}` both occur and mean that none was taken. */
function filesOf(row: Row, id: string, skipped: Skipped[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = textOf(row, 'lineage_content_snapshot');
  if (text.trim() === '') return files;
  for (const [path, content] of Object.entries(parseSnapshot(text, id, skipped))) {
    const plain = path.replaceAll('\\', '/');
    if (SIDECARS.has(plain)) continue;
    if (typeof content === 'string' && isPlainRelativePath(plain)) files.set(plain, encodeText(content));
    else
      skipped.push({
        what: `${JSON.stringify(path)} in the snapshot of ${id}`,
        why: 'not a file of a skill',
      });
  }
  return files;
}

function parseSnapshot(text: string, id: string, skipped: Skipped[]): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    skipped.push({ what: `snapshot of ${id}`, why: 'it is not a map of files' });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    skipped.push({ what: `snapshot of ${id}`, why: `it is not JSON (${error.message})` });
  }
  return {};
}
