// A run in numbers and names, from its events.
import { addUsage, NO_USAGE, type Usage } from '../agent/index.ts';
import type { OfferedSkill, Recording, RunStatus } from './format.ts';

export interface ToolSummary {
  readonly name: string;
  readonly source: string;
  readonly calls: number;
  readonly errors: number;
  readonly tookMs: number;
}

export interface RunSummary {
  readonly runId: string;
  readonly task: string;
  readonly model: string;
  readonly workspace: string;
  readonly status: RunStatus;
  readonly note?: string;
  readonly answer: string;
  readonly error?: string;
  readonly startedAt: string;
  /** From the start to the last event. */
  readonly tookMs: number;
  readonly attempts: number;
  readonly turns: number;
  readonly usage: Usage;
  /** By number of calls, most first. */
  readonly tools: readonly ToolSummary[];
  /** Offered at the start or looked up later, each once. */
  readonly skills: readonly OfferedSkill[];
}

/** Sums up a run; one that has not ended is summed up as far as it got. */
export function summariseRun(recording: Recording): RunSummary {
  const { header, events } = recording;
  const tools = new Map<string, ToolSummary>();
  const skills = new Map<string, OfferedSkill>();
  let attempts = 0;
  let turns = 0;
  let usage = NO_USAGE;
  for (const event of events) {
    if (event.type === 'attempt-start') attempts += 1;
    if (event.type === 'turn-start') turns += 1;
    if (event.type === 'model-reply') usage = addUsage(usage, event.reply.usage);
    if (event.type === 'attempt-start') for (const skill of event.skills) skills.set(skill.versionId, skill);
    if (event.type === 'skill-retrieved') skills.set(event.skill.versionId, event.skill);
    if (event.type === 'tool-end') {
      const { name } = event.call;
      const old = tools.get(name) ?? { name, source: event.source, calls: 0, errors: 0, tookMs: 0 };
      tools.set(name, {
        ...old,
        calls: old.calls + 1,
        errors: old.errors + (event.result.isError ? 1 : 0),
        tookMs: old.tookMs + event.tookMs,
      });
    }
  }
  const end = events.findLast((event) => event.type === 'run-end');
  const lastAttempt = events.findLast((event) => event.type === 'attempt-end');
  const lastAt = events.at(-1)?.at ?? header.startedAt;
  return {
    runId: header.runId,
    task: header.task,
    model: header.model,
    workspace: header.workspace,
    status: recording.status,
    ...(recording.note === undefined ? {} : { note: recording.note }),
    answer: end?.answer ?? lastAttempt?.outcome.answer ?? '',
    ...(end?.error === undefined ? {} : { error: end.error }),
    startedAt: header.startedAt,
    tookMs: Math.max(0, Date.parse(lastAt) - Date.parse(header.startedAt)),
    attempts,
    turns,
    usage,
    tools: [...tools.values()].sort((a, b) => b.calls - a.calls),
    skills: [...skills.values()],
  };
}
