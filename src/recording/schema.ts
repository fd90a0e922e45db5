// Checks of what is read back from a recording: the header and each line of events.
import { z } from 'zod';
import type { AgentEvent, ToolCall, Usage } from '../agent/index.ts';
import { parseJson } from '../lib/index.ts';
import type { OfferedSkill, RunEvent, RunHeader, RunStatus, SkillChoice } from './format.ts';
import { fromDiskNames } from './keys.ts';

const count = z.number().min(0);

export const headerSchema = z.object({
  version: z.int().min(1),
  runId: z.string().min(1),
  task: z.string(),
  model: z.string(),
  workspace: z.string(),
  startedAt: z.iso.datetime(),
  purpose: z.enum(['task', 'demo', 'replay']),
  pid: z.int(),
  host: z.string(),
  processMark: z.string().exactOptional(),
}) satisfies z.ZodType<RunHeader>;

const status = z.enum([
  'running',
  'done',
  'incomplete',
  'out-of-budget',
  'error',
  'cancelled',
]) satisfies z.ZodType<RunStatus>;

const usage = z.object({
  inputTokens: count,
  outputTokens: count,
  cachedInputTokens: count,
  reasoningTokens: count,
  costUsd: count.nullable(),
}) satisfies z.ZodType<Usage>;

const call = z
  .object({
    id: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()).optional(),
    rawArgs: z.string().exactOptional(),
  })
  .transform((value) => ({ ...value, args: value.args })) satisfies z.ZodType<ToolCall>;

const offered = z.object({
  skillId: z.string(),
  versionId: z.string(),
  name: z.string(),
  reason: z.string(),
}) satisfies z.ZodType<OfferedSkill>;

const choice = z.object({
  picked: z.array(offered),
  considered: z.array(offered.extend({ score: z.number() })),
  how: z.enum(['model', 'rank', 'none']),
  reason: z.string(),
}) satisfies z.ZodType<SkillChoice>;

const modelError = z.object({
  kind: z
    .enum([
      'auth',
      'billing',
      'rate-limit',
      'overloaded',
      'context-length',
      'content-filter',
      'bad-request',
      'network',
      'timeout',
      'bad-reply',
      'other',
    ])
    .catch('other'), // a newer version may tell more kinds apart
  message: z.string(),
  hint: z.string().exactOptional(),
  status: z.number().exactOptional(),
});

const reply = z.object({
  text: z.string(),
  calls: z.array(call),
  stop: z.enum(['end', 'calls', 'length', 'error', 'aborted']),
  usage,
  error: modelError.exactOptional(),
  tries: z.number(),
});

/** A picture is a file beside the events; a long text is cut, with the whole of it in a file. */
const storedPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), fullTextFile: z.string().exactOptional() }),
  z.object({ type: z.literal('image'), mediaType: z.string(), file: z.string() }),
]);
export type StoredPart = z.output<typeof storedPart>;

const outcome = z.object({
  status: z.enum(['done', 'out-of-budget', 'error', 'cancelled']),
  answer: z.string(),
  turns: count,
  usage,
  exhausted: z.enum(['turns', 'tokens', 'cost', 'repetition']).exactOptional(),
  error: modelError.exactOptional(),
});

const place = { at: z.string(), seq: z.int().min(0), attempt: z.int() };
const step = { ...place, turn: z.int() };
const toolStep = { ...step, callId: z.string() };

const eventSchemas = [
  z.object({ type: z.literal('skills-chosen'), at: place.at, seq: place.seq, choice }),
  z.object({ type: z.literal('attempt-start'), ...place, skills: z.array(offered) }),
  z.object({ type: z.literal('turn-start'), ...step }),
  z.object({ type: z.literal('model-reply'), ...step, reply, tookMs: count }),
  z.object({ type: z.literal('context-fitted'), ...step, droppedMessages: count, tokens: count }),
  z.object({ type: z.literal('tool-start'), ...step, call, source: z.string() }),
  z.object({ type: z.literal('tool-progress'), ...toolStep, text: z.string() }),
  z.object({
    type: z.literal('approval-start'),
    ...toolStep,
    question: z.object({ tool: z.string(), action: z.string(), reason: z.string() }),
  }),
  z.object({ type: z.literal('approval-end'), ...toolStep, allowed: z.boolean() }),
  z.object({
    type: z.literal('tool-end'),
    ...step,
    call,
    source: z.string(),
    result: z.object({
      parts: z.array(storedPart),
      isError: z.boolean(),
      details: z.record(z.string(), z.unknown()).exactOptional(),
    }),
    tookMs: count,
  }),
  z.object({ type: z.literal('attempt-end'), ...place, outcome }),
  z.object({ type: z.literal('skill-retrieved'), ...place, skill: offered }),
  z.object({
    type: z.literal('files-changed'),
    ...place,
    applied: z.boolean(),
    changes: z.array(
      z.object({ path: z.string(), change: z.enum(['added', 'changed', 'deleted']), diff: z.string() }),
    ),
    left: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
  z.object({ type: z.literal('note'), at: place.at, seq: place.seq, text: z.string() }),
  z.object({
    type: z.literal('run-end'),
    at: place.at,
    seq: place.seq,
    status,
    answer: z.string(),
    error: z.string().exactOptional(),
    turns: count.exactOptional(),
    usage: usage.exactOptional(),
  }),
] as const;

const eventSchema = z.discriminatedUnion('type', eventSchemas);
const knownTypes: ReadonlySet<string> = new Set(eventSchemas.map((schema) => schema.shape.type.value));

/** An event as it stands in its line: parts not yet loaded. */
export type StoredEvent = z.output<typeof eventSchema>;

/** Fails to compile when an event of the program has no schema here. */
type RecordedType = Exclude<RunEvent | AgentEvent, { type: 'text-delta' }>['type'];
export const EVENT_TYPES: Readonly<Record<RecordedType, true>> & Readonly<Record<StoredEvent['type'], true>> =
  {
    'skills-chosen': true,
    'attempt-start': true,
    'turn-start': true,
    'model-reply': true,
    'context-fitted': true,
    'tool-start': true,
    'tool-progress': true,
    'approval-start': true,
    'approval-end': true,
    'tool-end': true,
    'attempt-end': true,
    'skill-retrieved': true,
    'files-changed': true,
    note: true,
    'run-end': true,
  };

/** What a line is. `unknown`: an event of a newer version. `damaged`: torn, or not one of ours. */
export type Line =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'damaged' };

/** Reads one line of `events.jsonl`. Never throws. */
export function parseLine(text: string): Line {
  const value = parseJson(text);
  if (value === null || typeof value !== 'object' || !('type' in value) || typeof value.type !== 'string') {
    return { kind: 'damaged' };
  }
  if (!knownTypes.has(value.type)) return { kind: 'unknown', type: value.type };
  const checked = eventSchema.safeParse(fromDiskNames(value));
  return checked.success ? { kind: 'event', event: checked.data } : { kind: 'damaged' };
}
