// Fits a conversation into the model's window: old tool results are shortened first, then the oldest exchanges go.
import { estimateTokens } from '../lib/index.ts';
import type { Message, Part, ToolSpec } from './types.ts';

/** A picture costs about this much, whatever its size (providers: 258 to 1,600). */
const PICTURE_TOKENS = 1_200;
/** For the frame that each message and tool has on the wire. */
const FRAME_TOKENS = 8;

function partTokens(part: Part): number {
  return part.type === 'text' ? estimateTokens(part.text) : PICTURE_TOKENS;
}

export function estimateMessageTokens(message: Message): number {
  switch (message.role) {
    case 'system':
      return FRAME_TOKENS + estimateTokens(message.text);
    case 'assistant': {
      // Reasoning that goes back with the message is longer than its text and calls.
      if (message.providerState !== undefined) {
        return FRAME_TOKENS + estimateTokens(JSON.stringify(message.providerState));
      }
      const calls = message.calls.map((call) => call.name + JSON.stringify(call.args ?? call.rawArgs));
      return FRAME_TOKENS * (1 + calls.length) + estimateTokens(message.text + calls.join(''));
    }
    default:
      return message.parts.reduce((sum, part) => sum + partTokens(part), FRAME_TOKENS);
  }
}

export function estimateRequestTokens(messages: readonly Message[], tools: readonly ToolSpec[]): number {
  const forTools = tools.reduce(
    (sum, tool) =>
      sum + FRAME_TOKENS + estimateTokens(tool.name + tool.description + JSON.stringify(tool.parameters)),
    0,
  );
  return messages.reduce((sum, message) => sum + estimateMessageTokens(message), forTools);
}

export interface Fitted {
  readonly messages: readonly Message[];
  /** Messages left out; 0 if only tool results were shortened. */
  readonly dropped: number;
  readonly tokens: number;
}

/** Characters that are kept of a tool's result, step by step harder. */
const CAPS = [4_000, 1_000, 300];

/**
 * Makes messages fit into `limit` estimated tokens, as far as possible.
 * Invariants: the task (the user message at `taskIndex`) and the newest exchange stay; a tool message stays only
 * together with the assistant message that called it. Says by a note to the model that something was left out.
 */
export function fitMessages(messages: readonly Message[], taskIndex: number, limit: number): Fitted {
  const size = (list: readonly Message[]) => list.reduce((sum, one) => sum + estimateMessageTokens(one), 0);
  let fitted = messages;
  for (const cap of CAPS) {
    if (size(fitted) <= limit) return { messages: fitted, dropped: 0, tokens: size(fitted) };
    fitted = shortenResults(fitted, cap, lastExchange(fitted));
  }
  const exchanges = splitExchanges(fitted, taskIndex);
  let dropped = 0;
  while (size(exchanges.flatMap((one) => one.messages)) + NOTE_TOKENS > limit) {
    const oldest = exchanges.findIndex((one, index) => !one.keep && index < exchanges.length - 1);
    if (oldest < 0) break;
    dropped += exchanges[oldest]?.messages.length ?? 0;
    exchanges.splice(oldest, 1);
  }
  let kept = exchanges.flatMap((one) => one.messages);
  if (dropped > 0)
    kept = withNote(
      kept,
      exchanges.findIndex((one) => one.keep),
      exchanges,
      dropped,
    );
  for (const cap of CAPS) {
    if (size(kept) <= limit) break;
    kept = [...shortenResults(kept, cap, kept.length)];
  }
  return { messages: kept, dropped, tokens: size(kept) };
}

const NOTE_TOKENS = 50;
const NOTE = /^\[\d+ earlier messages of this conversation were left out/;

interface Exchange {
  readonly messages: readonly Message[];
  /** Holds the task. */
  readonly keep: boolean;
}

/** Units that may only be dropped as a whole: an assistant message with its results, or a single other message. */
function splitExchanges(messages: readonly Message[], taskIndex: number): Exchange[] {
  const exchanges: { messages: Message[]; keep: boolean }[] = [];
  for (const [index, message] of messages.entries()) {
    const last = exchanges.at(-1);
    if (message.role === 'tool' && last !== undefined) last.messages.push(message);
    else exchanges.push({ messages: [message], keep: index === taskIndex });
  }
  return exchanges;
}

/** Puts the note in front of what follows the task, and takes an older note out. */
function withNote(
  messages: readonly Message[],
  taskExchange: number,
  exchanges: readonly Exchange[],
  dropped: number,
): Message[] {
  const text = `[${dropped} earlier messages of this conversation were left out to fit the model's window. Look at files and results again where you need them.]`;
  const note: Message = { role: 'user', parts: [{ type: 'text', text }] };
  const before = exchanges.slice(0, taskExchange + 1).flatMap((one) => one.messages).length;
  return [...messages.slice(0, before), note, ...messages.slice(before)].filter(
    (message) => message === note || !isNote(message),
  );
}

function isNote(message: Message): boolean {
  const part = message.role === 'user' ? message.parts[0] : undefined;
  return part?.type === 'text' && NOTE.test(part.text);
}

/** Index of the newest assistant message: it and its results are what the model is working on. */
function lastExchange(messages: readonly Message[]): number {
  const index = messages.findLastIndex((message) => message.role === 'assistant');
  return index < 0 ? messages.length : index;
}

/** Tool results before `end` with at most `cap` characters of text, head and tail, and without pictures. */
function shortenResults(messages: readonly Message[], cap: number, end: number): readonly Message[] {
  return messages.map((message, index) => {
    if (message.role !== 'tool' || index >= end) return message;
    const parts = message.parts.map((part): Part => {
      if (part.type === 'image') return { type: 'text', text: '[picture left out]' };
      return part.text.length <= cap + 200 ? part : { type: 'text', text: shorten(part.text, cap) };
    });
    return { ...message, parts };
  });
}

function shorten(text: string, cap: number): string {
  const head = Math.ceil(cap * 0.7);
  const tail = cap - head;
  return `${text.slice(0, head)}\n[… ${text.length - cap} characters left out …]\n${text.slice(text.length - tail)}`;
}
