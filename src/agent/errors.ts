// What a failed model call means: whether to try again, when, and what to tell the user.
import { describeSecret, type ErrorCode, OpenSpaceError } from '../lib/index.ts';
import { keyLooks, providerOf, type Route } from './route.ts';
import type { ModelError, ModelErrorKind } from './types.ts';

/** A classified failure of one request. */
export interface Failure {
  readonly error: ModelError;
  readonly retryable: boolean;
  /** What the provider asked to wait, in ms. */
  readonly retryAfterMs?: number;
}

const RETRYABLE: ReadonlySet<ModelErrorKind> = new Set([
  'rate-limit',
  'overloaded',
  'network',
  'timeout',
  'bad-reply',
]);

export function isRetryable(kind: ModelErrorKind): boolean {
  return RETRYABLE.has(kind);
}

/** The longest wait that a provider may ask for; a longer one ends the call. */
export const MAX_RETRY_AFTER_MS = 60_000;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;

/**
 * How long to wait before try `tries + 1`, in ms; undefined if there is to be none.
 * Doubles from 1 s to 30 s, with jitter so that many clients do not come back at once; Retry-After goes first.
 */
export function retryDelayMs(failure: Failure, tries: number, random: () => number): number | undefined {
  if (!failure.retryable) return undefined;
  if (failure.retryAfterMs !== undefined) {
    return failure.retryAfterMs <= MAX_RETRY_AFTER_MS ? failure.retryAfterMs : undefined;
  }
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1));
  return Math.round(full * (0.5 + random() / 2));
}

/** A refused credential, told so that its owner finds the mistake: provider, address, where the key came from, its shape. */
export function refusedCredential(
  route: Route,
  url: string,
  status: number | undefined,
  said: string,
): ModelError {
  const provider = providerOf(route);
  const answer = status === undefined ? said : `${status}, "${said}"`;
  const key =
    route.key === undefined
      ? 'No key was sent'
      : `The key came from ${route.key.origin}: ${describeSecret(route.key.value)}`;
  const wrongShape =
    route.key !== undefined &&
    provider.keyPrefix !== undefined &&
    !route.key.value.startsWith(provider.keyPrefix)
      ? '; this one does not'
      : '';
  const where = provider.keyPage === undefined ? '' : ` Keys are made at ${provider.keyPage}.`;
  return {
    kind: 'auth',
    message: `${provider.title} refused the credential (${answer}) at ${url}. ${key}${keyLooks(provider)}${wrongShape}.`,
    hint: `Check it with: openspace doctor.${where}`,
    ...(status === undefined ? {} : { status }),
  };
}

const CODES: Record<ModelErrorKind, ErrorCode> = {
  auth: 'auth',
  billing: 'budget',
  'rate-limit': 'busy',
  overloaded: 'provider',
  'context-length': 'too-large',
  'content-filter': 'denied',
  'bad-request': 'config',
  network: 'network',
  timeout: 'timeout',
  'bad-reply': 'provider',
  other: 'provider',
};

/** A model's error as an exception, for code that has no other road for it. */
export function toOpenSpaceError(error: ModelError): OpenSpaceError {
  return new OpenSpaceError(CODES[error.kind], error.message, { hint: error.hint });
}

/** The reverse: an exception of ours as a model's error. */
export function toModelError(error: OpenSpaceError): ModelError {
  const kind = error.code === 'auth' ? 'auth' : error.code === 'config' ? 'bad-request' : 'other';
  return { kind, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
