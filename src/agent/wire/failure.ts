// Classifies what the SDK and the network throw, by type, status and documented codes; never by the words of a message.
import {
  APICallError,
  EmptyResponseBodyError,
  InvalidPromptError,
  InvalidResponseDataError,
  JSONParseError,
  NoContentGeneratedError,
  TypeValidationError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { errnoOf, OpenSpaceError, oneLine, toMessage } from '../../lib/index.ts';
import { type Failure, isRetryable, refusedCredential, toModelError } from '../errors.ts';
import { RouteGuardError, StallError } from '../guarded-fetch.ts';
import { providerOf, type Route } from '../route.ts';
import type { ModelError, ModelErrorKind } from '../types.ts';

/** Codes of error bodies, from the providers' references (OpenAI, OpenRouter, Anthropic, Google). */
const CODE_KINDS: Readonly<Record<string, ModelErrorKind>> = {
  context_length_exceeded: 'context-length',
  request_too_large: 'context-length',
  payload_too_large: 'context-length',
  insufficient_quota: 'billing',
  payment_required: 'billing',
  billing_error: 'billing',
  content_filter: 'content-filter',
  content_policy_violation: 'content-filter',
  refusal: 'content-filter',
  invalid_api_key: 'auth',
  authentication: 'auth',
  authentication_error: 'auth',
  permission_denied: 'auth',
  permission_error: 'auth',
  unauthenticated: 'auth',
  api_key_invalid: 'auth',
  rate_limit_exceeded: 'rate-limit',
  rate_limit_error: 'rate-limit',
  resource_exhausted: 'rate-limit',
  overloaded_error: 'overloaded',
  provider_overloaded: 'overloaded',
  provider_unavailable: 'overloaded',
  unavailable: 'overloaded',
  api_error: 'overloaded',
  server_error: 'overloaded',
  server: 'overloaded',
  internal: 'overloaded',
  timeout: 'timeout',
  timeout_error: 'timeout',
  deadline_exceeded: 'timeout',
  invalid_request: 'bad-request',
  invalid_prompt: 'bad-request',
  not_found: 'bad-request',
  not_found_error: 'bad-request',
  model_not_found: 'bad-request',
};

/** Codes that say more than the status they come with. */
const PRECISE: ReadonlySet<ModelErrorKind> = new Set(['context-length', 'billing', 'content-filter', 'auth']);

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_EOF_STATE',
  'HPE_INVALID_CHUNK_SIZE',
]);

function kindOfStatus(status: number): ModelErrorKind | undefined {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'billing';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 413) return 'context-length';
  if (status === 429) return 'rate-limit';
  if (status >= 500) return 'overloaded';
  return status >= 400 ? 'bad-request' : undefined;
}

/** Turns anything that a request threw, or an error part of a stream, into a failure with a clear message. */
export function classifyFailure(thrown: unknown, route: Route): Failure {
  const causes = chainOf(thrown);
  for (const error of causes) {
    if (error instanceof OpenSpaceError) return { error: toModelError(error), retryable: false };
    if (error instanceof RouteGuardError) return guardFailure(error);
    if (error instanceof StallError) {
      return failure({ kind: 'timeout', message: `${titleOf(route)} went silent: ${error.message}.` });
    }
  }
  const call = causes.find((error) => APICallError.isInstance(error));
  const badReply = causes.find(isBadReply);
  if (call?.statusCode !== undefined && call.statusCode >= 400) return answeredWithError(call, route);
  const network = causes.map(errnoOf).find((code) => code !== undefined && NETWORK_CODES.has(code));
  if (network !== undefined) {
    const message = `No connection to ${titleOf(route)} at ${route.baseUrl} (${network}).`;
    return failure({
      kind: 'network',
      message,
      hint: 'Check the network, the base URL and the proxy settings.',
    });
  }
  // A body with status 200 that holds an error in place of an answer does not have an answer's form.
  const odd = causes.find((error) => TypeValidationError.isInstance(error));
  if (recordOf(odd?.value).error !== undefined) return reportedError(odd?.value, route);
  if (badReply !== undefined) {
    return failure({
      kind: 'bad-reply',
      message: `The answer of ${titleOf(route)} can't be understood: ${oneLine(badReply.message, 200)}`,
    });
  }
  if (
    causes.some(
      (error) => UnsupportedFunctionalityError.isInstance(error) || InvalidPromptError.isInstance(error),
    )
  ) {
    return failure({ kind: 'bad-request', message: oneLine(toMessage(thrown), 300) });
  }
  const body = call?.data ?? thrown;
  if (!(body instanceof Error)) return reportedError(body, route);
  return failure({ kind: 'other', message: oneLine(toMessage(thrown), 300) });
}

function failure(error: ModelError, retryAfterMs?: number): Failure {
  const retryable = isRetryable(error.kind);
  return retryAfterMs === undefined ? { error, retryable } : { error, retryable, retryAfterMs };
}

function titleOf(route: Route): string {
  return providerOf(route).title;
}

