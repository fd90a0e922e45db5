// The only agent loop of the product: ask the model, run its tool calls, until it answers or a budget is used up.
import { toMessage } from '../lib/index.ts';
import { estimateRequestTokens, fitMessages } from './context.ts';
import { createRepetitionCheck } from './repetition.ts';
import { type CallResult, createCallRunner } from './tool-calls.ts';
import type {
  AgentInput,
  AgentOutcome,
  EventListener,
  Message,
  ModelError,
  ModelErrorKind,
  ModelReply,
  Usage,
} from './types.ts';
import { addUsage, NO_USAGE } from './usage.ts';

/** How often a reply that hit the output limit is continued. */
const MAX_CONTINUATIONS = 3;
/** Share of the window that a conversation may fill before it is fitted, and to which it then shrinks: one shrink
 * lasts for many turns, and in between the provider's prompt cache holds. */
const FILL_LIMIT = 0.8;
const FILL_TARGET = 0.55;
/** Failures whose turn is asked again when part of the text had already been shown (the model itself did not retry). */
const ASK_AGAIN: ReadonlySet<ModelErrorKind> = new Set(['network', 'timeout', 'overloaded', 'bad-reply']);

/**
 * Lets an agent work until it is done. Contract: resolves whatever the model or the tools do; a turn without tool
 * calls ends the run; `budget.maxTurns` is the most model calls ever made; on every status `answer`, `messages` and
 * `usage` hold what there is. Rejects only if `emit` throws.
 */
export async function runAgent(input: AgentInput, emit: EventListener): Promise<AgentOutcome> {
  return new Run(input, emit).run();
}

type End = Pick<AgentOutcome, 'status' | 'exhausted' | 'error'>;

class Run {
  readonly #input: AgentInput;
  readonly #emit: EventListener;
  readonly #calls: ReturnType<typeof createCallRunner>;
  readonly #repetition = createRepetitionCheck();
  /** All that was said. */
  readonly #messages: Message[];
  /** What the model gets: all, or what is left after fitting. */
  #view: Message[];
  #taskIndex: number;
  #turns = 0;
  #usage: Usage = NO_USAGE;
  #answer = '';
  /** Pieces of an answer that hit the output limit. */
  #pieces: string[] = [];
  #nudged = false;
  #askedAgain = false;
  #fittedHarder = false;
  /** Real tokens per estimated one, learnt from the provider's own count. */
  #tokenRatio = 1;

  constructor(input: AgentInput, emit: EventListener) {
    this.#input = input;
    this.#emit = emit;
    this.#calls = createCallRunner(input, emit);
    this.#messages = [...input.messages];
    this.#view = [...input.messages];
    this.#taskIndex = input.messages.findLastIndex((message) => message.role === 'user');
  }

  async run(): Promise<AgentOutcome> {
    let end: End | undefined;
    while (end === undefined) end = this.#cannotGoOn() ?? (await this.#turn());
    return {
      status: end.status,
      answer: this.#answer,
      turns: this.#turns,
      usage: this.#usage,
      ...(end.exhausted === undefined ? {} : { exhausted: end.exhausted }),
      ...(end.error === undefined ? {} : { error: end.error }),
      messages: this.#messages,
    };
  }

  #cannotGoOn(): End | undefined {
    const { budget, signal } = this.#input;
    if (signal.aborted) return { status: 'cancelled' };
    const exhausted = (kind: AgentOutcome['exhausted']): End => ({
      status: 'out-of-budget',
      ...(kind === undefined ? {} : { exhausted: kind }),
    });
    if (this.#repetition.stuck) return exhausted('repetition');
    if (this.#turns >= budget.maxTurns) return exhausted('turns');
    const tokens = this.#usage.inputTokens + this.#usage.outputTokens;
    if (budget.maxTokens !== undefined && tokens >= budget.maxTokens) return exhausted('tokens');
    const cost = this.#usage.costUsd;
    if (budget.maxCostUsd !== undefined && cost !== null && cost >= budget.maxCostUsd)
      return exhausted('cost');
    return undefined;
  }

  async #turn(): Promise<End | undefined> {
    const turn = this.#turns + 1;
    this.#fit(turn, this.#input.model.contextTokens * FILL_LIMIT, FILL_TARGET);
    this.#turns = turn;
    this.#emit({ type: 'turn-start', turn });
    const reply = await this.#ask(turn);
    this.#usage = addUsage(this.#usage, reply.usage);
    switch (reply.stop) {
      case 'aborted':
        this.#keepPartial(reply.text);
        return { status: 'cancelled' };
      case 'error':
        return this.#afterError(reply, turn);
      default:
        this.#askedAgain = false;
        return reply.calls.length > 0 ? this.#afterCalls(reply, turn) : this.#afterText(reply);
    }
  }

