// The contract of runs: list, one run, its timeline, starting and cancelling.
import { z } from 'zod';
import { RunEvent } from './run-events.ts';
import { limited, Next, Time, Usage } from './shared.ts';

export const RunStatus = z.enum(['running', 'done', 'incomplete', 'out-of-budget', 'error', 'cancelled']);
export type RunStatus = z.infer<typeof RunStatus>;

export const RunSkill = z.object({ skill_id: z.string(), version_id: z.string(), name: z.string() });

export const RunItem = z.object({
  run_id: z.string(),
  /** `imported`: of the original; only what its import kept is there. */
  source: z.enum(['openspace', 'imported']),
  task: z.string(),
  model: z.string().nullable(),
  status: RunStatus,
  purpose: z.enum(['task', 'demo', 'replay']),
  started_at: Time,
  /** Of its last event. */
  last_event_at: Time.nullable(),
  took_ms: z.number().nullable(),
  turns: z.number().nullable(),
  /** Null while it is running, and for imported runs. */
  usage: Usage.nullable(),
  /** Skills that it had. */
  skills: z.array(RunSkill),
  /** What the analysis says; null until then. */
  task_done: z.boolean().nullable(),
  /** For people: that it crashed, say. */
  note: z.string().nullable(),
  error: z.string().nullable(),
});
export type RunItem = z.infer<typeof RunItem>;

export const RunsQuery = z.object({
  /** Words in the task. */
  q: z.string().max(500).optional(),
  status: RunStatus.optional(),
  /** Replays are left out unless asked for. */
  purpose: z.enum(['task', 'demo', 'replay']).optional(),
  /** Only runs that had this skill. */
  skill: z.string().optional(),
  cursor: z.string().max(1_000).optional(),
  limit: limited(1, 200, 50),
});
export const RunsPage = z.object({ items: z.array(RunItem), next: Next });
export type RunsPage = z.infer<typeof RunsPage>;

export const FileChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'changed', 'deleted']),
  diff: z.string(),
});

export const Run = RunItem.extend({
  workspace: z.string().nullable(),
  answer: z.string(),
  /** True if this home can ask it to stop. */
  can_cancel: z.boolean(),
  /** Which skills it was given and why; null if that is not known (yet). */
  choice: z
    .object({
      /** `model` chose; `rank`: the model failed or there is none; `none`: the library is empty or skills are off. */
      how: z.enum(['model', 'rank', 'none']),
      reason: z.string(),
      /** Best first; null score: it was picked without being ranked. */
      considered: z.array(
        RunSkill.extend({ reason: z.string(), score: z.number().nullable(), picked: z.boolean() }),
      ),
    })
    .nullable(),
  attempts: z.array(
    z.object({
      attempt: z.number(),
      skills: z.array(RunSkill),
      /** Null while it goes on. */
      outcome: z.string().nullable(),
      turns: z.number(),
      usage: Usage,
      took_ms: z.number().nullable(),
      /** False: its changes were thrown away. Null: it changed nothing. */
      applied: z.boolean().nullable(),
      changes: z.array(FileChange),
      left: z.array(z.object({ path: z.string(), reason: z.string() })),
    }),
  ),
  /** By number of calls, most first. */
  tools: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      calls: z.number(),
      errors: z.number(),
      took_ms: z.number(),
    }),
  ),
  /** Number of the next event: where a live stream goes on from here. */
  next_seq: z.number(),
  analysis: z
    .object({
      task_done: z.boolean(),
      note: z.string(),
      tool_issues: z.array(z.string()),
      analyzed_by: z.string(),
      analyzed_at: Time,
      judgments: z.array(
        z.object({
          version_id: z.string(),
          skill_id: z.string().nullable(),
          name: z.string(),
          applied: z.boolean(),
          note: z.string(),
        }),
      ),
      suggestions: z.array(
        z.object({
          kind: z.string(),
          direction: z.string(),
          outcome: z.string().nullable(),
          reason: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
  /** Changes that learning made of it. */
  proposals: z.array(z.string()),
});
export type Run = z.infer<typeof Run>;

export const TimelineQuery = z.object({
  /** First event, by its `seq`. */
  from: z.coerce.number().int().min(0).default(0),
  limit: limited(1, 1_000, 200),
});
export const Timeline = z.object({
  events: z.array(RunEvent),
  /** `from` of the next call; null if these were the last ones so far. */
  next: z.number().nullable(),
});

export const ArtifactQuery = z.object({ file: z.string().min(1).max(500) });

export const StartRequest = z.strictObject({
  task: z.string().trim().min(1).max(100_000),
  /** Folder to work in. Default: a fresh one of the run. */
  workspace: z.string().max(4_000).optional(),
  max_turns: z.number().int().min(1).max(1_000).optional(),
});
export const Started = z.object({ run_id: z.string() });
/** `asked`: it will stop at the next step; `over`: it had ended already. */
export const Cancelled = z.object({ run_id: z.string(), state: z.enum(['asked', 'over']) });
