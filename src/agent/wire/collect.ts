// Gathers a streamed or whole answer of the SDK into one reply: text, calls, usage, why it stopped, what to give back.
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import type { Failure } from '../errors.ts';
import { providerOf, type Route, routeId } from '../route.ts';
import { parseToolArgs } from '../tool-args.ts';
import type { ModelErrorKind, ModelReply, ToolCall, Usage } from '../types.ts';
import { NO_USAGE } from '../usage.ts';
import { classifyFailure } from './failure.ts';
import type { AssistantContent, AssistantState } from './prompt.ts';
import { RawCalls } from './raw-calls.ts';
import { ThinkFilter } from './think-filter.ts';

/** One answer. With a `failure`, the text is what had come before it and there are no calls. */
export interface Collected {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly stop: 'end' | 'calls' | 'length';
  readonly usage: Usage;
  readonly failure?: Failure;
  readonly providerState?: AssistantState;
}

/** A block of the answer in the order of its start. */
interface Block {
  readonly type: 'text' | 'reasoning' | 'call';
  readonly id: string;
  name: string;
  text: string;
  metadata: SharedV4ProviderMetadata | undefined;
}

type Finish = Pick<Extract<LanguageModelV4StreamPart, { type: 'finish' }>, 'finishReason' | 'usage'> & {
  readonly providerMetadata?: SharedV4ProviderMetadata | undefined;
};

/** Takes the parts of an answer, in order. */
export class ReplyCollector {
  readonly #route: Route;
  readonly #onText: ((text: string) => void) | undefined;
  readonly #blocks: Block[] = [];
  readonly #think = new ThinkFilter();
  readonly #rawCalls = new RawCalls();
  #shown = '';
  #finish: Finish | undefined;
  #failure: Failure | undefined;

