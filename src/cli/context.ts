// What every command gets: the world outside of it, so that tests can run commands in the same process.

import type { Answer, Question } from '../agent/index.ts';
import type { Config, ConfigSources } from '../config/index.ts';

/** The process as commands see it. `stdout` is for answers only; all else goes to `stderr`. */
export interface CliContext {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stdin: NodeJS.ReadStream;
  /** True where a person watches stderr. */
  readonly isTerminal: boolean;
  /** True where a person can answer questions: stdin and stderr are terminals. */
  readonly canAsk: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly userHome: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Loads the settings with the global flags applied, and says their notices once. */
  loadConfig(sources?: Pick<ConfigSources, 'flags' | 'configFile'>): Promise<Config>;
  /** Asks on the terminal; false where nobody can answer. */
  ask(question: Question): Promise<Answer>;
  /** The exit code that the process ends with, if no error comes. */
  exitCode: number;
}
