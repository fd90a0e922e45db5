// `openspace mcp`, also `openspace-mcp`: serves OpenSpace to other agents over MCP.
import { Command, Option } from 'commander';
import { type Config, loadConfig } from '../../config/index.ts';
import { OpenSpaceError } from '../../lib/index.ts';
import { serveMcp, type TransportName } from '../../serve/mcp/index.ts';
import type { CliContext } from '../context.ts';
import { packageVersion } from '../version.ts';

interface Flags {
  readonly transport?: string;
  readonly host?: string;
  readonly port?: string;
  readonly token?: boolean;
  readonly workspace?: string;
  readonly model?: string;
  readonly config?: string;
}

const TRANSPORTS = ['auto', 'stdio', 'sse', 'streamable-http'];

export function build(context: CliContext): Command {
  const command = new Command('mcp')
    .description(
      'Serve OpenSpace to other agents over MCP. Over stdio unless a port or a transport says otherwise.',
    )
    .addOption(new Option('--transport <name>', TRANSPORTS.join(', ')).choices(TRANSPORTS))
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default 8080); chooses sse if no transport is named')
    .option('--no-token', 'HTTP without a token, on a loopback address only')
    .option('-c, --config <file>', 'settings file, ours or the original’s')
    .option('-m, --model <provider/model>', 'model that does tasks')
    .option('--workspace <folder>', 'folder to work in')
    .action((flags: Flags) => serve(flags, context));
  command
    .command('token')
    .description('Print the token that HTTP clients have to send; makes it if there is none.')
    .option('--new', 'make a new one; the old one is refused from then on')
    .action((flags: { readonly new?: boolean }) => printToken(flags.new === true, context));
  return command;
}

async function serve(flags: Flags, context: CliContext): Promise<void> {
  const { env, cwd, userHome } = context;
  const load = () =>
    loadConfig({
      env,
      cwd,
      userHome,
      configFile: flags.config,
      flags: { model: flags.model, workspace: flags.workspace },
    });
  const config = load();
  await serveMcp({
    loadConfig: load,
    transport: chooseTransport(flags, config, context),
    host: flags.host,
    port: portOf(flags.port),
    token: flags.token,
    configFile: flags.config,
    model: flags.model,
    version: packageVersion(),
    signal: context.signal,
    tell: context.stderr,
  });
}

/** Flag, then setting, then SSE for who names a port or looks on from a terminal, else stdio: as the original. */
function chooseTransport(flags: Flags, config: Config, { stdin }: CliContext): TransportName {
  const named = flags.transport ?? config.get('mcp.transport') ?? 'auto';
  if (named === 'stdio' || named === 'sse' || named === 'streamable-http') return named;
  const onTerminal = stdin.isTTY === true && process.stdout.isTTY === true;
  return flags.port !== undefined || onTerminal ? 'sse' : 'stdio';
}

/** Throws `usage` for what is no port. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new OpenSpaceError('usage', `--port is a number from 0 to 65535, not "${text}".`);
}

async function printToken(renew: boolean, context: CliContext): Promise<void> {
  const { ensureToken } = await import('../../serve/index.ts');
  const config = await context.loadConfig();
  context.stdout(`${ensureToken(config.home, { renew })}\n`);
}
