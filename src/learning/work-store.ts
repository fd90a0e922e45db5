// Reads and writes topics, suggestions and changes: what was suggested, what was decided, what came of it.
import { z } from 'zod';
import type { Database, World } from '../lib/index.ts';
import { encodeText, type SkillFiles } from '../skills/index.ts';
import { type Candidate, type Decision, type Topic, topicIdOf } from './suggest/admission.ts';
import type { Evidence, Suggestion, SuggestionKind } from './suggestion.ts';
import { WORK_MIGRATIONS } from './work-schema.ts';

export const CHANGE_STATES = ['drafted', 'proposed', 'committed', 'declined', 'rejected', 'undone'] as const;
/** `drafted`: written, on its way; `proposed`: waits for a person. */
export type ChangeState = (typeof CHANGE_STATES)[number];

/** What the gate said of a draft. */
export interface StoredVerdict {
  readonly decision: 'reject' | 'trial' | 'trusted';
  readonly reasons: readonly string[];
  readonly report: unknown;
}

/** One change that learning wrote, whatever became of it. */
export interface LearntChange {
  readonly changeId: string;
  readonly topicId: string | null;
  readonly kind: SuggestionKind;
  readonly state: ChangeState;
  readonly skillId: string | null;
  /** Version ids that it was made from. */
  readonly parents: readonly string[];
  /** The version that it became. */
  readonly versionId: string | null;
  readonly direction: string;
  readonly summary: string;
  readonly evidence: readonly Evidence[];
  /** Null for a change without files: a retirement, or one that was declined. */
  readonly files: SkillFiles | null;
  readonly verdict: StoredVerdict | null;
  readonly reason: string;
  readonly tokens: number;
  readonly costUsd: number | null;
  readonly changedLines: number;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
}

export interface StoredSuggestion extends Suggestion {
  readonly suggestionId: string;
  readonly runId: string | null;
  readonly topicId: string | null;
  /** The skill that its topic is about. */
  readonly skillId: string | null;
  readonly outcome: Decision['outcome'];
  readonly rule: string;
  readonly reason: string;
}

export interface WorkStore {
  /** Topics as admission compares with them. */
  topics(): readonly Topic[];
  /** Adds a suggestion with what was decided; returns its topic. Call inside a transaction. */
  addSuggestion(input: {
    suggestion: Suggestion;
    candidate: Candidate;
    decision: Decision;
    runId: string | null;
  }): string | undefined;
  setTopic(topicId: string, status: Topic['status']): void;
  suggestions(of: { topicId: string } | { runId: string }): readonly StoredSuggestion[];
  /** Tasks that a topic was seen in. */
  taskKeysOf(topicId: string): readonly string[];
  saveChange(change: LearntChange): void;
  findChange(changeId: string): LearntChange | undefined;
  /** The change that a version came from. */
  changeOfVersion(versionId: string): LearntChange | undefined;
  /** Newest first. */
  changes(states?: readonly ChangeState[]): readonly LearntChange[];
  changesOfTopic(topicId: string): number;
  /** A page without files, newest first. */
  changePage(filter: ChangePageFilter): readonly LearntChange[];
  /** Proposed changes by skill; those of no skill under ''. */
  proposedBySkill(): ReadonlyMap<string, number>;
}

export interface ChangePageFilter {
  readonly states: readonly ChangeState[];
  readonly skillId?: string | undefined;
  /** Only changes before this one, in the order of the list. */
  readonly before?: { readonly createdAt: number; readonly changeId: string } | undefined;
  readonly limit: number;
}

/** Opens the store on an open database and makes its tables where needed. */
export function openWorkStore(db: Database, world: World): WorkStore {
  db.migrate(WORK_MIGRATIONS);
  return new SqliteWorkStore(db, world);
}

const evidenceSchema = z.array(z.object({ quote: z.string(), says: z.string(), seq: z.number() }));
const idsSchema = z.array(z.string());
const filesSchema = z.record(z.string(), z.string());
const verdictSchema = z.object({
  decision: z.enum(['reject', 'trial', 'trusted']),
  reasons: z.array(z.string()),
  report: z.unknown(),
});
const DAY_MS = 86_400_000;

class SqliteWorkStore implements WorkStore {
  readonly #db: Database;
  readonly #world: World;

  constructor(db: Database, world: World) {
    this.#db = db;
    this.#world = world;
  }

