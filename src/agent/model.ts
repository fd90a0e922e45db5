// Makes a model from a route: retries, time limits, abort. Nothing of the SDK is loaded before the first reply.
import { createRedactor, OpenSpaceError, type Redactor, toMessage } from '../lib/index.ts';
import { estimateRequestTokens } from './context.ts';
import { type Failure, retryDelayMs, toModelError } from './errors.ts';
import { createGuardedFetch, type Fetch } from './guarded-fetch.ts';
import { DEFAULT_CONTEXT_TOKENS, type Route, refuseRoute, routeId } from './route.ts';
import type { Model, ModelError, ModelReply, ModelRequest, ReplyOptions, Usage } from './types.ts';
import { addUsage, NO_USAGE } from './usage.ts';
import type { Ask, Collected } from './wire/index.ts';

/** Waits; settles early when the signal is aborted. Never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface ModelOptions {
  /** Learns the key, and redacts what providers say before it is passed on. */
  readonly redactor?: Redactor;
  /** Replaces the network; tests only. */
  readonly fetch?: Fetch;
  readonly sleep?: Sleep;
  /** From 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
}

/**
 * A model with its credential bound. A route without a usable key gives a model whose replies say so and send nothing.
 * Retried are rate limits, overload, lost connections, silence and unreadable answers, as long as none of the answer's
 * text was handed to `onDelta`: a text that was shown can't be taken back, so the reply then ends with `stop: 'error'`
 * and the text so far, and whoever asked decides.
 */
export function createModel(route: Route, options: ModelOptions = {}): Model {
  const redactor = options.redactor ?? createRedactor();
  if (route.key !== undefined) redactor.add(route.key.value);
  const refusal = refuseRoute(route);
  const sleep = options.sleep ?? realSleep;
  const random = options.random ?? Math.random;
  const contextTokens = route.contextTokens ?? DEFAULT_CONTEXT_TOKENS;
  let connection: Promise<Ask> | undefined;

  const connect = async (): Promise<Ask> => {
    const fetch = createGuardedFetch(route, {
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      firstByteTimeoutMs: route.stream ? route.firstByteTimeoutMs : 0,
      idleTimeoutMs: route.stream ? route.idleTimeoutMs : 0,
    });
    const wire = await import('./wire/index.ts');
    return wire.connect(route, fetch);
  };

  const redact = (error: ModelError): ModelError => ({
    ...error,
    message: redactor.text(error.message),
    ...(error.hint === undefined ? {} : { hint: redactor.text(error.hint) }),
  });

  const reply = async (request: ModelRequest, { signal, onDelta }: ReplyOptions): Promise<ModelReply> => {
    if (refusal !== undefined) return failed(toModelError(refusal), 0);
    if (signal.aborted) return { text: '', calls: [], stop: 'aborted', usage: NO_USAGE, tries: 0 };
    const deadline = startDeadline(signal, route.timeoutMs);
    let text = '';
    let shown = '';
    const onText = (piece: string) => {
      text += piece;
      if (onDelta !== undefined) shown += piece;
      onDelta?.(piece);
    };
    let usage: Usage = NO_USAGE;
    let tries = 0;
    try {
      connection ??= connect();
      const ask = await connection;
      for (;;) {
        tries += 1;
        text = '';
        const collected = await ask(request, deadline.signal, onText);
        usage = addUsage(usage, collected.usage);
        if (collected.failure === undefined) return finished(collected, request, usage, tries);
        const failure = tooLong(collected.failure, request, contextTokens);
        const delayMs =
          shown === '' && tries < route.maxTries ? retryDelayMs(failure, tries, random) : undefined;
        if (delayMs === undefined) return failed(redact(withTries(failure, tries)), tries, text, usage);
        await sleep(delayMs, deadline.signal);
        deadline.signal.throwIfAborted();
      }
    } catch (error) {
      if (signal.aborted) return { text, calls: [], stop: 'aborted', usage, tries };
      if (deadline.passed) return failed(tookTooLong(route), tries, text, usage);
      if (error instanceof OpenSpaceError) return failed(redact(toModelError(error)), tries, text, usage);
      return failed(redact({ kind: 'other', message: toMessage(error) }), tries, text, usage);
    } finally {
      deadline.end();
    }
  };
  return { id: routeId(route), contextTokens, reply };
}

function finished(
  { text, calls, stop, providerState }: Collected,
  request: ModelRequest,
  usage: Usage,
  tries: number,
): ModelReply {
  const reply = { text: request.output === undefined ? text : withoutFence(text), calls, stop, usage, tries };
  return providerState === undefined ? reply : { ...reply, providerState };
}

function failed(error: ModelError, tries: number, text = '', usage: Usage = NO_USAGE): ModelReply {
  return { text, calls: [], stop: 'error', usage, error, tries };
}

function withTries({ error }: Failure, tries: number): ModelError {
  return tries === 1 ? error : { ...error, message: `${error.message} (after ${tries} tries)` };
}

function tookTooLong(route: Route): ModelError {
  const limit = `${route.timeoutMs / 1000} s`;
  return { kind: 'timeout', message: `${routeId(route)} gave no complete answer within ${limit}.` };
}

/** A JSON answer without the code fence that models like to put around it. */
function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text;
}

/** Not all providers give a code for a request that is too long; a refused request near the window's size is one. */
function tooLong(failure: Failure, request: ModelRequest, contextTokens: number): Failure {
  const { error } = failure;
  if (error.kind !== 'bad-request' || error.status !== 400) return failure;
  const near = estimateRequestTokens(request.messages, request.tools ?? []) > contextTokens * 0.8;
  return near ? { ...failure, error: { ...error, kind: 'context-length' } } : failure;
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly passed: boolean;
  end(): void;
}

/** The caller's signal together with a time limit. */
function startDeadline(outer: AbortSignal, afterMs: number): Deadline {
  const controller = new AbortController();
  let passed = false;
  const onAbort = () => controller.abort(outer.reason);
  const timer = setTimeout(() => {
    passed = true;
    controller.abort(new Error('time limit'));
  }, afterMs);
  if (outer.aborted) onAbort();
  outer.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    get passed() {
      return passed;
    },
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    },
  };
}

export const realSleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
