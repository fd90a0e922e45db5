// A recording as lines for a transcript, and the look-up of quotes in it.
import type { Recording, TimedEvent } from '../../recording/index.ts';
import type { Evidence } from '../suggestion.ts';
import type { Line } from './transcript.ts';

/** Everything that was said and done, in order. */
export function recordingLines(recording: Recording): Line[] {
  const lines: Line[] = [{ kind: 'user', text: recording.header.task }];
  for (const event of recording.events) lines.push(...eventLines(event));
  const last = lines.findLastIndex((line) => line.kind === 'assistant' && line.text !== '');
  return lines.map((line, index) =>
    index === last && line.kind === 'assistant' ? { ...line, final: true } : line,
  );
}

function eventLines(event: TimedEvent): Line[] {
  switch (event.type) {
    case 'attempt-start': {
      if (event.attempt === 1) return [];
      const text = `Attempt ${event.attempt} begins, ${event.skills.length === 0 ? 'without skills' : 'with skills'}.`;
      return [{ kind: 'system', turn: `${event.attempt}.0`, text }];
    }
    case 'skill-retrieved':
      return [
        {
          kind: 'system',
          turn: String(event.attempt),
          text: `The agent looked up ${event.skill.versionId}.`,
        },
      ];
    case 'model-reply': {
      const { text, error } = event.reply;
      const failed = error === undefined ? '' : `\n[the model failed: ${error.kind}]`;
      return [{ kind: 'assistant', turn: label(event), text: `${text}${failed}`, final: false }];
    }
    case 'tool-start':
      return [{ kind: 'call', turn: label(event), name: event.call.name, args: argsText(event) }];
    case 'tool-end':
      return [{ kind: 'result', turn: label(event), text: resultText(event), isError: event.result.isError }];
    default:
      return [];
  }
}

const label = ({ attempt, turn }: { attempt: number; turn: number }) =>
  attempt === 1 ? String(turn) : `${attempt}.${turn}`;

type ToolStart = Extract<TimedEvent, { type: 'tool-start' }>;
type ToolEnd = Extract<TimedEvent, { type: 'tool-end' }>;

const argsText = ({ call }: Pick<ToolStart, 'call'>) =>
  call.args === undefined ? (call.rawArgs ?? '') : JSON.stringify(call.args);

const resultText = ({ result }: ToolEnd) =>
  result.parts.map((part) => (part.type === 'text' ? part.text : `[picture ${part.mediaType}]`)).join('\n');

/** What an event says, for quotes and search. The task is left out: it is what was asked, not what happened. */
export function eventTexts(event: TimedEvent): readonly string[] {
  switch (event.type) {
    case 'model-reply':
      return [event.reply.text];
    case 'tool-start': {
      const values = Object.values(event.call.args ?? {}).filter((value) => typeof value === 'string');
      return [argsText(event), ...values];
    }
    case 'tool-end':
      return [resultText(event)];
    case 'attempt-end':
      return [event.outcome.answer];
    default:
      return [];
  }
}

/** Shorter ones prove nothing. */
const LEAST_QUOTE = 8;

const plain = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Keeps the quotes that really stand in the recording, white space aside, each with its event. */
export function findQuotes(
  recording: Recording,
  quotes: readonly { readonly quote: string; readonly says: string }[],
): Evidence[] {
  const texts = recording.events.map((event) => ({
    seq: event.seq,
    texts: eventTexts(event).map(plain),
  }));
  return quotes.flatMap(({ quote, says }) => {
    const wanted = plain(quote).replace(/^["“]|["”]$/g, '');
    if (wanted.length < LEAST_QUOTE) return [];
    const found = texts.find((event) => event.texts.some((text) => text.includes(wanted)));
    return found === undefined ? [] : [{ quote: wanted, says, seq: found.seq }];
  });
}
