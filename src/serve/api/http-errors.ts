// From our errors to HTTP answers: one form, a status that follows from the code, nothing inner for a bug.
import { type ErrorCode, OpenSpaceError } from '../../lib/index.ts';
import type { ApiError } from './contract.ts';

const STATUS: Record<ErrorCode, number> = {
  usage: 400,
  invalid: 422,
  unsafe: 422,
  auth: 401,
  denied: 403,
  'not-found': 404,
  'already-exists': 409,
  'stale-head': 409,
  busy: 409,
  config: 409,
  cancelled: 409,
  'too-large': 413,
  budget: 429,
  unsupported: 501,
  network: 502,
  provider: 502,
  timeout: 504,
  disk: 500,
  corrupt: 500,
  'newer-data': 500,
  'foreign-data': 500,
  internal: 500,
};

export function errorResponse(
  code: ErrorCode,
  message: string,
  hint?: string,
  status = STATUS[code],
): Response {
  const body: ApiError = { error: { code, message, hint: hint ?? null } };
  return Response.json(body, { status });
}

/** `tell` hears of bugs; the caller hears only that there was one. */
export function responseOf(error: unknown, tell: (text: string) => void): Response {
  if (error instanceof OpenSpaceError) return errorResponse(error.code, error.message, error.hint);
  tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return errorResponse('internal', 'Something went wrong here. The terminal of the dashboard has more.');
}
