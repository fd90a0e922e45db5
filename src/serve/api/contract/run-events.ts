// The contract of a run's events: lines of its recording, as `--stream-json` prints them.
import { z } from 'zod';
import { Time, Usage } from './shared.ts';

const place = { at: Time, seq: z.number() };
const inAttempt = { ...place, attempt: z.number() };
const step = { ...inAttempt, turn: z.number() };

const Call = z.object({
  id: z.string(),
  name: z.string(),
  /** As the tool gets them; absent if the model sent something else. */
  args: z.record(z.string(), z.unknown()).optional(),
  raw_args: z.string().optional(),
});
const ModelError = z.object({
  kind: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  status: z.number().optional(),
});
const Offered = z.object({
  skill_id: z.string(),
  version_id: z.string(),
  name: z.string(),
  reason: z.string(),
});

/** `file` and `full_text_file` are read at `/api/v2/runs/{id}/artifact?file=…`. */
const Part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), full_text_file: z.string().optional() }),
  z.object({ type: z.literal('image'), media_type: z.string(), file: z.string() }),
]);

/** An event of a run. Texts are what models and tools wrote: show them, never interpret them. */
export const RunEvent = z.discriminatedUnion('type', [
  z.object({
    ...{ type: z.literal('skills-chosen'), ...place },
    choice: z.object({
      picked: z.array(Offered),
      considered: z.array(Offered.extend({ score: z.number() })),
      how: z.enum(['model', 'rank', 'none']),
      reason: z.string(),
    }),
  }),
  z.object({ type: z.literal('attempt-start'), ...inAttempt, skills: z.array(Offered) }),
  z.object({ type: z.literal('turn-start'), ...step }),
  z.object({
    ...{ type: z.literal('model-reply'), ...step, took_ms: z.number() },
    reply: z.object({
      text: z.string(),
      calls: z.array(Call),
      stop: z.enum(['end', 'calls', 'length', 'error', 'aborted']),
      usage: Usage,
      error: ModelError.optional(),
      tries: z.number(),
    }),
  }),
  z.object({ type: z.literal('context-fitted'), ...step, dropped_messages: z.number(), tokens: z.number() }),
  z.object({ type: z.literal('tool-start'), ...step, call: Call, source: z.string() }),
  z.object({ type: z.literal('tool-progress'), ...step, call_id: z.string(), text: z.string() }),
  z.object({
    ...{ type: z.literal('approval-start'), ...step, call_id: z.string() },
    question: z.object({ tool: z.string(), action: z.string(), reason: z.string() }),
  }),
  z.object({ type: z.literal('approval-end'), ...step, call_id: z.string(), allowed: z.boolean() }),
  z.object({
    ...{ type: z.literal('tool-end'), ...step, call: Call, source: z.string(), took_ms: z.number() },
    result: z.object({
      parts: z.array(Part),
      is_error: z.boolean(),
      /** A diff, an exit code, files touched: what the tool adds for people. */
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  z.object({
    ...{ type: z.literal('attempt-end'), ...inAttempt },
    outcome: z.object({
      status: z.enum(['done', 'out-of-budget', 'error', 'cancelled']),
      answer: z.string(),
      turns: z.number(),
      usage: Usage,
      exhausted: z.enum(['turns', 'tokens', 'cost', 'repetition']).optional(),
      error: ModelError.optional(),
    }),
  }),
  z.object({ type: z.literal('skill-retrieved'), ...inAttempt, skill: Offered }),
  z.object({
    ...{ type: z.literal('files-changed'), ...inAttempt, applied: z.boolean() },
    changes: z.array(
      z.object({ path: z.string(), change: z.enum(['added', 'changed', 'deleted']), diff: z.string() }),
    ),
    left: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
  z.object({ type: z.literal('note'), ...place, text: z.string() }),
  z.object({
    ...{ type: z.literal('run-end'), ...place },
    status: z.enum(['running', 'done', 'incomplete', 'out-of-budget', 'error', 'cancelled']),
    answer: z.string(),
    error: z.string().optional(),
    turns: z.number().optional(),
    usage: Usage.optional(),
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
