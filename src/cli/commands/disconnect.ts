// `openspace disconnect`: takes back what connect wrote for another agent, and nothing else.
import { Command } from 'commander';
import { dataHome } from '../../config/index.ts';
import { applyPlan, planDisconnect } from '../../hosts/connect/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { confirm, needHost, showPlan, toJson, type WriteFlags } from './connect/show.ts';

export function build(context: CliContext): Command {
  return new Command('disconnect')
    .description('Take back what connect wrote for an agent: its MCP entry, approvals and host skills.')
    .argument('<host>', 'as in openspace connect')
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--json', 'print JSON')
    .action(async (name: string, flags: WriteFlags) => {
      const home = dataHome(context.env, context.userHome, context.cwd);
      const plan = planDisconnect({ host: needHost(name), home });
      if (!flags.json) showPlan(plan, context);
      if (flags.dryRun) {
        if (flags.json) context.stdout(toJson(plan, { written: false }));
        return;
      }
      if (!(await confirm(plan, flags, context))) return;
      const { backups } = applyPlan(plan, home, new Date());
      if (flags.json) context.stdout(toJson(plan, { written: true, backups }));
      else context.stdout(`${pc.green('✓')} ${plan.host.title} is disconnected.\n`);
    });
}
