// `openspace dashboard`, also `openspace-dashboard`: serves the web app and its API until it is stopped.
import { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import { openOpenSpace } from '../../engine/index.ts';
import { OpenSpaceError, startDetached } from '../../lib/index.ts';
import { openDashboard } from '../../serve/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { addGlobalFlags, flagSettings, type GlobalFlags } from '../global-flags.ts';
import { packageVersion } from '../version.ts';
import { readKey } from './run.ts';

/** The original's. */
const DEFAULT_PORT = 7788;

interface Flags extends GlobalFlags {
  readonly port?: string;
  readonly host: string;
  readonly open: boolean;
  readonly json?: boolean;
}

export function build(context: CliContext): Command {
  const command = new Command('dashboard').description(
    'See the library, runs and proposals in a browser. Stays until it is stopped with Ctrl-C.',
  );
  return addGlobalFlags(command)
    .option('--port <number>', `port to listen on (default ${DEFAULT_PORT}, or a free one; 0 for any)`)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--no-open', 'do not open a browser')
    .option('--json', 'print the address as JSON')
    .action((flags: Flags) => serve(flags, context));
}

async function serve(flags: Flags, context: CliContext): Promise<void> {
  const config = await context.loadConfig({
    configFile: flags.config,
    flags: flagSettings(flags, (given) => readKey(given, context)),
  });
  await using openSpace = await openOpenSpace({ config });
  const dashboard = await openDashboard({
    ...{ openSpace, version: packageVersion(), host: flags.host, tell: context.stderr },
    ...{ port: portOf(flags.port) ?? DEFAULT_PORT, orAnyPort: flags.port === undefined },
    ...{ model: flags.model, configFile: flags.config },
  });
  try {
    const address = dashboard.newAddress();
    if (flags.json === true) context.stdout(`${JSON.stringify({ url: dashboard.url, open: address })}\n`);
    else context.stdout(`OpenSpace dashboard: ${pc.bold(address)}\n`);
    if (!dashboard.hasWeb)
      context.stderr(
        `${pc.yellow('The web app is not built')}: npm run build:web. The API answers already.\n`,
      );
    if (flags.json !== true)
      context.stderr(pc.dim('The address works once, for five minutes. Stop with Ctrl-C.\n'));
    if (flags.open && flags.json !== true && context.isTerminal) openBrowser(address, config);
    await aborted(context.signal);
  } finally {
    await dashboard.close();
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new OpenSpaceError('usage', `--port is a number from 0 to 65535, not "${text}".`);
}

/** Only where there is a screen; the address is printed anyway. */
function openBrowser(address: string, { env, cwd }: Config): void {
  const isMac = process.platform === 'darwin';
  if (!isMac && (env.DISPLAY ?? env.WAYLAND_DISPLAY) === undefined) return;
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  startDetached({
    command: isMac ? 'open' : 'xdg-open',
    args: [address],
    cwd,
    env: Object.fromEntries(given),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
