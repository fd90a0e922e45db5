// One line for each event, for people: what `openspace runs show` and `runs tail` print.
import type { AgentEvent, ToolCall, ToolResult, Usage } from '../agent/index.ts';
import { oneLine, plural, unreachable } from '../lib/index.ts';
import type { RunEvent } from './format.ts';

const WIDTH = 120;

/** What happened, in one line without colours, of at most about 160 characters. */
export function describeEvent(event: RunEvent | AgentEvent): string {
  switch (event.type) {
    case 'skills-chosen':
      return `skills: ${names(event.choice.picked)} (${event.choice.how}, of ${event.choice.considered.length})`;
    case 'attempt-start':
      return `attempt ${event.attempt} with ${names(event.skills)}`;
    case 'turn-start':
      return `turn ${event.turn}`;
    case 'text-delta':
      return oneLine(event.text, WIDTH);
    case 'model-reply':
      return describeReply(event);
    case 'context-fitted':
      return `conversation shortened by ${plural(event.droppedMessages, 'message')} to ${plural(event.tokens, 'token')}`;
    case 'tool-start':
      return `${event.call.name} ${describeArgs(event.call)}`.trimEnd();
    case 'tool-progress':
      return `… ${oneLine(event.text, WIDTH)}`;
    case 'approval-start':
      return `asks: ${oneLine(event.question.action, WIDTH)} (${oneLine(event.question.reason, 60)})`;
    case 'approval-end':
      return event.allowed ? 'allowed' : 'refused';
    case 'tool-end':
      return `${event.call.name} ${event.result.isError ? 'failed' : 'done'} in ${duration(event.tookMs)}: ${firstText(event.result)}`;
    case 'attempt-end':
      return `attempt ${event.attempt} ${event.outcome.status}, ${plural(event.outcome.turns, 'turn')}, ${describeUsage(event.outcome.usage)}`;
    case 'skill-retrieved':
      return `skill looked up: ${event.skill.name}`;
    case 'files-changed':
      return describeChanges(event);
    case 'note':
      return oneLine(event.text, WIDTH);
    case 'run-end':
      return `run ${event.status}${event.error === undefined ? '' : `: ${oneLine(event.error, WIDTH)}`}`;
    default:
      return unreachable(event);
  }
}

const names = (skills: readonly { readonly name: string }[]) =>
  skills.length === 0 ? 'no skill' : skills.map(({ name }) => name).join(', ');

function describeReply({ reply, tookMs }: Extract<AgentEvent, { type: 'model-reply' }>): string {
  const cost = `${describeUsage(reply.usage)}, ${duration(tookMs)}`;
  if (reply.error !== undefined) {
    return `model failed (${reply.error.kind}): ${oneLine(reply.error.message, WIDTH)} [${cost}]`;
  }
  const calls = reply.calls.length === 0 ? '' : ` → ${reply.calls.map(({ name }) => name).join(', ')}`;
  const text = reply.text.trim() === '' ? '' : ` ${oneLine(reply.text, WIDTH)}`;
  return `model${reply.stop === 'length' ? ' (cut)' : ''}:${text}${calls} [${cost}]`;
}

/** The argument that says most, or all of them as JSON. */
function describeArgs({ args, rawArgs }: ToolCall): string {
  if (args === undefined) return oneLine(rawArgs ?? '', WIDTH);
  const main = [args.command, args.path, args.pattern, args.url, args.query].find(
    (value) => typeof value === 'string',
  );
  if (typeof main === 'string') return oneLine(main, WIDTH);
  return Object.keys(args).length === 0 ? '' : oneLine(JSON.stringify(args), WIDTH);
}

function firstText(result: ToolResult): string {
  const [part] = result.parts;
  if (part === undefined) return '(nothing)';
  return part.type === 'text' ? oneLine(part.text, WIDTH) : `picture (${part.mediaType})`;
}

function describeUsage(usage: Usage): string {
  const cost = usage.costUsd === null ? '' : `, $${usage.costUsd.toFixed(4)}`;
  return `${plural(usage.inputTokens + usage.outputTokens, 'token')}${cost}`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function describeChanges({ applied, changes, left }: Extract<RunEvent, { type: 'files-changed' }>): string {
  const names = changes.slice(0, 5).map(({ path, change }) => `${MARKS[change]}${path}`);
  const more = changes.length > names.length ? ` and ${changes.length - names.length} more` : '';
  const open = left.length === 0 ? '' : `; ${plural(left.length, 'change')} not brought over`;
  return `${applied ? 'files' : 'thrown away'}: ${names.join(' ')}${more}${open}`;
}

const MARKS = { added: '+', changed: '~', deleted: '-' } as const;
