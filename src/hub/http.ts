// One HTTP exchange with limits: time, size, redirects that would carry a key elsewhere, retries of harmless requests.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, OpenSpaceError, parseJson, toMessage } from '../lib/index.ts';
import { ErrorReply } from './protocol.ts';

export type Fetch = typeof globalThis.fetch;

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData | Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly fetch: Fetch;
  /** Tries after the first, for requests that may be repeated. */
  readonly retries: number;
  /** Wait before the first retry in ms; doubles. */
  readonly retryDelayMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** A hub said no. `reply` is what it said, as far as it could be read. */
export class HubError extends OpenSpaceError {
  readonly status: number;
  readonly reply: ErrorReply;

  constructor(status: number, reply: ErrorReply, where: string) {
    super(codeOf(status, reply.error), `${where}: ${reply.message ?? reply.error}`, {
      hint: reply.hint ?? (status === 401 ? 'Log in with: openspace hub login <address>' : undefined),
    });
    this.status = status;
    this.reply = reply;
  }
}

function codeOf(status: number, error: string): ErrorCode {
  if (error === 'stale_head') return 'stale-head';
  if (['unsafe', 'secret_in_file', 'bad_signature', 'hash_mismatch'].includes(error)) return 'unsafe';
  if (status === 401) return 'auth';
  if (status === 403 || status === 423) return 'denied';
  if (status === 404) return 'not-found';
  if (status === 409) return 'already-exists';
  if (status === 413) return 'too-large';
  if (status === 429) return 'busy';
  return status >= 500 ? 'network' : 'invalid';
}

const RETRIED = new Set([429, 502, 503, 504]);
const MAX_WAIT_MS = 20_000;

/** Sends a request and reads the answer whole. Throws `HubError` for a refusal, `network`, `timeout`, `too-large` or `cancelled` otherwise. */
export async function exchange(request: Exchange): Promise<Answer> {
  let delayMs = request.retryDelayMs ?? 500;
  for (let left = request.retries; ; left -= 1) {
    const outcome = await once(request);
    if (!(outcome instanceof OpenSpaceError)) return outcome;
    const status = outcome instanceof HubError ? outcome.status : undefined;
    const again = status === undefined ? outcome.code === 'network' : RETRIED.has(status);
    if (left <= 0 || !again || request.signal.aborted) throw outcome;
    const asked = outcome instanceof HubError ? Number(outcome.reply.retry_after_s) * 1000 : Number.NaN;
    const waitMs = Math.min(Number.isFinite(asked) ? asked : delayMs, MAX_WAIT_MS);
    await sleep(waitMs, undefined, { signal: request.signal }).catch(() => {
      throw new OpenSpaceError('cancelled', 'Cancelled while waiting for the hub.');
    });
    delayMs *= 2;
  }
}

async function once(request: Exchange): Promise<Answer | OpenSpaceError> {
  const { url, method, headers, body } = request;
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const where = `${method} ${withoutSecrets(url)}`;
  try {
    const response = await request.fetch(url, {
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
      redirect: 'manual', // fetch would carry X-API-Key along to wherever the answer points
      signal: AbortSignal.any([request.signal, timeout]),
    });
    if (response.status >= 300 && response.status < 400)
      return new OpenSpaceError('network', `${where} is redirected to ${response.headers.get('location')}`, {
        hint: 'Use the address that it points to, if you trust it.',
      });
    const bytes = await readLimited(response, request.maxBytes, where);
    if (response.ok) return { status: response.status, headers: response.headers, bytes };
    return new HubError(response.status, readRefusal(response, bytes), where);
  } catch (error) {
    if (error instanceof OpenSpaceError) return error;
    if (request.signal.aborted) return new OpenSpaceError('cancelled', `${where} was cancelled.`);
    if (timeout.aborted)
      return new OpenSpaceError('timeout', `${where} took longer than ${request.timeoutMs / 1000} s.`);
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return new OpenSpaceError('network', `${where} failed: ${toMessage(cause)}`, {
      hint: 'Check the address and whether the server runs.',
      cause: error,
    });
  }
}

function withoutSecrets(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}

async function readLimited(response: Response, maxBytes: number, where: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return new Uint8Array();
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new OpenSpaceError('too-large', `${where} answers with more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function readRefusal(response: Response, bytes: Uint8Array): ErrorReply {
  const text = new TextDecoder().decode(bytes.subarray(0, 4_000));
  const retryAfter = response.headers.get('retry-after');
  const wait = retryAfter === null ? {} : { retry_after_s: Number(retryAfter) };
  const parsed = ErrorReply.safeParse(parseJson(text));
  if (parsed.success) return { ...parsed.data, ...wait };
  return {
    error: `http_${response.status}`,
    message: `HTTP ${response.status}: ${text.slice(0, 500)}`,
    ...wait,
  };
}
