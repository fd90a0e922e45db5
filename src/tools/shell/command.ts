// From the model's command text to the program that is started.
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { FolderView, SpawnRequest } from '../../lib/index.ts';

export interface ShellOptions {
  /** How the workspace is seen, where it is a snapshot. */
  readonly view?: FolderView;
  /** The complete environment of commands; whoever calls has taken the secrets out. */
  readonly env: Readonly<Record<string, string>>;
  /** Program that understands `-c`. Default `/bin/bash`. */
  readonly shell?: string;
  /** Time limit of a command that asks for none, in ms. Default 120,000. */
  readonly defaultTimeoutMs?: number;
  /** Longest time limit a command may ask for, in ms. Default 600,000. */
  readonly maxTimeoutMs?: number;
}

export type Command = SpawnRequest;

/** Keeps programs from paging or asking, since nobody can answer. The caller's own values win. */
const QUIET: Readonly<Record<string, string>> = {
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
  GIT_EDITOR: 'true',
  DEBIAN_FRONTEND: 'noninteractive',
  TERM: 'dumb',
};
/** Files and commands that shells run by themselves before the command: a project could smuggle code in. */
const START_UP = new Set(['BASH_ENV', 'ENV', 'PROMPT_COMMAND', 'ZDOTDIR', 'SHELLOPTS', 'BASHOPTS']);

/** A descriptor that scripts do not use, for the line that tells the working directory. */
const REPORT_FD = 198;

/** A command ready to start, and how its last working directory is taken out of its output. */
export interface PreparedCommand {
  readonly command: Command;
  /** Splits the report from the output; `directory` is undefined if the command ended in a way that left none. */
  readonly takeDirectory: (stdout: string) => { stdout: string; directory: string | undefined };
  /** True for the line that tells the directory. */
  readonly isReport: (line: string) => boolean;
}

/** Prepares `text` to run in `directory`. */
export function prepareCommand(text: string, directory: string, options: ShellOptions): PreparedCommand {
  const shell = options.shell ?? '/bin/bash';
  const kind = basename(shell).replace(/\.exe$/, '');
  const env = Object.fromEntries(
    Object.entries({ ...QUIET, ...options.env, PWD: directory }).filter(
      ([name]) => !START_UP.has(name) && !name.startsWith('BASH_FUNC_'),
    ),
  );
  if (kind !== 'bash') {
    const command = { command: shell, args: ['-c', text], cwd: directory, env };
    return {
      command,
      takeDirectory: (stdout) => ({ stdout, directory: undefined }),
      isReport: () => false,
    };
  }
  // The mark can't be guessed, so that no output can pretend to be the report.
  const mark = `openspace-${randomBytes(12).toString('hex')}`;
  const report = `printf '%s:%s\\n' ${mark} "$PWD" >&${REPORT_FD}`;
  // The trap also runs after `exit` and `set -e`; the descriptor keeps the report out of files opened by `exec >file`.
  // `eval` keeps the line numbers of error messages right.
  const script = `exec ${REPORT_FD}>&1; trap -- ${quote(report)} EXIT; eval "$1"`;
  const args = ['--noprofile', '--norc', '-c', script, 'bash', text];
  return {
    command: { command: shell, args, cwd: directory, env },
    takeDirectory: takeReport(mark),
    isReport: (line) => line.includes(mark),
  };
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function takeReport(mark: string): PreparedCommand['takeDirectory'] {
  return (stdout) => {
    const at = stdout.lastIndexOf(`${mark}:`);
    if (at === -1) return { stdout, directory: undefined };
    const end = stdout.indexOf('\n', at);
    const directory = stdout.slice(at + mark.length + 1, end === -1 ? undefined : end);
    return { stdout: stdout.slice(0, at) + (end === -1 ? '' : stdout.slice(end + 1)), directory };
  };
}
