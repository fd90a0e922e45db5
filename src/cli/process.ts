// Connects a command to the process: streams, signals, settings, exit code.
import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Answer, Question } from '../agent/index.ts';
import { type Config, type ConfigSources, environment } from '../config/index.ts';
import { errnoOf, OpenSpaceError } from '../lib/index.ts';
import { questionText, readAnswer } from './approval.ts';
import { colors as pc } from './colors.ts';
import { fromCommander } from './commander-setup.ts';
import type { CliContext } from './context.ts';
import { EXIT, toFailure } from './failure.ts';

/** Runs `body` with the real process around it, prints what it throws, and sets the exit code. */
export async function runCommand(
  args: readonly string[],
  body: (context: CliContext) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(EXIT.aborted); // the second Ctrl-C does not wait
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  ignoreClosedPipes();
  const context = createContext(abort.signal);
  try {
    await body(context);
    process.exitCode = context.exitCode;
  } catch (thrown) {
    const error = fromCommander(thrown);
    if (error !== undefined) printFailure(error, args, context);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** `openspace runs list | head` closes the pipe early: that ends us quietly. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (errnoOf(error) === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}

function printFailure(error: unknown, args: readonly string[], context: CliContext): void {
  const failure = toFailure(error);
  process.exitCode = failure.exitCode;
  if (args.includes('--json')) {
    context.stdout(
      `${JSON.stringify({ error: { code: failure.code, message: failure.message, hint: failure.hint ?? null } })}\n`,
    );
  }
  context.stderr(`${pc.red('error:')} ${failure.message}\n`);
  for (const line of failure.hint?.split('\n') ?? []) context.stderr(`${pc.dim('hint: ')} ${line}\n`);
  if (args.includes('--debug') && error instanceof Error) context.stderr(`${error.stack ?? ''}\n`);
}

function createContext(signal: AbortSignal): CliContext {
  const env = environment();
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const userHome = homedir();
  const context: CliContext = {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    isTerminal: process.stderr.isTTY === true,
    canAsk,
    columns: process.stderr.columns ?? 100,
    env,
    cwd: currentFolder(),
    userHome,
    signal,
    exitCode: EXIT.done,
    loadConfig: async (sources) => loadAndTell(context, sources),
    ask: async (question) => (canAsk ? askOnTerminal(question, signal) : false),
  };
  return context;
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new OpenSpaceError('config', 'The current folder is gone.', {
      hint: 'Change to a folder that exists.',
      cause: error,
    });
  }
}

async function loadAndTell(
  context: CliContext,
  sources: Pick<ConfigSources, 'flags' | 'configFile'> = {},
): Promise<Config> {
  const { loadConfig, isDecided, setTrust } = await import('../config/index.ts');
  const { env, cwd, userHome } = context;
  const load = () => loadConfig({ ...sources, env, cwd, userHome });
  let config = load();
  const folder = config.untrustedFolder;
  if (folder !== undefined && context.canAsk && !isDecided(config.home, folder)) {
    const action = `Trust the settings of ${folder}?`;
    const reason =
      'Its .openspace/config.json or .env could set keys, addresses and MCP servers. You are asked once.';
    setTrust(
      config.home,
      folder,
      (await context.ask({ tool: 'config', action, reason })) === true,
      new Date(),
    );
    config = load();
  }
  for (const notice of config.notices) context.stderr(`${pc.dim(`note: ${notice}`)}\n`);
  return config;
}

async function askOnTerminal(question: Question, signal: AbortSignal): Promise<Answer> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return readAnswer(await terminal.question(questionText(question), { signal }));
  } finally {
    terminal.close();
  }
}
