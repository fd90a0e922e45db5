// A run's events folded into what a person follows: attempts with turns, a turn with its words and tool calls.
import type { RunEvent } from '../../../../src/serve/api/contract.ts';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

export interface CallView {
  readonly kind: 'call';
  readonly id: string;
  readonly seq: number;
  readonly at: string;
  readonly name: string;
  readonly source: string;
  readonly args: Event<'tool-start'>['call']['args'];
  readonly rawArgs: string | undefined;
  readonly progress: string | undefined;
  readonly approval: {
    readonly question: Event<'approval-start'>['question'];
    readonly allowed: boolean | null;
  } | null;
  readonly end: { readonly tookMs: number; readonly result: Event<'tool-end'>['result'] } | null;
}

export interface WordsView {
  readonly kind: 'words';
  readonly seq: number;
  readonly at: string;
  readonly text: string;
  readonly tokens: number;
  readonly costUsd: number | null;
  readonly tookMs: number;
  readonly error: string | undefined;
}

export interface NoteView {
  readonly kind: 'note';
  readonly seq: number;
  readonly at: string;
  readonly event: Event<'note' | 'context-fitted' | 'skill-retrieved' | 'files-changed'>;
}

export type StepView = CallView | WordsView | NoteView;

export interface TurnView {
  readonly key: string;
  /** 0: before the first turn, or between turns. */
  readonly turn: number;
  readonly at: string;
  readonly steps: readonly StepView[];
}

export interface AttemptView {
  /** 0: before the first attempt. */
  readonly attempt: number;
  readonly seq: number;
  readonly skills: Event<'attempt-start'>['skills'];
  readonly turns: readonly TurnView[];
  readonly end: Event<'attempt-end'> | null;
}

export interface RunView {
  readonly attempts: readonly AttemptView[];
  readonly end: Event<'run-end'> | null;
  readonly turns: number;
  readonly tokens: number;
  readonly costUsd: number | null;
  readonly files: readonly Event<'files-changed'>['changes'][number][];
}

interface OpenTurn {
  key: string;
  turn: number;
  at: string;
  steps: StepView[];
}
interface OpenAttempt {
  attempt: number;
  seq: number;
  skills: Event<'attempt-start'>['skills'];
  turns: OpenTurn[];
  end: Event<'attempt-end'> | null;
}

/** Pure; bears with events that are missing: a call without a start, an end without a turn. */
export function foldTimeline(events: readonly RunEvent[]): RunView {
  const attempts: OpenAttempt[] = [];
  let end: RunView['end'] = null;
  for (const event of events) {
    if (event.type === 'skills-chosen') continue;
    if (event.type === 'run-end') end = event;
    else if (event.type === 'attempt-start')
      attempts.push({ attempt: event.attempt, seq: event.seq, skills: event.skills, turns: [], end: null });
    else takeEvent(attemptOf(attempts, event), event);
  }
  const replies = events.filter((event) => event.type === 'model-reply');
  const costs = replies.map((event) => event.reply.usage.cost_usd);
  return {
    attempts,
    end,
    turns: replies.length,
    tokens: replies.reduce(
      (sum, event) => sum + event.reply.usage.input_tokens + event.reply.usage.output_tokens,
      0,
    ),
    costUsd: costs.every((cost) => cost === null)
      ? null
      : costs.reduce((sum: number, cost) => sum + (cost ?? 0), 0),
    files: events.flatMap((event) => (event.type === 'files-changed' && event.applied ? event.changes : [])),
  };
}

type InAttempt = Exclude<RunEvent, Event<'skills-chosen' | 'run-end' | 'attempt-start'>>;

function attemptOf(attempts: OpenAttempt[], event: InAttempt): OpenAttempt {
  const last = attempts.at(-1);
  if (last && (event.type === 'note' || last.attempt === event.attempt)) return last;
  const opened = {
    attempt: event.type === 'note' ? 0 : event.attempt,
    seq: event.seq,
    skills: [],
    turns: [],
    end: null,
  };
  attempts.push(opened);
  return opened;
}

function turnOf(attempt: OpenAttempt, turn: number, event: InAttempt): OpenTurn {
  const last = attempt.turns.at(-1);
  if (last?.turn === turn) return last;
  const opened = { key: `${attempt.attempt}.${turn}.${event.seq}`, turn, at: event.at, steps: [] };
  attempt.turns.push(opened);
  return opened;
}

function takeEvent(attempt: OpenAttempt, event: InAttempt): void {
  switch (event.type) {
    case 'attempt-end':
      attempt.end = event;
      return;
    case 'turn-start':
      turnOf(attempt, event.turn, event);
      return;
    case 'model-reply':
      turnOf(attempt, event.turn, event).steps.push(wordsOf(event));
      return;
    case 'tool-start':
    case 'tool-progress':
    case 'approval-start':
    case 'approval-end':
    case 'tool-end':
      takeCallEvent(turnOf(attempt, event.turn, event), event);
      return;
    case 'context-fitted':
      turnOf(attempt, event.turn, event).steps.push({ kind: 'note', seq: event.seq, at: event.at, event });
      return;
    default:
      (attempt.turns.at(-1) ?? turnOf(attempt, 0, event)).steps.push({
        kind: 'note',
        seq: event.seq,
        at: event.at,
        event,
      });
  }
}

function wordsOf(event: Event<'model-reply'>): WordsView {
  const { usage, text, error } = event.reply;
  return {
    kind: 'words',
    seq: event.seq,
    at: event.at,
    text,
    tokens: usage.input_tokens + usage.output_tokens,
    costUsd: usage.cost_usd,
    tookMs: event.took_ms,
    error:
      error === undefined ? undefined : `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`,
  };
}

type CallEvent = Event<'tool-start' | 'tool-progress' | 'approval-start' | 'approval-end' | 'tool-end'>;

function takeCallEvent(turn: OpenTurn, event: CallEvent): void {
  const id = 'call' in event ? event.call.id : event.call_id;
  const at = turn.steps.findLastIndex((step) => step.kind === 'call' && step.id === id && step.end === null);
  const found = turn.steps[at];
  const before = found?.kind === 'call' ? found : newCall(id, event);
  const after = withEvent(before, event);
  if (found) turn.steps[at] = after;
  else turn.steps.push(after);
}

function newCall(id: string, event: CallEvent): CallView {
  const call = 'call' in event ? event.call : undefined;
  return {
    kind: 'call',
    id,
    seq: event.seq,
    at: event.at,
    name: call?.name ?? '',
    source: 'source' in event ? event.source : '',
    args: call?.args,
    rawArgs: call?.raw_args,
    progress: undefined,
    approval: null,
    end: null,
  };
}

function withEvent(call: CallView, event: CallEvent): CallView {
  switch (event.type) {
    case 'tool-start':
      return call;
    case 'tool-progress':
      return { ...call, progress: event.text };
    case 'approval-start':
      return {
        ...call,
        name: call.name || event.question.tool,
        approval: { question: event.question, allowed: null },
      };
    case 'approval-end':
      return call.approval === null
        ? call
        : { ...call, approval: { ...call.approval, allowed: event.allowed } };
    case 'tool-end':
      return { ...call, end: { tookMs: event.took_ms, result: event.result } };
  }
}
