// A library on disk for tests: a home with a writable root, small skills, and what must hold of it at any time.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Database, openDatabase, realWorld, sha256, type World } from '../../src/lib/index.ts';
import {
  type Draft,
  type Library,
  openLibrary,
  readFolder,
  type SkillFiles,
  type SkillId,
  type SkillRoot,
  type VersionId,
} from '../../src/skills/index.ts';

export const CAUSE = { author: 'tester', reason: 'test' };

/** The files of a small skill. */
export function skillFiles(
  name: string,
  body = 'Do it.',
  more: Record<string, string | Uint8Array> = {},
): SkillFiles {
  const text = `---\nname: ${name}\ndescription: Use ${name} when it fits.\n---\n\n# ${name}\n\n${body}\n`;
  return new Map(
    Object.entries({ 'SKILL.md': text, ...more }).map(([path, data]) => [
      path,
      typeof data === 'string' ? Buffer.from(data) : data,
    ]),
  );
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: SkillFiles): void {
  for (const [path, data] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), data);
  }
}

export interface OpenedLibrary {
  readonly home: string;
  readonly root: string;
  readonly db: Database;
  readonly library: Library;
  close(): void;
}

export const newHome = () => realpathSync(mkdtempSync(join(tmpdir(), 'openspace-library-')));

/** Opens the library of a home: `openspace.db`, and the root `skills` that new skills go to. */
export function openAt(
  home: string,
  options: { readonly roots?: readonly SkillRoot[]; readonly world?: World; readonly learnt?: boolean } = {},
): OpenedLibrary {
  const root = join(home, 'skills');
  const db = openDatabase({ path: join(home, 'openspace.db') });
  const own: SkillRoot = { path: root, kind: 'user', writable: true, precedence: 50 };
  const library = openLibrary({
    db,
    roots: [own, ...(options.roots ?? [])],
    ...(options.learnt === false ? {} : { learntRoot: root }),
    world: options.world ?? realWorld,
  });
  const close = () => {
    library.close();
    db.close();
  };
  return { home, root, db, library, close };
}

/** Commits and insists that it works. */
export async function commitOk(library: Library, draft: Partial<Draft> & { files: SkillFiles }) {
  const result = await library.commit({
    ...{ origin: 'imported', parents: [], reason: 'test', author: 'tester', state: 'trusted' },
    ...draft,
  });
  if (!result.ok) throw new Error(`refused: ${result.reason} ${JSON.stringify(result.findings)}`);
  return result;
}

/** Everything that must hold of an open library after a look at the disk. Returns complaints. */
export function complaintsOf({ db, library, root }: OpenedLibrary): string[] {
  const complaints: string[] = [];
  const integrity = db.get<{ integrity_check: string }>('PRAGMA integrity_check')?.integrity_check;
  if (integrity !== 'ok') complaints.push(`database: ${integrity}`);
  if (db.all('PRAGMA foreign_key_check').length > 0) complaints.push('database: dangling references');
  if (db.all('SELECT 1 FROM skills_journal').length > 0) complaints.push('a projection is still pending');
  if (existsSync(join(root, '.openspace-staging'))) complaints.push('a staging folder was left behind');
  const skills = library.list({
    limit: 1000,
    include: ['archived', 'quarantined', 'shadowed', 'unready'],
  }).skills;
  for (const skill of skills) {
    for (const version of library.versions(skill.skillId)) {
      const entries = [...library.read(version.versionId)].map(
        ([path, data]) => `${sha256(data)}  ${path}\n`,
      );
      if (sha256(entries.join('')) !== version.filesHash)
        complaints.push(`${version.versionId}: its content is not what was committed`);
    }
    if (skill.archived || skill.quarantined || skill.head === undefined) continue;
    if (skill.folder === undefined) complaints.push(`${skill.name}: has no folder`);
    else complaints.push(...folderComplaints(library, skill.folder, skill.head));
    // A search for each of hundreds of skills would take the test's time.
    if (skills.length > 50) continue;
    const found = library.search(skill.name, { limit: 100, collapse: false });
    if (!found.some((hit) => hit.skillId === skill.skillId && hit.versionId === skill.head))
      complaints.push(`${skill.name}: the search index does not have its head`);
  }
  return complaints;
}