  topics(): readonly Topic[] {
    const now = this.#world.now().getTime();
    const rows = this.#db.all<TopicRow>('SELECT * FROM learn_topics ORDER BY changed_at, topic_id');
    const said = new Map<string, { directions: string[]; taskKeys: Set<string> }>();
    for (const row of this.#db.all<{ topic_id: string; direction: string; task_key: string }>(
      'SELECT topic_id, direction, task_key FROM learn_suggestions WHERE topic_id IS NOT NULL ORDER BY at, suggestion_id',
    )) {
      const entry = said.get(row.topic_id) ?? { directions: [], taskKeys: new Set<string>() };
      entry.directions.push(row.direction);
      entry.taskKeys.add(row.task_key);
      said.set(row.topic_id, entry);
    }
    return rows.map((row) => ({
      ...{ topicId: row.topic_id, kind: row.kind, skillId: row.skill_id ?? undefined, status: row.status },
      ageDays: (now - row.changed_at) / DAY_MS,
      directions: said.get(row.topic_id)?.directions ?? [],
      taskKeys: [...(said.get(row.topic_id)?.taskKeys ?? [])],
    }));
  }

  addSuggestion({ suggestion, candidate, decision, runId }: Parameters<WorkStore['addSuggestion']>[0]) {
    const now = this.#world.now().getTime();
    const rejected = decision.outcome === 'reject';
    const topicId = decision.topicId ?? (rejected ? undefined : topicIdOf(candidate));
    if (topicId !== undefined && decision.topicId === undefined)
      this.#db.run(
        `INSERT INTO learn_topics (topic_id, kind, skill_id, status, changed_at) VALUES (?, ?, ?, 'waiting', ?)
         ON CONFLICT DO NOTHING`,
        ...[topicId, decision.kind, decision.skillIds[0] ?? null, now],
      );
    if (topicId !== undefined && decision.outcome === 'admit') this.setTopic(topicId, 'admitted');
    this.#db.run(
      `INSERT INTO learn_suggestions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[candidate.id, runId, topicId ?? null, decision.kind, suggestion.trigger, candidate.taskKey],
      ...[JSON.stringify(suggestion.targets), suggestion.direction, suggestion.category],
      ...[JSON.stringify(suggestion.evidence), decision.outcome, decision.rule, decision.reason, now],
    );
    return topicId;
  }

  setTopic(topicId: string, status: Topic['status']): void {
    this.#db.run(
      'UPDATE learn_topics SET status = ?, changed_at = ? WHERE topic_id = ?',
      ...[status, this.#world.now().getTime(), topicId],
    );
  }

  suggestions(of: { topicId: string } | { runId: string }): readonly StoredSuggestion[] {
    const [column, value] = 'topicId' in of ? ['topic_id', of.topicId] : ['run_id', of.runId];
    return this.#db
      .all<SuggestionRow>(
        `SELECT s.*, t.skill_id FROM learn_suggestions s LEFT JOIN learn_topics t ON t.topic_id = s.topic_id
         WHERE s.${column} = ? ORDER BY s.at, s.suggestion_id`,
        value,
      )
      .map((row) => ({
        ...{ suggestionId: row.suggestion_id, runId: row.run_id, topicId: row.topic_id, kind: row.kind },
        skillId: row.skill_id,
        ...{ trigger: row.trigger, direction: row.direction, category: row.category, outcome: row.outcome },
        ...{ rule: row.rule, reason: row.reason, targets: idsSchema.parse(JSON.parse(row.targets)) },
        evidence: evidenceSchema.parse(JSON.parse(row.evidence)),
      }));
  }

  taskKeysOf(topicId: string): readonly string[] {
    return this.#db
      .all<{ task_key: string }>(
        'SELECT DISTINCT task_key FROM learn_suggestions WHERE topic_id = ?',
        topicId,
      )
      .map((row) => row.task_key);
  }

  saveChange(change: LearntChange): void {
    this.#db.run(
      `INSERT INTO learn_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (change_id) DO UPDATE SET state = excluded.state, skill_id = excluded.skill_id,
         version_id = excluded.version_id, files = excluded.files, verdict = excluded.verdict, reason = excluded.reason,
         summary = excluded.summary, tokens = excluded.tokens, cost_usd = excluded.cost_usd,
         changed_lines = excluded.changed_lines, decided_at = excluded.decided_at, decided_by = excluded.decided_by`,
      ...[change.changeId, change.topicId, change.kind, change.state, change.skillId],
      ...[JSON.stringify(change.parents), change.versionId, change.direction, change.summary],
      ...[JSON.stringify(change.evidence), change.files === null ? null : packFiles(change.files)],
      ...[change.verdict === null ? null : JSON.stringify(change.verdict), change.reason, change.tokens],
      ...[change.costUsd, change.changedLines, change.createdAt.getTime()],
      ...[change.decidedAt?.getTime() ?? null, change.decidedBy],
    );
  }

  findChange(changeId: string): LearntChange | undefined {
    const row = this.#db.get<ChangeRow>('SELECT * FROM learn_changes WHERE change_id = ?', changeId);
    return row && toChange(row);
  }

  changeOfVersion(versionId: string): LearntChange | undefined {
    const row = this.#db.get<ChangeRow>('SELECT * FROM learn_changes WHERE version_id = ?', versionId);
    return row && toChange(row);
  }

  changes(states: readonly ChangeState[] = CHANGE_STATES): readonly LearntChange[] {
    return this.#db
      .all<ChangeRow>(
        `SELECT * FROM learn_changes WHERE state IN (SELECT value FROM json_each(?))
         ORDER BY created_at DESC, change_id DESC`,
        JSON.stringify(states),
      )
      .map(toChange);
  }

  changesOfTopic(topicId: string): number {
    const row = this.#db.get<{ n: number }>(
      'SELECT count(*) AS n FROM learn_changes WHERE topic_id = ?',
      topicId,
    );
    return row?.n ?? 0;
  }

  changePage({ states, skillId, before, limit }: ChangePageFilter): readonly LearntChange[] {
    return this.#db
      .all<ChangeRow>(
        `SELECT *, NULL AS files FROM learn_changes WHERE state IN (SELECT value FROM json_each(?))
           AND (created_at, change_id) < (?, ?) ${skillId === undefined ? '' : 'AND skill_id = ?'}
         ORDER BY created_at DESC, change_id DESC LIMIT ?`,
        ...[JSON.stringify(states), before?.createdAt ?? Number.MAX_SAFE_INTEGER, before?.changeId ?? ''],
        ...(skillId === undefined ? [] : [skillId]),
        limit,
      )
      .map(toChange);
  }

  proposedBySkill(): ReadonlyMap<string, number> {
    const rows = this.#db.all<{ skillId: string; n: number }>(
      `SELECT coalesce(skill_id, '') AS skillId, count(*) AS n FROM learn_changes WHERE state = 'proposed'
       GROUP BY skill_id`,
    );
    return new Map(rows.map(({ skillId, n }) => [skillId, n]));
  }
}

interface TopicRow {
  readonly topic_id: string;
  readonly kind: SuggestionKind;
  readonly skill_id: string | null;
  readonly status: Topic['status'];
  readonly changed_at: number;
}

interface SuggestionRow {
  readonly suggestion_id: string;
  readonly run_id: string | null;
  readonly topic_id: string | null;
  readonly skill_id: string | null;
  readonly kind: SuggestionKind;
  readonly trigger: Suggestion['trigger'];
  readonly targets: string;
  readonly direction: string;
  readonly category: string | null;
  readonly evidence: string;
  readonly outcome: Decision['outcome'];
  readonly rule: string;
  readonly reason: string;
}

interface ChangeRow {
  readonly change_id: string;
  readonly topic_id: string | null;
  readonly kind: SuggestionKind;
  readonly state: ChangeState;
  readonly skill_id: string | null;
  readonly parents: string;
  readonly version_id: string | null;
  readonly direction: string;
  readonly summary: string;
  readonly evidence: string;
  readonly files: string | null;
  readonly verdict: string | null;
  readonly reason: string;
  readonly tokens: number;
  readonly cost_usd: number | null;
  readonly changed_lines: number;
  readonly created_at: number;
  readonly decided_at: number | null;
  readonly decided_by: string | null;
}

function toChange(row: ChangeRow): LearntChange {
  return {
    ...{ changeId: row.change_id, topicId: row.topic_id, kind: row.kind, state: row.state },
    ...{
      skillId: row.skill_id,
      parents: idsSchema.parse(JSON.parse(row.parents)),
      versionId: row.version_id,
    },
    ...{ direction: row.direction, summary: row.summary, reason: row.reason, tokens: row.tokens },
    ...{ costUsd: row.cost_usd, changedLines: row.changed_lines, decidedBy: row.decided_by },
    evidence: evidenceSchema.parse(JSON.parse(row.evidence)),
    files: row.files === null ? null : unpackFiles(row.files),
    verdict: row.verdict === null ? null : verdictSchema.parse(JSON.parse(row.verdict)),
    createdAt: new Date(row.created_at),
    decidedAt: row.decided_at === null ? null : new Date(row.decided_at),
  };
}

/** Files as JSON: path → base64. */
function packFiles(files: SkillFiles): string {
  return JSON.stringify(
    Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')])),
  );
}

function unpackFiles(text: string): SkillFiles {
  const packed = filesSchema.parse(JSON.parse(text));
  return new Map(
    Object.entries(packed).map(([path, data]) => [
      path,
      data === '' ? encodeText('') : new Uint8Array(Buffer.from(data, 'base64')),
    ]),
  );
}
