// `openspace hub invite | proposals | accept | decline | key`: the people of a team and what they offer each other.
import type { Command } from 'commander';
import { MEMBER_SCOPES, ROLES, SCOPES } from '../../../hub/index.ts';
import { OpenSpaceError } from '../../../lib/index.ts';
import type { CliContext } from '../../context.ts';
import { clientFor } from './desk.ts';

/** The text as one of a fixed list. Throws `usage`. */
function oneOf<T extends string>(list: readonly T[], text: string, flag: string): T {
  const found = list.find((one) => one === text);
  if (found !== undefined) return found;
  throw new OpenSpaceError('usage', `${flag} is one of ${list.join(', ')}.`);
}

export function addTeamCommands(hub: Command, context: CliContext): void {
  const open = async () => clientFor(await context.loadConfig(), context);
  const print = (value: unknown) => context.stdout(`${JSON.stringify(value, null, 2)}\n`);
  hub
    .command('invite')
    .description('Make an invitation into your group.')
    .option('--group <name>', 'group (default: yours)')
    .option('--role <role>', `what they may do: ${ROLES.join(', ')}`, 'member')
    .option('--uses <number>', 'how many people may use it', '1')
    .action(async (flags: { group?: string; role: string; uses: string }) => {
      const { client, state } = await open();
      const group = flags.group ?? state.hubs[client.apiUrl]?.group;
      if (group === undefined || group === null)
        throw new OpenSpaceError('usage', 'Name a group: --group <name>');
      const { invite } = await client.call('createInvite', {
        params: { group },
        body: { role: oneOf(ROLES, flags.role, '--role'), max_uses: Number(flags.uses) },
      });
      context.stdout(`openspace hub login ${client.apiUrl.replace(/\/api\/v1$/, '')} --invite ${invite}\n`);
    });
  hub
    .command('key')
    .description('Make a further key for your account, for an agent or a script. Printed this once.')
    .option('--scopes <list>', `what it may do, of ${SCOPES.join(',')}`, MEMBER_SCOPES.join(','))
    .option('--days <number>', 'when it ends', '90')
    .option('--name <text>', 'what it is for', 'agent')
    .action(async (flags: { scopes: string; days: string; name: string }) => {
      const { client } = await open();
      const scopes = flags.scopes.split(',').map((scope) => oneOf(SCOPES, scope.trim(), '--scopes'));
      const days = Number(flags.days);
      const created = await client.call('createKey', {
        body: { name: flags.name, scopes, expires_in_s: Math.round(days * 86_400) },
      });
      context.stdout(`${created.key}\n`);
    });
  hub
    .command('proposals')
    .description('Open proposals for skills of your groups.')
    .action(async () => print(await (await open()).client.call('listProposals')));
  for (const decision of ['accept', 'decline'] as const)
    hub
      .command(`${decision} <record>`)
      .description(
        decision === 'accept' ? 'Make a proposal the newest version of its skill.' : 'Turn a proposal down.',
      )
      .option('-m, --message <text>', 'why')
      .action(async (id: string, flags: { message?: string }) => {
        const { client } = await open();
        print(
          await client.call('decide', { params: { id }, body: { decision, reason: flags.message ?? '' } }),
        );
      });
}
