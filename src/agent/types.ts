// The agent's vocabulary: model, message, tool, event, outcome. Everything else in the product speaks it.
import type { Spawner } from '../lib/index.ts';

/** What one call, or a sum of calls, used. `costUsd` is null unless the provider or a dated price list says it. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly reasoningTokens: number;
  readonly costUsd: number | null;
}

/** A piece of a message. Pictures and files are raw bytes. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: Uint8Array; readonly mediaType: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Parsed arguments. Undefined when the model sent something that is no JSON object; `rawArgs` then says what. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  readonly rawArgs?: string;
}

export type Message =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly parts: readonly Part[] }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly calls: readonly ToolCall[];
      /** What the provider wants back unchanged (reasoning with signatures). Opaque outside of the model's adapter. */
      readonly providerState?: unknown;
    }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly parts: readonly Part[];
      readonly isError: boolean;
    };

/** A tool as a model sees it. `parameters` is a JSON Schema of type object. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolSpec[];
  /** Ask for one JSON object of this schema instead of text. */
  readonly output?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
}

/** Why a model call failed, decided from types and status codes, never from words. */
export type ModelErrorKind =
  | 'auth' // no credential, or it was refused
  | 'billing' // the account has no credit
  | 'rate-limit'
  | 'overloaded' // 5xx, 529
  | 'context-length' // the request is too long for the model
  | 'content-filter' // the provider refused the content
  | 'bad-request' // the provider does not accept the request (unknown model, bad parameter)
  | 'network' // no connection, cut stream
  | 'timeout'
  | 'bad-reply' // the reply can't be understood
  | 'other';

export interface ModelError {
  readonly kind: ModelErrorKind;
  readonly message: string;
  readonly hint?: string;
  readonly status?: number;
}

/** A model's answer to one request. */
export interface ModelReply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** `length`: cut by the output limit. `error`: see `error`; text so far is kept. */
  readonly stop: 'end' | 'calls' | 'length' | 'error' | 'aborted';
  readonly usage: Usage;
  readonly error?: ModelError;
  readonly providerState?: unknown;
  /** How many requests it took; above 1 when failures were retried. */
  readonly tries: number;
}

export interface ReplyOptions {
  readonly signal: AbortSignal;
  /** Called with each piece of text as it arrives. */
  readonly onDelta?: (text: string) => void;
}

/**
 * A language model with its credentials bound.
 * Contract: `reply` never rejects and never hangs: failures come back as `stop: 'error'`, an abort as `stop: 'aborted'`.
 */
export interface Model {
  /** `provider/model`, as configured. */
  readonly id: string;
  /** Tokens the model can read, as far as known. */
  readonly contextTokens: number;
  reply(request: ModelRequest, options: ReplyOptions): Promise<ModelReply>;
}

/** Turns texts into vectors of equal length. Contract: rejects with `OpenSpaceError` only. */
export interface Embedder {
  /** `provider/model@dimensions`: the key under which vectors may be cached. */
  readonly id: string;
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

/** What a model call is for. Each role gets its model, with credentials, from one factory. */
export const MODEL_ROLES = [
  'chat',
  'selection',
  'summary',
  'analysis',
  'evolution',
  'judging',
  'vision',
] as const;
export type ModelRole = (typeof MODEL_ROLES)[number];

export interface ToolResult {
  readonly parts: readonly Part[];
  readonly isError: boolean;
  /** For people and recordings, not for the model: a diff, an exit code, files touched. JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What an approval asks the user. */
export interface Question {
  readonly tool: string;
  /** What would happen, in one line. */
  readonly action: string;
  /** Why it is asked. */
  readonly reason: string;
}

/** A person's answer. `always` and `never` are meant to be remembered. */
export type Answer = boolean | 'always' | 'never';

/** What a tool gets to work with. */
export interface ToolContext {
  readonly signal: AbortSignal;
  /** Absolute path of the task's folder; relative paths are resolved here. */
  readonly workspace: string;
  /** Says what is happening; shown live, recorded, not sent to the model. */
  readonly progress: (text: string) => void;
  /** Asks the user. Answers `false` at once where nobody can be asked. */
  readonly ask: (question: Question) => Promise<Answer>;
  /** Starts programs, sandboxed where the run is. */
  readonly spawner: Spawner;
}

/**
 * Something the agent can do.
 * Contract: `run` reports failures as `isError` with a text the model can act on; a thrown error is a bug and is shown to the model too.
 */
export interface Tool extends ToolSpec {
  /** Where it comes from: `shell`, `files`, `web`, `mcp:<server>`, `skills`, `system`. */
  readonly source: string;
  /** True if it changes nothing. Such calls may run side by side and in plan mode. */
  readonly readOnly: boolean;
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult>;
}

/** What happens while an agent works, in order. The recorder, the terminal, MCP progress and the web are listeners. */
export type AgentEvent =
  | { readonly type: 'turn-start'; readonly turn: number }
  | { readonly type: 'text-delta'; readonly turn: number; readonly text: string }
  | {
      readonly type: 'model-reply';
      readonly turn: number;
      readonly reply: ModelReply;
      readonly tookMs: number;
    }
  | {
      readonly type: 'context-fitted';
      readonly turn: number;
      readonly droppedMessages: number;
      readonly tokens: number;
    }
  | { readonly type: 'tool-start'; readonly turn: number; readonly call: ToolCall; readonly source: string }
  | { readonly type: 'tool-progress'; readonly turn: number; readonly callId: string; readonly text: string }
  | {
      readonly type: 'approval-start';
      readonly turn: number;
      readonly callId: string;
      readonly question: Question;
    }
  | {
      readonly type: 'approval-end';
      readonly turn: number;
      readonly callId: string;
      readonly allowed: boolean;
    }
  | {
      readonly type: 'tool-end';
      readonly turn: number;
      readonly call: ToolCall;
      readonly source: string;
      readonly result: ToolResult;
      readonly tookMs: number;
    };

/** What an agent may spend. Undefined means no limit of that kind. */
export interface Budget {
  readonly maxTurns: number;
  readonly maxTokens?: number | undefined;
  readonly maxCostUsd?: number | undefined;
}

export interface AgentInput {
  readonly model: Model;
  /** The stable first message; the same text in each turn, so that providers can cache it. */
  readonly system: string;
  /** Earlier conversation and the task, last. */
  readonly messages: readonly Message[];
  /** Read anew in each turn: a tool may add others while the agent works. */
  readonly tools: readonly Tool[];
  readonly budget: Budget;
  readonly workspace: string;
  readonly spawner: Spawner;
  readonly signal: AbortSignal;
  readonly ask?: (question: Question) => Promise<Answer>;
  /** Decides each call before it runs; without it every call is allowed. */
  readonly guard?: (
    tool: Tool,
    call: ToolCall,
    context: ToolContext,
  ) => Promise<{ allowed: true } | { allowed: false; reason: string }>;
}

/** How an agent's work ended. Whatever the status, `answer` and `messages` hold what there is. */
export interface AgentOutcome {
  readonly status: 'done' | 'out-of-budget' | 'error' | 'cancelled';
  readonly answer: string;
  readonly turns: number;
  readonly usage: Usage;
  /** Which budget ended it, for `out-of-budget`. */
  readonly exhausted?: 'turns' | 'tokens' | 'cost' | 'repetition';
  readonly error?: ModelError;
  /** All messages after the system text, with this run's. */
  readonly messages: readonly Message[];
}

export type EventListener = (event: AgentEvent) => void;
