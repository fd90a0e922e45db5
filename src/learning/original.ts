// Brings the original's analyses, judgments and tool quality into the ledger.
import type { Database, Row } from '../lib/index.ts';
import {
  type Counters,
  numberOf,
  type OriginalDatabase,
  type SkillId,
  type Skipped,
  textOf,
  timeOf,
  type VersionId,
} from '../skills/index.ts';
import type { AnalysisEntry, Judgment, Ledger } from './ledger.ts';

export interface OriginalLedgerReport {
  readonly analyses: number;
  readonly judgments: number;
  readonly tools: number;
  readonly toolCalls: number;
  /** What was in the ledger already. */
  readonly known: number;
}

export interface OriginalLedgerInput {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly original: OriginalDatabase;
  /** The skill that a version belongs to; undefined if it is not in the library. */
  readonly skillOf: (versionId: string) => SkillId | undefined;
  readonly now: Date;
  readonly skipped: Skipped[];
}

/** Adds what is new, in one transaction. Running it again adds nothing. */
export function importOriginalLedger(input: OriginalLedgerInput): OriginalLedgerReport {
  return input.db.transaction(() => {
    const source = registerImport(input);
    return { ...importAnalyses(input), ...importTools(input, source) };
  });
}

function registerImport({ db, original, now }: OriginalLedgerInput): string {
  const meta = original.rows('tool_quality_meta', ['key', 'value'], 'key');
  const executions = meta.find((row) => textOf(row, 'key') === 'global_execution_count');
  db.run(
    `INSERT INTO learn_imports (source, path, imported_at, executions) VALUES (?, ?, ?, ?)
     ON CONFLICT (source) DO UPDATE SET executions = excluded.executions`,
    ...[original.fingerprint, original.path, now.toISOString()],
    executions === undefined ? 0 : numberOf(executions, 'value'),
  );
  return original.fingerprint;
}

const ANALYSIS_COLUMNS = [
  ...['id', 'task_id', 'timestamp', 'task_completed', 'execution_note', 'tool_issues'],
  ...['evolution_suggestions', 'analyzed_by', 'analyzed_at'],
];

function importAnalyses(input: OriginalLedgerInput) {
  const { ledger, original, skipped } = input;
  const judged = new Map<number, Row[]>();
  for (const row of original.rows(
    'skill_judgments',
    ['id', 'analysis_id', 'skill_id', 'skill_applied', 'note'],
    'id',
  ))
    judged.set(numberOf(row, 'analysis_id'), [...(judged.get(numberOf(row, 'analysis_id')) ?? []), row]);
  const count = { analyses: 0, judgments: 0, known: 0 };
  for (const row of original.rows('execution_analyses', ANALYSIS_COLUMNS, 'id')) {
    const taskId = textOf(row, 'task_id').trim();
    if (taskId === '') {
      skipped.push({ what: `analysis ${numberOf(row, 'id')}`, why: 'it names no task' });
      continue;
    }
    const judgments = (judged.get(numberOf(row, 'id')) ?? []).map(toJudgment);
    const analysis = toAnalysis(input, row, freeRunId(input, taskId), judgments);
    if (!addAnalysis(input, analysis, timeOf(row, 'timestamp') ?? analysis.analyzedAt)) {
      count.known += 1;
      continue;
    }
    count.analyses += 1;
    count.judgments += ledger.findAnalysis(analysis.runId)?.judgments.length ?? 0;
  }
  return count;
}

/** Two libraries may have run tasks of one name: the later one gets the source behind its id. */
function freeRunId({ ledger, original }: OriginalLedgerInput, taskId: string): string {
  const taken = ledger.findRun(taskId);
  return taken === undefined || taken.source === original.fingerprint
    ? taskId
    : `${taskId}@${original.fingerprint.slice(0, 8)}`;
}

function toJudgment(row: Row): Judgment {
  return {
    versionId: textOf(row, 'skill_id') as VersionId,
    applied: numberOf(row, 'skill_applied') !== 0,
    note: textOf(row, 'note'),
  };
}

function toAnalysis(
  input: OriginalLedgerInput,
  row: Row,
  runId: string,
  judgments: readonly Judgment[],
): AnalysisEntry {
  const list = (column: string) => jsonList(row, column, runId, input.skipped);
  return {
    runId,
    completed: numberOf(row, 'task_completed') !== 0,
    note: textOf(row, 'execution_note'),
    toolIssues: list('tool_issues').filter((issue) => typeof issue === 'string'),
    suggestions: list('evolution_suggestions'),
    analyzedBy: textOf(row, 'analyzed_by'),
    analyzedAt: timeOf(row, 'analyzed_at') ?? timeOf(row, 'timestamp') ?? input.now.toISOString(),
    judgments,
  };
}