  async #ask(turn: number): Promise<ModelReply> {
    const { model, system, tools, signal } = this.#input;
    const messages: Message[] =
      system === '' ? this.#view : [{ role: 'system', text: system }, ...this.#view];
    const specs = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
    const started = performance.now();
    const onDelta = (text: string) => this.#emit({ type: 'text-delta', turn, text });
    const reply = await model.reply({ messages, tools: specs }, { signal, onDelta }).catch(brokenContract);
    this.#emit({ type: 'model-reply', turn, reply, tookMs: Math.round(performance.now() - started) });
    if (reply.usage.inputTokens > 0 && reply.tries === 1) {
      const ratio = reply.usage.inputTokens / estimateRequestTokens(messages, specs);
      this.#tokenRatio = Math.min(3, Math.max(1, ratio));
    }
    return reply;
  }

  async #afterCalls(reply: ModelReply, turn: number): Promise<undefined> {
    this.#pieces = [];
    const text = withoutMarker(reply.text);
    if (text !== '') this.#answer = text;
    this.#say(assistantMessage(reply, text));
    const results = await this.#calls.run(reply.calls, turn, reply.stop === 'length');
    for (const { call, result } of this.#repetition.look(results)) this.#say(toolMessage(call, result));
  }

  #afterText(reply: ModelReply): End | undefined {
    const text = withoutMarker(reply.text);
    if (text !== '') this.#say(assistantMessage(reply, text));
    if (reply.stop === 'length' && this.#pieces.length < MAX_CONTINUATIONS) {
      this.#pieces.push(reply.text);
      this.#answer = this.#pieces.join('');
      this.#say(
        userMessage(
          text === ''
            ? 'Your reply was cut off by its length limit before it said anything. Be brief.'
            : 'Your reply was cut off by its length limit. Continue exactly where it stopped, without repeating anything.',
        ),
      );
      return undefined;
    }
    const whole = withoutMarker([...this.#pieces, reply.text].join(''));
    if (whole !== '') this.#answer = whole;
    const silent = whole === '' && reply.text.trim() === '';
    if (silent && !this.#nudged && this.#turns < this.#input.budget.maxTurns) {
      this.#nudged = true;
      this.#say(userMessage('Your reply was empty. Say what you did and what came out.'));
      return undefined;
    }
    return { status: 'done' };
  }

  #afterError(reply: ModelReply, turn: number): End | undefined {
    const error: ModelError = reply.error ?? { kind: 'other', message: 'The model failed without a reason.' };
    if (error.kind === 'context-length' && !this.#fittedHarder) {
      this.#fittedHarder = true;
      const limit = estimateRequestTokens(this.#view, []) * this.#tokenRatio;
      if (this.#fit(turn, limit * 0.9, 0.5)) return undefined;
    }
    if (ASK_AGAIN.has(error.kind) && reply.text !== '' && !this.#askedAgain) {
      this.#askedAgain = true;
      return undefined;
    }
    this.#keepPartial(reply.text);
    return { status: 'error', error };
  }

  /** Shrinks what the model gets if it is above `limit` real tokens, to `target` of it. True if anything changed. */
  #fit(turn: number, limit: number, target: number): boolean {
    const { system, tools } = this.#input;
    const fixed = estimateRequestTokens([{ role: 'system', text: system }], tools);
    const now = estimateRequestTokens(this.#view, []);
    if ((fixed + now) * this.#tokenRatio <= limit) return false;
    const room = Math.max(500, (limit * target) / (FILL_LIMIT * this.#tokenRatio) - fixed);
    const fitted = fitMessages(this.#view, this.#taskIndex, Math.min(room, now * 0.9));
    if (fitted.tokens >= now) return false;
    const task = this.#view[this.#taskIndex];
    this.#view = [...fitted.messages];
    this.#taskIndex = task === undefined ? -1 : this.#view.indexOf(task);
    const { dropped, tokens } = fitted;
    this.#emit({
      type: 'context-fitted',
      turn,
      droppedMessages: dropped,
      tokens: Math.round(fixed + tokens),
    });
    return true;
  }

  #keepPartial(text: string): void {
    const kept = withoutMarker(text);
    if (kept === '') return;
    this.#answer = [...this.#pieces, kept].join('');
    this.#say({ role: 'assistant', text: kept, calls: [] });
  }

  #say(message: Message): void {
    this.#messages.push(message);
    this.#view.push(message);
  }
}

/** Models of other authors may reject although they must not. */
function brokenContract(thrown: unknown): ModelReply {
  const error: ModelError = { kind: 'other', message: `The model threw: ${toMessage(thrown)}` };
  return { text: '', calls: [], stop: 'error', usage: NO_USAGE, error, tries: 1 };
}

function assistantMessage(reply: ModelReply, text: string): Message {
  const message = { role: 'assistant' as const, text, calls: reply.calls };
  return reply.providerState === undefined ? message : { ...message, providerState: reply.providerState };
}

function toolMessage(call: CallResult['call'], result: CallResult['result']): Message {
  return { role: 'tool', callId: call.id, name: call.name, parts: result.parts, isError: result.isError };
}

function userMessage(text: string): Message {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/** Without the original's `<COMPLETE>` where it stands alone on a line or at the very end; elsewhere it may be meant. */
function withoutMarker(text: string): string {
  return text
    .replace(/^[ \t]*<COMPLETE>[ \t]*$/gm, '')
    .replace(/\s*<COMPLETE>\s*$/, '')
    .trim();
}