  constructor(route: Route, onText?: (text: string) => void) {
    this.#route = route;
    this.#onText = onText;
  }

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'text-delta':
      case 'text-end':
        this.#grow('text', part);
        if (part.type === 'text-delta') this.#show(this.#think.push(part.delta));
        break;
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#grow('reasoning', part);
        break;
      case 'tool-call':
        this.#addCall(part.toolCallId, part.toolName, part.input, part.providerMetadata);
        break;
      case 'raw':
        this.#rawCalls.add(part.rawValue);
        break;
      case 'error':
        this.fail(part.error);
        break;
      case 'finish':
        this.#finish = part;
        break;
      default: // names of warnings, sources, files, pings: nothing that an agent uses
    }
  }

  /** A whole answer at once. */
  addResult(result: LanguageModelV4GenerateResult): void {
    for (const [index, part] of result.content.entries()) {
      if (part.type === 'text' || part.type === 'reasoning') {
        const id = `${part.type}-${index}`;
        this.#grow(part.type, { id, delta: part.text, providerMetadata: part.providerMetadata });
        if (part.type === 'text') this.#show(this.#think.push(part.text));
      } else if (part.type === 'tool-call') this.add(part);
    }
    this.#finish = result;
  }

  /** What was thrown while the answer came. The first failure counts. */
  fail(thrown: unknown): void {
    this.#failure ??= classifyFailure(thrown, this.#route);
  }

  async done(): Promise<Collected> {
    this.#show(this.#think.end());
    for (const call of this.#rawCalls.missing(this.#blocks.map((block) => block.id))) {
      this.#addCall(call.id, call.name, call.args, undefined);
    }
    const calls = await this.#calls();
    const usage = toUsage(this.#finish);
    const stop = this.#failure ?? this.#stop(calls);
    if (typeof stop === 'object') return { text: this.#shown, calls: [], stop: 'end', usage, failure: stop };
    const providerState = this.#state(calls);
    const reply = { text: this.#shown, calls, stop, usage };
    return providerState === undefined ? reply : { ...reply, providerState };
  }

  #show(text: string): void {
    if (text === '') return;
    this.#shown += text;
    this.#onText?.(text);
  }

  #grow(
    type: 'text' | 'reasoning',
    part: { id: string; delta?: string; providerMetadata?: SharedV4ProviderMetadata | undefined },
  ): void {
    let block = this.#blocks.findLast((one) => one.type === type && one.id === part.id);
    if (block === undefined) {
      block = { type, id: part.id, name: '', text: '', metadata: undefined };
      this.#blocks.push(block);
    }
    block.text += part.delta ?? '';
    if (part.providerMetadata !== undefined) block.metadata = { ...block.metadata, ...part.providerMetadata };
  }

  #addCall(id: string, name: string, text: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const taken = this.#blocks.some((block) => block.type === 'call' && block.id === id);
    const own = taken ? `${id}_${this.#blocks.length}` : id; // some servers number calls from 0 in every choice
    this.#blocks.push({ type: 'call', id: own, name, text: this.#rawCalls.argsOf(id) ?? text, metadata });
  }

  async #calls(): Promise<ToolCall[]> {
    const calls: ToolCall[] = [];
    for (const { type, id, name, text } of this.#blocks) {
      if (type !== 'call') continue;
      const args = await parseToolArgs(text);
      calls.push(args === undefined ? { id, name, args, rawArgs: text } : { id, name, args });
    }
    return calls;
  }

  #stop(calls: readonly ToolCall[]): Collected['stop'] | Failure {
    const reason = this.#finish?.finishReason;
    const empty = this.#shown === '' && calls.length === 0;
    if (reason === undefined || reason.raw === undefined) return this.#unfinished(reason, empty);
    if (reason.unified === 'length') return 'length';
    if (reason.unified === 'content-filter') {
      return ended('content-filter', 'The provider stopped the answer because of its content.');
    }
    if (reason.unified === 'error') return ended('overloaded', 'The provider broke off the answer.');
    if (calls.length > 0) return 'calls';
    if (reason.unified === 'tool-calls' || (reason.unified === 'other' && empty)) {
      return ended('bad-reply', 'The answer holds neither text nor a tool call.');
    }
    return 'end';
  }

  /** No reason to stop was given: the stream was cut, or the server never gives one. */
  #unfinished(reason: LanguageModelV4FinishReason | undefined, empty: boolean): 'end' | Failure {
    if (empty) return ended('bad-reply', 'The answer is empty.');
    const reported = this.#finish?.usage.outputTokens.total;
    if (reason?.unified === 'other' && reported !== undefined && this.#shown !== '') return 'end';
    return ended('network', 'The answer was cut off in the middle.');
  }

  /** What must go back unchanged in the next request. Undefined if the plain message says it all. */
  #state(calls: readonly ToolCall[]): AssistantState | undefined {
    const special = this.#blocks.some((block) => block.type === 'reasoning' || block.metadata !== undefined);
    if (!special && !this.#think.removed) return undefined;
    // Compatible servers want reasoning back between tool calls only; some refuse it elsewhere.
    if (providerOf(this.#route).wire === 'openai-chat' && calls.length === 0) return undefined;
    const content: AssistantContent = [];
    for (const block of this.#blocks) {
      const options = block.metadata === undefined ? {} : { providerOptions: onlySigned(block.metadata) };
      if (block.type === 'call') {
        const input = calls.find((call) => call.id === block.id)?.args ?? {};
        content.push({
          type: 'tool-call',
          toolCallId: block.id,
          toolName: block.name,
          input,
          ...options,
        });
      } else if (block.text !== '' || block.metadata !== undefined) {
        content.push({ type: block.type, text: block.text, ...options });
      }
    }
    return { route: routeId(this.#route), content };
  }
}

function ended(kind: ModelErrorKind, message: string): Failure {
  return { error: { kind, message }, retryable: kind !== 'content-filter' };
}

const SIGNED_FORMATS: ReadonlySet<unknown> = new Set(['anthropic-claude-v1', 'google-gemini-v1', undefined]);

/** OpenRouter refuses thinking without its signature (a cut stream), and its package would warn on the console. */
function onlySigned(metadata: SharedV4ProviderMetadata): SharedV4ProviderMetadata {
  const details = metadata.openrouter?.reasoning_details;
  const copy = structuredClone(metadata);
  if (!Array.isArray(details) || copy.openrouter === undefined) return copy;
  copy.openrouter.reasoning_details = details.filter((detail) => {
    if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return false;
    const unsigned = detail.type === 'reasoning.text' && SIGNED_FORMATS.has(detail.format ?? undefined);
    return !unsigned || Boolean(detail.signature);
  });
  return copy;
}

function toUsage(finish: Finish | undefined): Usage {
  if (finish === undefined) return NO_USAGE;
  const { usage, providerMetadata } = finish;
  return {
    inputTokens: usage.inputTokens.total ?? 0,
    outputTokens: usage.outputTokens.total ?? 0,
    cachedInputTokens: usage.inputTokens.cacheRead ?? 0,
    reasoningTokens: usage.outputTokens.reasoning ?? 0,
    costUsd: reportedCost(usage, providerMetadata),
  };
}

/** In US dollars, as OpenRouter (and servers that follow it) report it. */
function reportedCost(
  usage: LanguageModelV4Usage,
  metadata: SharedV4ProviderMetadata | undefined,
): number | null {
  const reported = metadata?.openrouter?.usage;
  const places = [typeof reported === 'object' && reported !== null ? reported : undefined, usage.raw];
  for (const place of places) {
    const cost = place !== undefined && 'cost' in place ? place.cost : undefined;
    if (typeof cost === 'number' && Number.isFinite(cost)) return cost;
  }
  return null;
}

/** The stop as a reply spells it. */
export function stopOf(collected: Collected): ModelReply['stop'] {
  return collected.failure === undefined ? collected.stop : 'error';
}
