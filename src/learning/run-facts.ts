// What a recording says for the ledger: the run, its attempts, its uses of skills, its tool calls.
import type { Database } from '../lib/index.ts';
import { sha256 } from '../lib/index.ts';
import type { Recording, TimedEvent } from '../recording/index.ts';
import type { SkillId, VersionId } from '../skills/index.ts';
import type { Ledger, LedgerRun, Use } from './ledger.ts';

/** One task, however often it is run: its words without spelling details. */
export function taskKeyOf(task: string): string {
  return sha256(task.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()).slice(0, 16);
}

/** Writes all of a run into the ledger. Doing it again changes nothing. Call inside a transaction. */
export function recordRunFacts(db: Database, ledger: Ledger, recording: Recording): void {
  const { header } = recording;
  ledger.recordRun(toLedgerRun(recording));
  ledger.recordUses(header.runId, usesOf(recording));
  db.run(
    'INSERT INTO learn_tasks (run_id, task_key) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ...[header.runId, taskKeyOf(header.task)],
  );
  if (header.purpose !== 'replay') recordToolCalls(db, recording);
}

function toLedgerRun({ header, status, events }: Recording): LedgerRun {
  return {
    ...{ runId: header.runId, source: 'openspace', purpose: header.purpose, task: header.task },
    ...{ model: header.model, status, startedAt: header.startedAt, endedAt: events.at(-1)?.at ?? null },
    attempts: events.flatMap((event) => {
      if (event.type !== 'attempt-end') return [];
      const { usage, status: outcome } = event.outcome;
      const start = events.find((each) => each.type === 'attempt-start' && each.attempt === event.attempt);
      return [
        {
          ...{ attempt: event.attempt, outcome, tokens: usage.inputTokens + usage.outputTokens },
          tookMs: start === undefined ? null : Math.max(0, Date.parse(event.at) - Date.parse(start.at)),
        },
      ];
    }),
  };
}

/** A skill counts for the attempt that had it: a second attempt without skills is nothing to its credit. */
function usesOf({ events }: Recording): Use[] {
  return events.flatMap((event): Use[] => {
    switch (event.type) {
      case 'skills-chosen':
        return event.choice.considered.map((skill) => toUse(skill, 1, 'offered'));
      case 'attempt-start':
        return event.skills.map((skill) => toUse(skill, event.attempt, 'chosen'));
      case 'skill-retrieved':
        return [toUse(event.skill, event.attempt, 'retrieved')];
      default:
        return [];
    }
  });
}

const toUse = (
  { skillId, versionId }: { skillId: string; versionId: string },
  attempt: number,
  how: Use['how'],
): Use => ({ attempt, how, skillId: skillId as SkillId, versionId: versionId as VersionId });

/** `mcp:<server>:<tool>`, `shell:run_shell`: the source and name that the recording holds, never a model's words. */
export const toolKey = (event: Extract<TimedEvent, { type: 'tool-end' }>) =>
  `${event.source}:${event.call.name}`;

const ERROR_LENGTH = 500;

function recordToolCalls(db: Database, { header, events }: Recording): void {
  const calls = events.filter((event) => event.type === 'tool-end');
  // A tool that does not exist, and the agent's own look-ups in the library, say nothing about tools.
  const real = calls.filter(({ source }) => source !== 'unknown' && source !== 'skills');
  for (const [ordinal, event] of real.entries()) {
    const error = event.result.parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
    db.run(
      'INSERT INTO learn_tool_calls VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[header.runId, event.attempt, ordinal, toolKey(event), event.result.isError ? 0 : 1, event.tookMs],
      ...[event.result.isError ? error.slice(0, ERROR_LENGTH) : null, event.at],
    );
  }
}
