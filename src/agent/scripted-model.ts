// A model that plays a script: for tests, examples and the demo. It costs nothing and never leaves the process.
import { toMessage } from '../lib/index.ts';
import { estimateRequestTokens } from './context.ts';
import type {
  Model,
  ModelError,
  ModelReply,
  ModelRequest,
  Part,
  ReplyOptions,
  ToolCall,
  Usage,
} from './types.ts';

/** One reply: a text, or what it says and calls. Ids and usage are made up where they are left out. */
export type ScriptedReply =
  | string
  | {
      readonly text?: string;
      readonly calls?: readonly {
        readonly name: string;
        readonly args: ToolCall['args'];
        readonly id?: string;
        readonly rawArgs?: string;
      }[];
      readonly stop?: ModelReply['stop'];
      readonly error?: ModelError;
      readonly usage?: Partial<Usage>;
      readonly providerState?: unknown;
    };

/** Replies in order, or a function of the request and its number (from 1). */
export type Script =
  | readonly ScriptedReply[]
  | ((request: ModelRequest, turn: number) => ScriptedReply | Promise<ScriptedReply>);

export interface ScriptedModel extends Model {
  /** What it was asked, oldest first. */
  readonly requests: readonly ModelRequest[];
}

export interface ScriptedModelOptions {
  readonly id?: string;
  readonly contextTokens?: number;
}

/** A model that answers from a script. When the script is over, or throws, the reply is an error that says so. */
export function scriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  const requests: ModelRequest[] = [];
  const next = async (request: ModelRequest, turn: number): Promise<ScriptedReply> => {
    if (typeof script === 'function') return script(request, turn);
    return (
      script[turn - 1] ?? scriptError(`The script has ${script.length} replies, and this is request ${turn}.`)
    );
  };
  const reply = async (request: ModelRequest, { signal, onDelta }: ReplyOptions): Promise<ModelReply> => {
    requests.push({ ...request, messages: [...request.messages] });
    const turn = requests.length;
    if (signal.aborted) return aborted('');
    const scripted = await settle(next(request, turn), signal);
    if (scripted === undefined) return aborted('');
    const line = typeof scripted === 'string' ? { text: scripted } : scripted;
    let shown = '';
    for (const piece of (line.text ?? '').match(/\s*\S+\s*|\s+/g) ?? []) {
      if (signal.aborted) return aborted(shown);
      shown += piece;
      onDelta?.(piece);
    }
    return toReply(line, request, turn);
  };
  return {
    id: options.id ?? 'scripted/model',
    contextTokens: options.contextTokens ?? 128_000,
    requests,
    reply,
  };
}

function scriptError(message: string): ScriptedReply {
  return { error: { kind: 'other', message } };
}

/** The script's reply, an error if it threw, undefined if the signal came first. */
async function settle(
  pending: Promise<ScriptedReply>,
  signal: AbortSignal,
): Promise<ScriptedReply | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([pending, aborted]);
  } catch (error) {
    return scriptError(`The script threw: ${toMessage(error)}`);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  costUsd: null,
};

function aborted(text: string): ModelReply {
  return { text, calls: [], stop: 'aborted', usage: USAGE, tries: 1 };
}

function toReply(line: Exclude<ScriptedReply, string>, request: ModelRequest, turn: number): ModelReply {
  const text = line.text ?? '';
  const calls = (line.calls ?? []).map(({ id, ...call }, index) => ({
    id: id ?? `call_${turn}_${index + 1}`,
    ...call,
  }));
  const parts: Part[] = [{ type: 'text', text: text + JSON.stringify(calls) }];
  const usage: Usage = {
    ...USAGE,
    inputTokens: estimateRequestTokens(request.messages, request.tools ?? []),
    outputTokens: estimateRequestTokens([{ role: 'user', parts }], []),
    ...line.usage,
  };
  const stop = line.stop ?? (line.error !== undefined ? 'error' : calls.length > 0 ? 'calls' : 'end');
  return {
    text,
    calls: stop === 'error' ? [] : calls,
    stop,
    usage,
    tries: 1,
    ...(line.error === undefined ? {} : { error: line.error }),
    ...(line.providerState === undefined ? {} : { providerState: line.providerState }),
  };
}
