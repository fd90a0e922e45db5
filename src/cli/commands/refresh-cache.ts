// `openspace refresh-cache`: starts each configured MCP server once and lists its tools anew.
import { Command } from 'commander';
import { refreshMcpTools } from '../../engine/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';

export function build(context: CliContext): Command {
  return new Command('refresh-cache')
    .description('Start each configured MCP server once and list its tools anew.')
    .argument('[servers...]', 'only these')
    .option('-c, --config <file>', 'settings file that names the servers')
    .option('--json', 'print JSON')
    .action(async (servers: string[], flags: { config?: string; json?: boolean }) => {
      const config = await context.loadConfig({ configFile: flags.config });
      if (!flags.json) context.stderr(pc.dim('Starting the servers…\n'));
      const status = await refreshMcpTools(config, servers, context.signal);
      const failed = status.filter(({ error }) => error !== undefined);
      context.exitCode = failed.length === 0 ? EXIT.done : EXIT.notDone;
      if (flags.json) {
        context.stdout(`${JSON.stringify(status, null, 2)}\n`);
        return;
      }
      for (const { name, tools, error, hint } of status) {
        const text =
          error === undefined
            ? `${tools} tools`
            : `${error}${hint === undefined ? '' : `\n    ${pc.cyan(`→ ${hint}`)}`}`;
        context.stdout(`${error === undefined ? pc.green('✓') : pc.red('✗')} ${pc.bold(name)}  ${text}\n`);
      }
      if (status.length === 0)
        context.stdout('No MCP servers are configured; see docs/guide/mcp-servers.md.\n');
    });
}