function guardFailure(error: RouteGuardError): Failure {
  const kind = error.kind === 'redirect' ? 'bad-request' : 'auth';
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { error: { kind, message: error.message, ...hint }, retryable: false };
}

function isBadReply(error: unknown): error is Error {
  return (
    JSONParseError.isInstance(error) ||
    TypeValidationError.isInstance(error) ||
    InvalidResponseDataError.isInstance(error) ||
    NoContentGeneratedError.isInstance(error) ||
    EmptyResponseBodyError.isInstance(error) ||
    error instanceof TypeError // a package that stumbled over an answer of a form it did not expect
  );
}

function answeredWithError(call: APICallError, route: Route): Failure {
  const details = readBody(call.responseBody) ?? call.data;
  const facts = factsOf(details);
  const said = facts.message ?? oneLine(call.message, 200);
  return describe(call.statusCode, facts, said, route, call.url, retryAfterMs(call.responseHeaders));
}

/** An error inside an answer with status 200: an `error` body, or an error part of a stream. */
function reportedError(body: unknown, route: Route): Failure {
  const facts = factsOf(body);
  const said = facts.message ?? 'no reason given';
  return describe(facts.status, facts, said, route, route.baseUrl, undefined);
}

function describe(
  status: number | undefined,
  facts: Facts,
  said: string,
  route: Route,
  url: string,
  waitMs: number | undefined,
): Failure {
  const kinds = facts.codes.map((code) => CODE_KINDS[code]).filter((kind) => kind !== undefined);
  const precise = facts.moderated ? 'content-filter' : kinds.find((kind) => PRECISE.has(kind));
  // OpenRouter: 402 together with Retry-After is a limit on spending at once, not an empty account.
  const paced = status === 402 && waitMs !== undefined;
  const byStatus = paced ? 'rate-limit' : status === undefined ? undefined : kindOfStatus(status);
  // What we can't place came from inside the provider: it is worth another try.
  const kind = precise ?? byStatus ?? kinds[0] ?? 'overloaded';
  if (kind === 'auth') {
    return { error: refusedCredential(route, url, status, said), retryable: false };
  }
  const answer = status === undefined ? 'reported' : `answered ${status}`;
  const wait = waitMs === undefined ? '' : ` It asks to wait ${Math.ceil(waitMs / 1000)} s.`;
  const hint = HINTS[kind];
  return failure(
    {
      kind,
      message: `${titleOf(route)} ${answer}: ${said}${facts.upstream}${wait}`,
      ...(hint === undefined ? {} : { hint }),
      ...(status === undefined ? {} : { status }),
    },
    waitMs,
  );
}

const HINTS: Partial<Record<ModelErrorKind, string>> = {
  billing: 'The account has no credit left: add credit at the provider, or use another key.',
  'rate-limit': 'Wait a moment, or use another model or key.',
  'context-length': 'The conversation is longer than the model can read: use a model with a larger window.',
  'bad-request': 'Check the model name and the base URL with: openspace doctor.',
};

interface Facts {
  readonly message: string | undefined;
  /** Lower case. */
  readonly codes: readonly string[];
  readonly status: number | undefined;
  readonly moderated: boolean;
  /** What OpenRouter tells about the provider behind it. */
  readonly upstream: string;
}

/** What an error body says, in the forms of OpenAI, OpenRouter, Anthropic, Google and Mistral. */
function factsOf(body: unknown): Facts {
  if (typeof body === 'string') {
    return { message: oneLine(body, 300), codes: [], status: undefined, moderated: false, upstream: '' };
  }
  const outer = recordOf(Array.isArray(body) ? body[0] : body);
  const nested = typeof outer.error === 'object' && outer.error !== null ? outer.error : outer;
  const error = recordOf(nested);
  const metadata = recordOf(error.metadata);
  const details = Array.isArray(error.details) ? error.details.map((item) => recordOf(item).reason) : [];
  const found = [error.code, error.type, error.status, metadata.error_type, ...details];
  const codes = found.filter((code) => typeof code === 'string').map((code) => code.toLowerCase());
  const numbers = [error.code, error.statusCode, error.status].filter((code) => typeof code === 'number');
  const message = [error.message, outer.message, outer.error].find((one) => typeof one === 'string');
  const name = typeof metadata.provider_name === 'string' ? metadata.provider_name : undefined;
  const raw = typeof metadata.raw === 'string' ? oneLine(metadata.raw, 300) : '';
  return {
    message: message === undefined ? undefined : oneLine(message, 300),
    codes,
    status: numbers.find((code) => code >= 400 && code < 600),
    moderated: Array.isArray(metadata.reasons),
    upstream: name === undefined ? '' : ` (${name}${raw === '' ? '' : `: ${raw}`})`,
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function readBody(text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text; // an HTML page of a proxy, for example
    throw error;
  }
}

/** Seconds, milliseconds or a date, in ms from now. */
function retryAfterMs(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const exact = Number(headers?.['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = headers?.['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The error and its causes, outermost first. */
function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  let current = thrown;
  while (current !== undefined && current !== null && chain.length < 10) {
    chain.push(current);
    current = current instanceof Error ? current.cause : undefined;
  }
  return chain;
}
