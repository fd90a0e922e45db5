// One run in full: its choice of skills, attempts, tools, analysis, and what learning made of it.
import { addUsage, NO_USAGE } from '../../agent/index.ts';
import type { ImportedRun } from '../../learning/index.ts';
import { type EventLine, readHeader, readLines } from '../../recording/index.ts';
import type { ApiContext } from './context.ts';
import type { ResponseOf, RunItem, Run as RunJson } from './contract.ts';
import type { KnownTask } from './task-starter.ts';
import { usageToJson } from './to-json.ts';

type Event = EventLine['event'];
type OfKind<Kind extends Event['type']> = Extract<Event, { type: Kind }>;

/** A run with a recording. What follows from the events of an ended run is worked out once. */
export function showRun(api: ApiContext, item: RunItem, folder: string): RunJson {
  const read = () => readFacts(folder);
  const facts = item.status === 'running' ? read() : api.remember(`run:${item.run_id}`, read);
  return {
    ...item,
    ...facts,
    can_cancel: item.status === 'running',
    ...learntFrom(api, item.run_id),
  };
}

const NOTHING_KNOWN = { choice: null, attempts: [], tools: [], next_seq: 0, answer: '', workspace: null };

/** A run of the original: its steps stayed in the original's files. */
export function importedRun(api: ApiContext, run: ImportedRun): RunJson {
  const item = api.runs.imported(run);
  const uses = api.learning.ledger.findRun(run.runId) === undefined ? [] : usesOf(api, run.runId);
  return {
    ...{ ...item, ...NOTHING_KNOWN, can_cancel: false },
    skills: uses,
    ...learntFrom(api, run.runId),
    task_done: api.learning.ledger.findAnalysis(run.runId)?.completed ?? null,
  };
}

function usesOf(api: ApiContext, runId: string): RunJson['skills'] {
  const rows = api.learning.db.all<{ skillId: string; versionId: string }>(
    "SELECT DISTINCT skill_id AS skillId, version_id AS versionId FROM learn_uses WHERE run_id = ? AND how <> 'offered'",
    runId,
  );
  return rows.map(({ skillId, versionId }) => ({
    ...{ skill_id: skillId, version_id: versionId },
    name: api.library.findVersion(versionId)?.name ?? versionId,
  }));
}

/** A task whose process has not begun to record, or never came to it. */
export function waitingRun(runId: string, { request, state, end }: KnownTask): RunJson {
  const isOpen = state === 'waiting' || state === 'running';
  return {
    ...{ run_id: runId, source: 'openspace', task: request.task, model: request.model ?? null },
    ...{ status: isOpen ? 'running' : (end?.status ?? 'error'), purpose: 'task' },
    ...{ started_at: request.created_at, last_event_at: null, took_ms: end?.took_ms ?? null },
    ...{ turns: null, usage: null, skills: [], task_done: null, ...NOTHING_KNOWN },
    ...{ workspace: request.workspace ?? null, can_cancel: isOpen, analysis: null, proposals: [] },
    note: isOpen ? 'It waits for its process to begin.' : null,
    error: end?.error?.message ?? (state === 'lost' ? 'The process that had it is gone.' : null),
  };
}

function learntFrom(api: ApiContext, runId: string): Pick<RunJson, 'analysis' | 'proposals'> {
  const { ledger, store, db } = api.learning;
  const found = ledger.findAnalysis(runId);
  const suggestions = store.suggestions({ runId });
  const proposals = db.all<{ id: string }>(
    `SELECT DISTINCT c.change_id AS id FROM learn_suggestions s JOIN learn_changes c ON c.topic_id = s.topic_id
     WHERE s.run_id = ? ORDER BY c.created_at DESC LIMIT 20`,
    runId,
  );
  const analysis: ResponseOf<'run'>['analysis'] =
    found === undefined
      ? null
      : {
          ...{ task_done: found.completed, note: found.note, tool_issues: [...found.toolIssues] },
          ...{ analyzed_by: found.analyzedBy, analyzed_at: found.analyzedAt },
          judgments: found.judgments.map(({ versionId, applied, note }) => {
            const version = api.library.findVersion(versionId);
            const name = version?.name ?? versionId;
            return { version_id: versionId, skill_id: version?.skillId ?? null, name, applied, note };
          }),
          suggestions: suggestions.map(({ kind, direction, outcome, reason }) => ({
            ...{ kind, direction, outcome, reason },
          })),
        };
  return { analysis, proposals: proposals.map(({ id }) => id) };
}

