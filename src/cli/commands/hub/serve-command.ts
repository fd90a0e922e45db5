// `openspace hub serve`: starts the package openspace-hub, and logs the person who starts it in.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import { apiUrlOf, readHubState, writeHubState } from '../../../hub/index.ts';
import { isPresent, OpenSpaceError, parseJson, plainSpawner, toMessage } from '../../../lib/index.ts';
import type { CliContext } from '../../context.ts';
import { EXIT } from '../../failure.ts';

const Started = z.object({
  event: z.literal('listening'),
  url: z.string(),
  account: z.string().optional(),
  group: z.string().optional(),
  key: z.string().optional(),
});

export function addServeCommand(hub: Command, context: CliContext): void {
  hub
    .command('serve')
    .description('Start a hub for your team on this machine. Flags after -- go to openspace-hub.')
    .allowExcessArguments(true)
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'where to listen', '7790')
    .option('--data <folder>', 'where the hub keeps everything (default: hub/ in your data home)')
    .option('--database <url>', 'a PostgreSQL instead of the embedded database')
    .option('--as <name>', 'name of the first account')
    .action(
      async (
        flags: { host: string; port: string; data?: string; database?: string; as?: string },
        command: Command,
      ) => {
        const { home } = await context.loadConfig();
        const args = ['serve', '--events', '--host', flags.host, '--port', flags.port];
        args.push('--data', flags.data ?? join(home, 'hub'));
        if (flags.database !== undefined) args.push('--database', flags.database);
        if (flags.as !== undefined) args.push('--account', flags.as);
        await runHub([...args, ...command.args], home, context);
      },
    );
}

/** The program of the hub package: beside us in node_modules, or in this checkout. */
function findHub(): string | undefined {
  const here = fileURLToPath(import.meta.url);
  const root = join(dirname(here), '..', '..', '..', '..');
  const inCheckout = join(root, 'hub-server');
  if (isPresent(join(inCheckout, 'node_modules', 'hono'))) return join(inCheckout, 'bin', 'openspace-hub.js');
  try {
    return join(
      dirname(createRequire(here).resolve('openspace-hub/package.json')),
      'bin',
      'openspace-hub.js',
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function runHub(args: readonly string[], home: string, context: CliContext): Promise<void> {
  const program = findHub();
  if (program === undefined)
    throw new OpenSpaceError('unsupported', 'The hub server is a package of its own, and is not installed.', {
      hint: 'npm install -g openspace-hub   (in a checkout: npm ci --prefix hub-server)',
    });
  const env = Object.fromEntries(
    Object.entries(context.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const running = plainSpawner.start({
    command: process.execPath,
    args: [program, ...args],
    cwd: context.cwd,
    env,
  });
  const stop = () =>
    void running.kill(10_000).catch((error: unknown) => context.stderr(`${toMessage(error)}\n`));
  context.signal.addEventListener('abort', stop, { once: true });
  running.stderr.on('data', (chunk: Buffer) => context.stderr(chunk.toString()));
  const lines = createInterface({ input: running.stdout });
  lines.on('line', (line) => {
    const started = Started.safeParse(parseJson(line));
    if (started.success) logIn(home, started.data, context);
  });
  const end = await running.ended;
  context.signal.removeEventListener('abort', stop);
  lines.close();
  if (end.error !== undefined)
    throw new OpenSpaceError('internal', `The hub could not be started: ${end.error}`);
  if (end.exitCode !== 0 && !context.signal.aborted) context.exitCode = end.exitCode ?? EXIT.notDone;
}

/** Whoever starts a new hub is its first account: the key is saved here, and shown nowhere. */
function logIn(
  home: string,
  { url, key, account, group }: z.infer<typeof Started>,
  context: CliContext,
): void {
  if (key === undefined || account === undefined) return;
  const apiUrl = apiUrlOf(url);
  const state = readHubState(home);
  writeHubState(home, {
    ...state,
    default_hub: apiUrl,
    hubs: { ...state.hubs, [apiUrl]: { key, account, group: group ?? null } },
  });
  context.stderr(`You are logged in as "${account}". Stop the hub with Ctrl-C.\n`);
}
