// The log, for people who debug the program. Facts about runs are events, not log lines.
import type { Redactor } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Writes lines to `write` (stderr or a file; stdout belongs to answers and protocols), redacted. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly redactor: Redactor;
  readonly now?: () => Date;
}): Logger {
  const now = options.now ?? (() => new Date());
  const log = (level: LogLevel) => (message: string, data?: unknown) => {
    if (RANK[level] < RANK[options.level]) return;
    const rest = data === undefined ? '' : ` ${typeof data === 'string' ? data : JSON.stringify(data)}`;
    options.write(options.redactor.text(`${now().toISOString()} ${level} ${message}${rest}\n`));
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