/** What the events of a recording say. */
function readFacts(folder: string) {
  const events = readLines(folder, 0, Number.POSITIVE_INFINITY).map(({ event }) => event);
  const end = events.findLast((event) => event.type === 'run-end');
  const lastAttempt = events.findLast((event) => event.type === 'attempt-end');
  const choice = events.find((event) => event.type === 'skills-chosen');
  return {
    workspace: readHeader(folder).workspace,
    answer: end?.answer ?? lastAttempt?.outcome.answer ?? '',
    choice: choice === undefined ? null : toChoice(choice),
    attempts: events
      .filter((event) => event.type === 'attempt-start')
      .map((start) => toAttempt(start, events)),
    tools: toTools(events),
    next_seq: (events.at(-1)?.seq ?? -1) + 1,
  };
}

/** Picked ones that were not ranked come first: the model or the user named them. */
function toChoice({ choice }: OfKind<'skills-chosen'>): NonNullable<RunJson['choice']> {
  const ranked = new Set(choice.considered.map(({ versionId }) => versionId));
  const picked = new Map(choice.picked.map((skill) => [skill.versionId, skill]));
  const all = [
    ...choice.picked
      .filter(({ versionId }) => !ranked.has(versionId))
      .map((skill) => ({ ...skill, score: null })),
    ...choice.considered,
  ];
  return {
    ...{ how: choice.how, reason: choice.reason },
    considered: all.map(({ skillId, versionId, name, reason, score }) => ({
      ...{ skill_id: skillId, version_id: versionId, name, score },
      reason: picked.get(versionId)?.reason ?? reason,
      picked: picked.has(versionId),
    })),
  };
}

function toAttempt(start: OfKind<'attempt-start'>, events: readonly Event[]): RunJson['attempts'][number] {
  const { attempt } = start;
  const own = events.filter((event) => 'attempt' in event && event.attempt === attempt);
  const end = own.find((event) => event.type === 'attempt-end');
  const files = own.findLast((event) => event.type === 'files-changed');
  const looked = own.filter((event) => event.type === 'skill-retrieved').map(({ skill }) => skill);
  const replies = own.filter((event) => event.type === 'model-reply');
  const usage =
    end?.outcome.usage ?? replies.reduce((sum, { reply }) => addUsage(sum, reply.usage), NO_USAGE);
  return {
    ...{ attempt, outcome: end?.outcome.status ?? null, usage: usageToJson(usage) },
    skills: [...start.skills, ...looked].map(({ skillId, versionId, name }) => ({
      ...{ skill_id: skillId, version_id: versionId, name },
    })),
    turns: own.filter((event) => event.type === 'turn-start').length,
    took_ms: end === undefined ? null : Math.max(0, Date.parse(end.at) - Date.parse(start.at)),
    applied: files?.applied ?? null,
    changes: [...(files?.changes ?? [])],
    left: [...(files?.left ?? [])],
  };
}

function toTools(events: readonly Event[]): RunJson['tools'] {
  const tools = new Map<string, RunJson['tools'][number]>();
  for (const event of events) {
    if (event.type !== 'tool-end') continue;
    const { name } = event.call;
    const old = tools.get(name) ?? { name, source: event.source, calls: 0, errors: 0, took_ms: 0 };
    tools.set(name, {
      ...{ name, source: old.source, calls: old.calls + 1 },
      ...{ errors: old.errors + (event.result.isError ? 1 : 0), took_ms: old.took_ms + event.tookMs },
    });
  }
  return [...tools.values()].sort((a, b) => b.calls - a.calls);
}
