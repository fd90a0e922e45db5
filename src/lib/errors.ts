// The one error class that people see, and helpers to read foreign errors.

/** Closed list of what can go wrong for a user. Faces map it to exit codes, HTTP statuses and MCP errors. */
export type ErrorCode =
  | 'usage' // the command or its flags are wrong
  | 'config' // a setting is missing, unreadable or contradictory
  | 'auth' // a credential is missing or was refused
  | 'not-found'
  | 'already-exists'
  | 'invalid' // data does not have the expected form
  | 'unsafe' // refused by the safety rules
  | 'denied' // refused by the policy or by the user
  | 'stale-head' // somebody else changed the same thing first
  | 'busy' // a lock or limit is held by somebody else
  | 'too-large'
  | 'disk' // the file system refused: full, read-only, no permission
  | 'corrupt' // our own data can't be read
  | 'newer-data' // written by a newer version of OpenSpace
  | 'foreign-data' // a file that belongs to another program
  | 'network'
  | 'provider' // the model's provider failed
  | 'timeout'
  | 'cancelled'
  | 'budget' // a budget of turns, tokens, money or time is used up
  | 'unsupported' // not possible on this machine
  | 'internal'; // a bug

/** An error that a user can act on: what happened, and the command or setting to try next. */
export class OpenSpaceError extends Error {
  override readonly name = 'OpenSpaceError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The text of anything that was thrown. */
export function toMessage(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** Node's error code (`ENOENT`, `EACCES`, …), if it is one of Node's errors. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True if the error means that a file or folder is not there (`ESRCH`: of a process in /proc that has ended). */
export function isAbsent(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH';
}

const DISK_HINTS: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space and run the command again.',
  EDQUOT: 'The disk quota is used up: free some space and run the command again.',
  EROFS: 'The file system is read-only: choose another place.',
  EACCES: 'Check the permissions of the file and its folder.',
  EPERM: 'Check the permissions of the file and its folder.',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n).',
};

/** Turns a refusal by the file system into an `OpenSpaceError`; anything else is returned as it is. */
export function toDiskError(error: unknown, doing: string): unknown {
  const code = errnoOf(error);
  const hint = code === undefined ? undefined : DISK_HINTS[code];
  return hint === undefined
    ? error
    : new OpenSpaceError('disk', `${doing}: ${toMessage(error)}`, { hint, cause: error });
}

/** Marks code that can't be reached, so that the compiler proves a switch complete. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
