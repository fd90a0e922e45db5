// Reads the recordings of the original OpenSpace: metadata.json, conversations.jsonl and traj.jsonl of a run's folder.
import { readTextIfPresent } from '../lib/index.ts';
import type { RunStatus } from './format.ts';

export interface OriginalMessage {
  /** From 1; 0 for what was said before the first turn. Counts anew in a second attempt. */
  readonly iteration: number;
  readonly agent: string;
  readonly role: string;
  readonly text: string;
  readonly toolCalls: readonly { readonly name: string; readonly args: string }[];
}

export interface OriginalStep {
  readonly step: number;
  readonly at: string | undefined;
  /** `backend:tool`, or `backend:server:tool`. */
  readonly tool: string;
  readonly command: string;
  readonly succeeded: boolean;
  readonly output: string;
}

/** A recorded run of the original, as far as its files can be read. */
export interface OriginalRecording {
  readonly folder: string;
  readonly taskId: string;
  readonly task: string;
  readonly model: string | undefined;
  readonly status: RunStatus;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly iterations: number;
  readonly tookMs: number | undefined;
  /** Ids of the skills that were chosen, and of those that were on offer. */
  readonly selected: readonly string[];
  readonly available: readonly string[];
  readonly messages: readonly OriginalMessage[];
  readonly steps: readonly OriginalStep[];
  /** What could not be read, for people. */
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a recording's folder; undefined if it holds none. Broken lines are left out and told. */
export function readOriginalRecording(folder: string): OriginalRecording | undefined {
  const problems: string[] = [];
  const metadata = parseFile(`${folder}/metadata.json`, problems);
  const turns = parseLines(`${folder}/conversations.jsonl`, problems);
  const calls = parseLines(`${folder}/traj.jsonl`, problems);
  if (metadata === undefined && turns.length === 0 && calls.length === 0) return undefined;
  const about = metadata ?? {};
  const selection = fieldsOf(about.skill_selection);
  const outcome = fieldsOf(about.execution_outcome);
  const messages = turns.flatMap(messagesOf);
  const seconds = numberOf(outcome.execution_time);
  return {
    folder,
    taskId: textOf(about.task_id) || textOf(about.task_name) || (folder.split('/').at(-1) ?? folder),
    // The selection keeps 500 characters of the task; the first user message has it whole.
    task: textOf(about.instruction) || firstUserText(messages) || textOf(selection.task),
    model: textOf(selection.model) || undefined,
    status: statusOf(outcome),
    startedAt: timeOf(about.start_time),
    endedAt: timeOf(about.end_time),
    iterations:
      numberOf(outcome.iterations) ?? messages.reduce((most, each) => Math.max(most, each.iteration), 0),
    tookMs: seconds === undefined ? undefined : Math.round(seconds * 1000),
    selected: textsOf(selection.selected),
    available: textsOf(selection.available_skills),
    messages,
    steps: calls.map(stepOf),
    problems,
  };
}

function parseFile(path: string, problems: string[]): Fields | undefined {
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return fieldsOf(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problems.push(`${path} is not JSON: ${error.message}`);
    return undefined;
  }
}

function parseLines(path: string, problems: string[]): Fields[] {
  const lines: Fields[] = [];
  for (const [index, line] of (readTextIfPresent(path) ?? '').split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      lines.push(fieldsOf(JSON.parse(line)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push(`${path}:${index + 1} is not JSON: ${error.message}`);
    }
  }
  return lines;
}

function messagesOf(turn: Fields): OriginalMessage[] {
  const isSetup = turn.type === 'setup';
  return listOf(isSetup ? turn.messages : turn.delta_messages).map((item) => {
    const message = fieldsOf(item);
    return {
      iteration: isSetup ? 0 : (numberOf(turn.iteration) ?? 0),
      agent: textOf(turn.agent_name),
      role: textOf(message.role),
      text: contentOf(message.content),
      toolCalls: listOf(message.tool_calls).map((call) => {
        const inner = fieldsOf(fieldsOf(call).function ?? call);
        const args = inner.arguments ?? inner.args ?? '';
        return { name: textOf(inner.name), args: typeof args === 'string' ? args : JSON.stringify(args) };
      }),
    };
  });
}

/** A text, or the text parts of a list of parts. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((part) => textOf(fieldsOf(part).text))
    .filter((text) => text !== '')
    .join('\n');
}

function stepOf(line: Fields, index: number): OriginalStep {
  const result = fieldsOf(line.result);
  const names = [textOf(line.backend), textOf(line.server), textOf(line.tool)].filter((name) => name !== '');
  return {
    step: numberOf(line.step) ?? index + 1,
    at: timeOf(line.timestamp),
    tool: names.join(':'),
    command: textOf(line.command),
    succeeded: textOf(result.status) !== 'error',
    output: textOf(result.output) || textOf(result.stdout) || textOf(result.stderr),
  };
}

function statusOf(outcome: Fields): RunStatus {
  switch (textOf(outcome.status)) {
    case 'success':
      return 'done';
    case 'cancelled':
      return 'cancelled';
    case 'incomplete':
      return 'incomplete';
    default:
      // Without an outcome the run was killed: the original showed such runs as successes.
      return 'error';
  }
}

const firstUserText = (messages: readonly OriginalMessage[]) =>
  messages.find((message) => message.role === 'user')?.text ?? '';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textsOf = (value: unknown): string[] =>
  listOf(value)
    .map((item) => textOf(item) || textOf(fieldsOf(item).skill_id))
    .filter((text) => text !== '');

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The original wrote local times without a zone; they are taken as UTC. */
function timeOf(value: unknown): string | undefined {
  const text = textOf(value);
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const time = new Date(zoned.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