function jsonList(row: Row, column: string, runId: string, skipped: Skipped[]): unknown[] {
  try {
    const value: unknown = JSON.parse(textOf(row, column, '[]') || '[]');
    if (Array.isArray(value)) return value;
    skipped.push({ what: `${column} of ${runId}`, why: 'it is not a list' });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    skipped.push({ what: `${column} of ${runId}`, why: `it is not JSON (${error.message})` });
  }
  return [];
}

/** The run that was analysed, its uses (the original judged exactly what it had chosen), and the analysis. */
function addAnalysis(input: OriginalLedgerInput, analysis: AnalysisEntry, at: string): boolean {
  const { ledger, original } = input;
  if (ledger.findAnalysis(analysis.runId) !== undefined) return false;
  const before = ledger.findRun(analysis.runId);
  if (before === undefined)
    ledger.recordRun({
      ...{ runId: analysis.runId, source: original.fingerprint, purpose: 'task', task: '', model: null },
      ...{ status: analysis.completed ? 'done' : 'incomplete', startedAt: at, endedAt: at, attempts: [] },
    });
  const uses = analysis.judgments.map(({ versionId }) => ({
    ...{ attempt: 1, versionId, how: 'chosen' as const },
    skillId: input.skillOf(versionId) ?? ('' as SkillId),
  }));
  for (const use of uses)
    if (use.skillId === '')
      input.skipped.push({ what: `skill of a judgment: ${use.versionId}`, why: 'it is not in the library' });
  ledger.recordUses(analysis.runId, uses);
  return ledger.recordAnalysis(analysis);
}

const TOOL_COLUMNS = [
  ...[
    'tool_key',
    'backend',
    'server',
    'tool_name',
    'total_calls',
    'success_count',
    'total_execution_time_ms',
  ],
  ...['llm_flagged_count', 'description_hash', 'first_seen', 'last_updated'],
];

function importTools(input: OriginalLedgerInput, source: string) {
  const { db, original, now } = input;
  const count = { tools: 0, toolCalls: 0 };
  for (const row of original.rows('tool_quality_records', TOOL_COLUMNS, 'tool_key')) {
    const hash = textOf(row, 'description_hash');
    const added = db.run(
      'INSERT INTO learn_imported_tools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[
        source,
        textOf(row, 'tool_key'),
        textOf(row, 'backend'),
        textOf(row, 'server'),
        textOf(row, 'tool_name'),
      ],
      ...[Math.trunc(numberOf(row, 'total_calls')), Math.trunc(numberOf(row, 'success_count'))],
      ...[numberOf(row, 'total_execution_time_ms'), Math.trunc(numberOf(row, 'llm_flagged_count'))],
      ...[hash === '' ? null : hash, timeOf(row, 'first_seen') ?? now.toISOString()],
      timeOf(row, 'last_updated') ?? now.toISOString(),
    );
    count.tools += added.changes;
  }
  count.toolCalls = importCalls(input, source);
  return count;
}

/** The original wrote its history anew, with new ids, at each save: a call is known by its tool, time and place among equals. */
function importCalls({ db, original, now, skipped }: OriginalLedgerInput, source: string): number {
  const columns = ['id', 'tool_key', 'timestamp', 'success', 'execution_time_ms', 'error_message'];
  const ordinals = new Map<string, number>();
  const tools = new Set(
    db
      .all<{ tool_key: string }>('SELECT tool_key FROM learn_imported_tools WHERE source = ?', source)
      .map((row) => row.tool_key),
  );
  let calls = 0;
  for (const row of original.rows('tool_execution_history', columns, 'id')) {
    const tool = textOf(row, 'tool_key');
    if (!tools.has(tool)) {
      skipped.push({ what: `a call of ${tool}`, why: 'there is no record of that tool' });
      continue;
    }
    const at = timeOf(row, 'timestamp') ?? now.toISOString();
    const key = `${tool} ${at}`;
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const error = textOf(row, 'error_message');
    calls += db.run(
      'INSERT INTO learn_imported_calls VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[source, tool, at, ordinal],
      ...[numberOf(row, 'success') === 0 ? 0 : 1, numberOf(row, 'execution_time_ms')],
      error === '' ? null : error,
    ).changes;
  }
  return calls;
}

/** Versions whose uses in the ledger don't add up to what the original had counted. */
export function differingCounters(
  ledger: Ledger,
  records: readonly { readonly id: string; readonly counters: Counters }[],
): string[] {
  const rates = ledger.ratesOfVersions(records.map((record) => record.id));
  const none: Counters = { selections: 0, applied: 0, completions: 0, fallbacks: 0 };
  return records
    .filter(({ id, counters }) => {
      const now = rates.get(id) ?? none;
      return (
        now.selections !== counters.selections ||
        now.applied !== counters.applied ||
        now.completions !== counters.completions ||
        now.fallbacks !== counters.fallbacks
      );
    })
    .map((record) => record.id);
}
