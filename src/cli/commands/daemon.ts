// `openspace daemon`: one server of a data home in the background, which stdio servers attach to.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { errnoOf, makeFolder, OpenSpaceError, readTextIfPresent, startDetached } from '../../lib/index.ts';
import { type DaemonFile, daemonLog, findDaemon, serveMcp } from '../../serve/mcp/index.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { packageVersion } from '../version.ts';
import { portOf } from './mcp.ts';

interface Flags {
  readonly port?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** How long a daemon may take to begin or to end, in ms. */
const PATIENCE_MS = 20_000;
const POLL_MS = 100;

export function build(context: CliContext): Command {
  const daemon = new Command('daemon').description(
    'One server in the background for all hosts of this data home; stdio servers attach to it.',
  );
  const port = () => new Option('--port <number>', 'port to listen on (default: the setting mcp.port)');
  const config = () => new Option('-c, --config <file>', 'settings file, ours or the original’s');
  daemon
    .command('start')
    .description('Start it, if it does not run.')
    .addOption(port())
    .addOption(config())
    .action((flags: Flags) => start(flags, context));
  daemon
    .command('stop')
    .description('Stop it. Tasks that run go on.')
    .action(() => stop(context));
  daemon
    .command('status')
    .description('Say whether it runs, and where.')
    .option('--json', 'print JSON')
    .action((flags: Flags) => showStatus(flags, context));
  daemon
    .command('run', { hidden: true })
    .addOption(port())
    .addOption(config())
    .action((flags: Flags) => run(flags, context));
  return daemon;
}

async function start(flags: Flags, context: CliContext): Promise<void> {
  portOf(flags.port); // a fault is told here, not in the log
  const { home, cwd, env } = await context.loadConfig({ configFile: flags.config });
  const known = findDaemon(home);
  if (known !== undefined) return context.stdout(`The daemon runs already: ${describe(known)}\n`);
  const program = fileURLToPath(new URL('../../../bin/openspace.js', import.meta.url));
  const more = Object.entries({ '--port': flags.port, '--config': flags.config }).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
  const before = readTextIfPresent(daemonLog(home))?.length ?? 0;
  startDetached({
    ...{ command: process.execPath, args: [program, 'daemon', 'run', ...more], cwd },
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  });
  const found = await waitFor(
    () => findDaemon(home) ?? failureIn(readTextIfPresent(daemonLog(home))?.slice(before)),
    context.signal,
  );
  if (typeof found === 'object') return context.stdout(`The daemon runs: ${describe(found)}\n`);
  throw new OpenSpaceError('internal', found ?? 'The daemon has not begun in time.', {
    hint: `Its log: ${daemonLog(home)}`,
  });
}

const failureIn = (log: string | undefined): string | undefined => log?.match(/failed: (.*)/)?.[1];

async function stop(context: CliContext): Promise<void> {
  const { home } = await context.loadConfig();
  const daemon = findDaemon(home);
  if (daemon === undefined) return context.stdout('The daemon does not run.\n');
  try {
    process.kill(daemon.pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error; // it has just gone
  }
  const isGone = await waitFor(() => (findDaemon(home) === undefined ? true : undefined), context.signal);
  if (isGone === true) return context.stdout('The daemon has stopped.\n');
  throw new OpenSpaceError('busy', `The daemon (process ${daemon.pid}) has not ended.`, {
    hint: `kill ${daemon.pid}`,
  });
}

async function showStatus(flags: Flags, context: CliContext): Promise<void> {
  const { home } = await context.loadConfig();
  const daemon = findDaemon(home);
  if (flags.json === true) {
    const { settings: _, ...shown } = daemon ?? { settings: '' };
    context.stdout(`${JSON.stringify({ running: daemon !== undefined, ...shown }, null, 2)}\n`);
  } else
    context.stdout(
      daemon === undefined ? 'The daemon does not run.\n' : `The daemon runs: ${describe(daemon)}\n`,
    );
  context.exitCode = daemon === undefined ? EXIT.notDone : EXIT.done;
}

const describe = ({ url, pid, started_at }: DaemonFile) => `${url}/mcp, process ${pid}, since ${started_at}`;

/** Asks again and again; undefined when the time is up. */
async function waitFor<T>(ask: () => T | undefined, signal: AbortSignal): Promise<T | undefined> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = ask();
    if (answer !== undefined || performance.now() > until || signal.aborted) return answer;
    await sleep(POLL_MS);
  }
}

/** The daemon itself: nobody reads what it prints, so it keeps a log. */
async function run(flags: Flags, context: CliContext): Promise<void> {
  const { env, cwd, userHome } = context;
  const load = () => loadConfig({ env, cwd, userHome, configFile: flags.config });
  const { home } = load();
  makeFolder(join(home, 'mcp'), 0o700);
  const tell = (text: string) =>
    appendFileSync(daemonLog(home), `${new Date().toISOString()} ${text}`, { mode: 0o600 });
  try {
    await serveMcp({
      ...{ loadConfig: load, transport: 'streamable-http', daemon: true, signal: context.signal, tell },
      ...{ port: portOf(flags.port), configFile: flags.config },
      version: packageVersion(),
    });
  } catch (error) {
    tell(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
    throw error;
  }
}
