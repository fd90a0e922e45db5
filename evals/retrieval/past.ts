// The original's own history: which skill served which task, and what was there at the time.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { openDatabase, sha256 } from '../../src/lib/index.ts';
import type { SearchEntry } from '../../src/skills/search-index.ts';
import { headingsOf, readSkillText, skillId, versionId } from './library.ts';
import type { OriginalCandidate } from './original-ranker.ts';

export interface PastSkill {
  readonly id: string;
  readonly createdAt: string;
  readonly origin: string;
  readonly parents: readonly string[];
  readonly entry: SearchEntry;
  readonly original: OriginalCandidate;
}

/** One judgment: this skill was chosen for this run, and helped or did not. */
export interface Judgment {
  readonly skillId: string;
  readonly taskId: string;
  readonly at: string;
  readonly applied: boolean;
  readonly completed: boolean;
}

/** A skill that served a task; the run's time says what may be known. */
export interface Pair {
  readonly taskId: string;
  readonly prompt: string;
  readonly at: string;
  readonly skillId: string;
  /** The same task had been run before. */
  readonly rerun: boolean;
}

export interface Past {
  /** In the database's order. */
  readonly skills: readonly PastSkill[];
  readonly judgments: readonly Judgment[];
  readonly pairs: readonly Pair[];
  readonly prompts: ReadonlyMap<string, string>;
  /** Every analysed run, oldest first. */
  readonly runs: readonly { readonly taskId: string; readonly at: string }[];
}

const Task = z.object({ task_id: z.string(), prompt: z.string() });
const Snapshot = z.record(z.string(), z.string());

/** Reads the original's database (from a copy: opening a WAL file may write beside it) and its task texts. */
export function loadPast(data: string): Past {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-eval-'));
  const copy = join(folder, 'original.db');
  copyFileSync(join(data, 'gdpval.db'), copy);
  const db = openDatabase({ path: copy, readOnly: true });
  try {
    const prompts = new Map(
      readFileSync(join(data, 'gdpval-tasks-50.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Task.parse(JSON.parse(line)))
        .map((task) => [task.task_id, task.prompt] as const),
    );
    const parents = new Map<string, string[]>();
    for (const row of db.all<{ skill_id: string; parent_skill_id: string }>(
      'SELECT skill_id, parent_skill_id FROM skill_lineage_parents',
    ))
      parents.set(row.skill_id, [...(parents.get(row.skill_id) ?? []), row.parent_skill_id]);
    const skills = db
      .all<SkillRow>(
        `SELECT skill_id, name, description, path, lineage_origin, lineage_created_at, lineage_content_snapshot
         FROM skill_records`,
      )
      .map((row) => toPastSkill(row, parents, data));
    const judgments = db
      .all<JudgmentRow>(
        `SELECT j.skill_id, a.task_id, a.timestamp, j.skill_applied, a.task_completed
         FROM skill_judgments j JOIN execution_analyses a ON a.id = j.analysis_id ORDER BY a.timestamp, j.id`,
      )
      .map((row) => ({
        skillId: row.skill_id,
        taskId: row.task_id.slice(0, 36),
        at: row.timestamp,
        applied: row.skill_applied === 1,
        completed: row.task_completed === 1,
      }));
    const runs = db.all<{ task_id: string; timestamp: string }>(
      'SELECT task_id, timestamp FROM execution_analyses ORDER BY timestamp',
    );
    return {
      ...{ skills, judgments, prompts, pairs: pairsOf(judgments, runs, prompts) },
      runs: runs.map(({ task_id, timestamp }) => ({ taskId: task_id.slice(0, 36), at: timestamp })),
    };
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface SkillRow {
  readonly skill_id: string;
  readonly name: string;
  readonly description: string;
  readonly path: string;
  readonly lineage_origin: string;
  readonly lineage_created_at: string;
  readonly lineage_content_snapshot: string;
}

interface JudgmentRow {
  readonly skill_id: string;
  readonly task_id: string;
  readonly timestamp: string;
  readonly skill_applied: number;
  readonly task_completed: number;
}

function toPastSkill(row: SkillRow, parents: ReadonlyMap<string, string[]>, data: string): PastSkill {
  const snapshot = Snapshot.parse(JSON.parse(row.lineage_content_snapshot || '{}'));
  const onDisk = join(data, 'gdpval-skills', basename(dirname(row.path)), 'SKILL.md');
  const text = snapshot['SKILL.md'] ?? (existsSync(onDisk) ? readFileSync(onDisk, 'utf8') : '');
  const { body } = readSkillText(text, row.name);
  return {
    id: row.skill_id,
    createdAt: row.lineage_created_at,
    origin: row.lineage_origin,
    parents: parents.get(row.skill_id) ?? [],
    original: { id: row.skill_id, name: row.name, description: row.description, body: text },
    entry: {
      skillId: skillId(row.skill_id),
      versionId: versionId(row.skill_id),
      name: row.name,
      description: row.description,
      tags: [],
      headings: headingsOf(body),
      body,
      lineageKey: rootOf(row.skill_id, parents),
      filesHash: sha256(text),
    },
  };
}

function rootOf(id: string, parents: ReadonlyMap<string, string[]>): string {
  let root = id;
  for (let up = parents.get(root)?.[0]; up !== undefined; up = parents.get(root)?.[0]) root = up;
  return root;
}

function pairsOf(
  judgments: readonly Judgment[],
  runs: readonly { readonly task_id: string; readonly timestamp: string }[],
  prompts: ReadonlyMap<string, string>,
): Pair[] {
  return judgments
    .filter(({ applied }) => applied)
    .map(({ taskId, at, skillId }) => ({
      taskId,
      at,
      skillId,
      prompt: prompts.get(taskId) ?? '',
      rerun: runs.some((run) => run.task_id.startsWith(taskId) && run.timestamp < at),
    }));
}
