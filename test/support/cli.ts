// Runs the real command line in a child process, as a user would.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const bin = join(projectRoot, 'bin', 'openspace.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Sends a signal once stderr or stdout contains this text. */
  readonly signalOn?: { readonly text: string; readonly signal: NodeJS.Signals };
  readonly timeoutMs?: number;
  /** Words before the command, for example to run it in a mount namespace of its own. */
  readonly prefix?: readonly string[];
}

/** A user's home with a project folder; `remove` it at the end. */
export function makeUser(files: Readonly<Record<string, string>> = {}) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-user-')));
  const project = join(home, 'project');
  mkdirSync(project);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  return {
    home,
    project,
    dataHome: join(home, '.openspace'),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

export type TestUser = ReturnType<typeof makeUser>;

/** Starts `openspace` with nothing of the tester's environment but PATH. */
export function runCli(
  user: TestUser,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const [program = process.execPath, ...words] = [...(options.prefix ?? []), process.execPath, bin, ...args];
  const child = spawn(program, words, {
    cwd: options.cwd ?? user.project,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: user.home,
      NO_COLOR: '1',
      OPENSPACE_LEARNING_WORKER: '0',
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let signalled = false;
  const onText = () => {
    const { signalOn } = options;
    if (signalled || signalOn === undefined || !(stdout + stderr).includes(signalOn.text)) return;
    signalled = true;
    child.kill(signalOn.signal);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    onText();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    onText();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 25_000);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr });
    });
  });
}