function folderComplaints(library: Library, folder: string, head: VersionId): string[] {
  const content = readFolder(folder);
  const committed = library.read(head);
  const same =
    content.files.size === committed.size &&
    [...committed].every(
      ([path, data]) => Buffer.compare(content.files.get(path) ?? Buffer.alloc(0), data) === 0,
    );
  const complaints = same ? [] : [`${folder}: does not hold its head`];
  if (content.sidecarId !== head)
    complaints.push(`${folder}: .skill_id says ${content.sidecarId}, head is ${head}`);
  return complaints;
}

/** Number of versions of each skill, by skill id. */
export function versionCounts({ library }: OpenedLibrary): Map<SkillId, number> {
  const page = library.list({ limit: 1000, include: ['archived', 'quarantined', 'shadowed', 'unready'] });
  return new Map(page.skills.map((skill) => [skill.skillId, library.versions(skill.skillId).length]));
}

/** All files below a folder, by path, hashed: to see that nothing was written there. */
export function fingerprint(folder: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    result[path.slice(folder.length + 1)] = entry.isFile() ? sha256(readFileSync(path)) : 'folder';
  }
  return result;
}

export interface OriginalRow {
  readonly id: string;
  readonly name: string;
  readonly origin?: string;
  readonly parents?: readonly string[];
  readonly active?: boolean;
  readonly snapshot?: string;
  readonly createdAt?: string;
  readonly counters?: readonly [number, number, number, number];
}

/** Writes a database as the original had them, without the column that it added later. */
export function writeOriginalDatabase(path: string, rows: readonly OriginalRow[], more = ''): void {
  const db = new DatabaseSync(path);
  db.exec(`CREATE TABLE skill_records (skill_id TEXT PRIMARY KEY, name TEXT, description TEXT, path TEXT, is_active INTEGER,
      category TEXT, lineage_origin TEXT, lineage_source_task_id TEXT, lineage_change_summary TEXT,
      lineage_content_snapshot TEXT, lineage_created_at TEXT, lineage_created_by TEXT,
      total_selections INTEGER, total_applied INTEGER, total_completions INTEGER, total_fallbacks INTEGER,
      first_seen TEXT, last_updated TEXT);
    CREATE TABLE skill_lineage_parents (skill_id TEXT, parent_skill_id TEXT, PRIMARY KEY (skill_id, parent_skill_id));
    CREATE TABLE execution_analyses (id INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL UNIQUE, timestamp TEXT,
      task_completed INTEGER, execution_note TEXT, tool_issues TEXT, evolution_suggestions TEXT, analyzed_by TEXT, analyzed_at TEXT);
    CREATE TABLE skill_judgments (id INTEGER PRIMARY KEY AUTOINCREMENT, analysis_id INTEGER, skill_id TEXT, skill_applied INTEGER, note TEXT);
    CREATE TABLE tool_quality_records (tool_key TEXT PRIMARY KEY, backend TEXT, server TEXT, tool_name TEXT, total_calls INTEGER,
      success_count INTEGER, total_execution_time_ms REAL, llm_flagged_count INTEGER, description_hash TEXT, first_seen TEXT, last_updated TEXT);
    CREATE TABLE tool_execution_history (id INTEGER PRIMARY KEY AUTOINCREMENT, tool_key TEXT, timestamp TEXT, success INTEGER,
      execution_time_ms REAL, error_message TEXT);`);
  const insert = db.prepare(
    `INSERT INTO skill_records VALUES (?, ?, '', ?, ?, 'workflow', ?, NULL, '', ?, ?, '', ?, ?, ?, ?, ?, ?)`,
  );
  for (const row of rows) {
    const at = row.createdAt ?? '2026-03-16T01:09:22.638592';
    const snapshot =
      row.snapshot ??
      JSON.stringify({ 'SKILL.md': Buffer.from(skillFiles(row.name).get('SKILL.md') ?? []).toString() });
    insert.run(
      ...[
        row.id,
        row.name,
        `x/skills/${row.name}/SKILL.md`,
        Number(row.active ?? true),
        row.origin ?? 'captured',
      ],
      ...[snapshot, at, ...(row.counters ?? [0, 0, 0, 0]), at, at],
    );
    for (const parent of row.parents ?? [])
      db.prepare('INSERT INTO skill_lineage_parents VALUES (?, ?)').run(row.id, parent);
  }
  if (more !== '') db.exec(more);
  db.close();
}
