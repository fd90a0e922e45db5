// `skills import`: skills, history, analyses, tool quality and recordings of the original OpenSpace, into library and ledger.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differingCounters, importOriginalLedger, type Ledger } from '../learning/index.ts';
import { type Database, realWorld, type World, writeFileAtomic } from '../lib/index.ts';
import { readOriginalRecording } from '../recording/index.ts';
import {
  buildHistories,
  type Finding,
  findSource,
  type Library,
  openOriginal,
  readRecords,
  type SkillHistory,
  type Skipped,
  type SourceFolder,
  unpackSkill,
  type VersionId,
} from '../skills/index.ts';

export interface ImportInput {
  readonly db: Database;
  readonly library: Library;
  readonly ledger: Ledger;
  /** A folder, a zip archive, or a database of the original. It is only read. */
  readonly path: string;
  readonly world?: World;
}

/** What was brought in. `known` was there already: importing twice changes nothing. */
export interface ImportReport {
  readonly databases: number;
  readonly folders: number;
  /** Records of the source's databases. */
  readonly records: number;
  readonly skills: number;
  readonly versions: number;
  readonly known: number;
  readonly parentLinks: number;
  readonly analyses: number;
  readonly judgments: number;
  readonly tools: number;
  readonly toolCalls: number;
  readonly recordings: number;
  /** Skills that need a look before they are used, with the reason. */
  readonly quarantined: readonly { readonly name: string; readonly reason: string }[];
  /** Versions whose uses don't add up to the original's counters; empty when all is well. */
  readonly countersDiffer: readonly string[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
}

type Counts = {
  -readonly [Key in keyof ImportReport as ImportReport[Key] extends number ? Key : never]: number;
};

interface Import extends Required<ImportInput> {
  readonly counts: Counts;
  readonly skipped: Skipped[];
  readonly findings: Finding[];
  readonly countersDiffer: string[];
  readonly quarantined: { name: string; reason: string }[];
}

/** Imports everything at `path`. Throws `not-found`, `invalid`, `corrupt` or `foreign-data` before anything changed. */
export async function importOriginal(input: ImportInput): Promise<ImportReport> {
  const run: Import = {
    ...{ world: realWorld, ...input, skipped: [], findings: [], countersDiffer: [], quarantined: [] },
    counts: {
      ...{ databases: 0, folders: 0, records: 0, skills: 0, versions: 0, known: 0, parentLinks: 0 },
      ...{ analyses: 0, judgments: 0, tools: 0, toolCalls: 0, recordings: 0 },
    },
  };
  // Folders of our own roots are known first, so that their history can find them.
  await run.library.sync();
  if (!isZip(run.path)) await importFrom(run, run.path, 'trusted');
  else await withUnpacked(run.path, (folder) => importFrom(run, folder, 'trial'));
  await run.library.sync();
  const { counts, skipped, findings, countersDiffer, quarantined } = run;
  return { ...counts, skipped, findings, countersDiffer, quarantined };
}

/** A whole library with its database, not a single skill. */
const ARCHIVE_LIMITS = { maxFiles: 100_000, maxFileBytes: 500_000_000, maxTotalBytes: 1_000_000_000 };

/** By its first bytes: a name may say anything. */
function isZip(path: string): boolean {
  if (!/\.(?:zip|skill)$/i.test(path)) return false;
  return readFileSync(path).subarray(0, 2).toString('latin1') === 'PK';
}

async function withUnpacked(path: string, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-unpack-'));
  try {
    // Checked in memory as a whole before the first byte is written.
    for (const [name, data] of await unpackSkill(readFileSync(path), ARCHIVE_LIMITS))
      writeFileAtomic(join(folder, name), data);
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function importFrom(run: Import, path: string, state: 'trusted' | 'trial'): Promise<void> {
  const source = findSource(path, run.skipped);
  // All databases are opened before anything is written: a broken one refuses the whole import.
  const originals = source.databases.map((file) => openOriginal(file));
  const left = new Set(source.folders);
  try {
    for (const original of originals) {
      const records = readRecords(original, run.skipped);
      const ids = new Set(records.map((record) => record.id));
      const folders = source.folders.filter((folder) => ids.has(folder.sidecarId ?? ''));
      for (const folder of folders) left.delete(folder);
      run.counts.databases += 1;
      run.counts.records += records.length;
      run.counts.folders += folders.length;
      await addSkills(run, buildHistories(records, folders, run.world, run.skipped));
      addLedger(run, original, records);
    }
  } finally {
    for (const original of originals) original.close();
  }
  // Beside a database only the folders of its own records are meant.
  if (source.databases[0] !== path) await importFolders(run, [...left], state);
  for (const folder of source.recordings) importRecording(run, folder);
}

async function addSkills(run: Import, histories: readonly SkillHistory[]): Promise<void> {
  const report = await run.library.addHistories(histories);
  run.counts.skills += report.skills.length;
  run.counts.versions += report.versions;
  run.counts.known += report.known;
  run.counts.parentLinks += report.parentLinks;
  run.findings.push(...report.findings);
  for (const skillId of report.skills) noteQuarantine(run, skillId);
}

function noteQuarantine(run: Import, skillId: string): void {
  const skill = run.library.getSkill(skillId);
  if (!skill.quarantined) return;
  const reason = run.library.flagReason(skill.skillId, 'quarantined') ?? 'It needs a look';
  run.quarantined.push({ name: skill.name, reason });
}

function addLedger(
  run: Import,
  original: ReturnType<typeof openOriginal>,
  records: ReturnType<typeof readRecords>,
): void {
  const { db, ledger, library, skipped } = run;
  const skillOf = (versionId: string) => library.findVersion(versionId)?.skillId;
  const report = importOriginalLedger({ db, ledger, original, skillOf, now: run.world.now(), skipped });
  run.counts.analyses += report.analyses;
  run.counts.judgments += report.judgments;
  run.counts.tools += report.tools;
  run.counts.toolCalls += report.toolCalls;
  run.countersDiffer.push(...differingCounters(ledger, records));
}

/** Folders without a record: each is a skill of its own; one with `.skill_id` keeps that id. */
async function importFolders(
  run: Import,
  folders: readonly SourceFolder[],
  state: 'trusted' | 'trial',
): Promise<void> {
  run.counts.folders += folders.length;
  for (const { folder, result } of await run.library.adopt(folders, state, 'import')) {
    if (result.ok) {
      run.counts.skills += 1;
      run.counts.versions += 1;
      noteQuarantine(run, result.skill.skillId);
    } else if (result.reason === 'unchanged') run.counts.known += 1;
    else run.skipped.push({ what: folder.path, why: result.findings[0]?.message ?? result.reason });
  }
}

/** The run, and which versions it was given; messages and steps stay in the original's files. */
function importRecording(run: Import, folder: string): void {
  const recording = readOriginalRecording(folder);
  if (recording === undefined) {
    run.skipped.push({ what: folder, why: 'its recording holds nothing that can be read' });
    return;
  }
  for (const problem of recording.problems) run.skipped.push({ what: folder, why: problem });
  const before = run.ledger.findRun(recording.taskId);
  const startedAt = recording.startedAt ?? before?.startedAt ?? run.world.now().toISOString();
  run.ledger.recordRun({
    ...{
      runId: recording.taskId,
      source: before?.source ?? 'original',
      purpose: 'task',
      task: recording.task,
    },
    ...{
      model: recording.model ?? null,
      status: recording.status,
      startedAt,
      endedAt: recording.endedAt ?? null,
      // An archive was unpacked for the import only: its folder goes away.
      folder: isZip(run.path) ? null : resolve(folder),
    },
    attempts: [{ attempt: 1, outcome: recording.status, tokens: null, tookMs: recording.tookMs ?? null }],
  });
  const uses = (ids: readonly string[], how: 'chosen' | 'offered') =>
    ids.flatMap((id) => {
      const version = run.library.findVersion(id);
      if (version === undefined) {
        run.skipped.push({ what: `${id} in ${folder}`, why: 'that version is not in the library' });
        return [];
      }
      return [{ attempt: 1, versionId: id as VersionId, skillId: version.skillId, how }];
    });
  run.ledger.recordUses(recording.taskId, [
    ...uses(recording.selected, 'chosen'),
    ...uses(
      recording.available.filter((id) => !recording.selected.includes(id)),
      'offered',
    ),
  ]);
  run.counts.recordings += 1;
}
