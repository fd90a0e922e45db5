// `openspace hub`: share skills with others, find and install theirs, run a hub of your own.
import { Command } from 'commander';
import {
  apiUrlOf,
  createHubClient,
  readHubState,
  toAddress,
  verifyInstalled,
  writeHubState,
} from '../../hub/index.ts';
import { OpenSpaceError } from '../../lib/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { openDesk, type TargetFlags } from './hub/desk.ts';
import { addInstallCommands } from './hub/install-commands.ts';
import { addPublishCommand } from './hub/publish-command.ts';
import { addServeCommand } from './hub/serve-command.ts';
import { addTeamCommands } from './hub/team-commands.ts';

export function build(context: CliContext): Command {
  const hub = new Command('hub').description(
    'Share skills with your team, install theirs, run your own hub.',
  );
  addServeCommand(hub, context);
  addLogin(hub, context);
  addTeamCommands(hub, context);
  addSearch(hub, context);
  addInstallCommands(hub, context);
  addPublishCommand(hub, context);
  addSources(hub, context);
  addVerify(hub, context);
  return hub;
}

function addLogin(hub: Command, context: CliContext): void {
  hub
    .command('login <address>')
    .description('Use a hub: with an invitation, or with a key that you have.')
    .option('--invite <token>', 'invitation; makes your account')
    .option('--as <name>', 'name of your account (default: your user name)')
    .option('--api-key-env <name>', 'take the key from this variable')
    .option('--json', 'print JSON')
    .action(
      async (
        address: string,
        flags: { invite?: string; as?: string; apiKeyEnv?: string; json?: boolean },
      ) => {
        const { home } = await context.loadConfig();
        const apiUrl = apiUrlOf(address);
        const account = flags.as ?? accountName(context);
        const anonymous = createHubClient({ baseUrl: apiUrl, signal: context.signal });
        let key = flags.apiKeyEnv === undefined ? undefined : context.env[flags.apiKeyEnv];
        if (flags.invite !== undefined)
          key = (await anonymous.call('join', { body: { invite: flags.invite, account } })).key;
        if (key === undefined || key === '')
          throw new OpenSpaceError(
            'usage',
            'Logging in needs --invite, or --api-key-env with the name of a variable.',
            {
              hint: 'Ask for an invitation: openspace hub invite',
            },
          );
        const me = await createHubClient({ baseUrl: apiUrl, apiKey: key, signal: context.signal }).call('me');
        const state = readHubState(home);
        const group = me.groups[0]?.group ?? null;
        writeHubState(home, {
          ...state,
          default_hub: apiUrl,
          hubs: { ...state.hubs, [apiUrl]: { key, account: me.account, group } },
        });
        if (flags.json)
          context.stdout(`${JSON.stringify({ hub: apiUrl, account: me.account, groups: me.groups })}\n`);
        else
          context.stderr(
            `You are ${pc.bold(me.account)} at ${apiUrl}${group === null ? '' : `, in the group ${pc.bold(group)}`}.\n`,
          );
        if (apiUrl.startsWith('http:') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(apiUrl))
          context.stderr(pc.dim('note: this address is not encrypted; your key can be read on the way.\n'));
      },
    );
}

function accountName({ env }: CliContext): string {
  const name = (env.USER ?? env.USERNAME ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (name !== '') return name;
  throw new OpenSpaceError('usage', 'Say how your account is to be called: --as <name>');
}

function addSearch(hub: Command, context: CliContext): void {
  hub
    .command('search [words...]')
    .description('Look for skills in your hub and your other sources.')
    .option('--from <source>', 'look only there')
    .option('-n, --limit <number>', 'how many', '20')
    .option('--json', 'print JSON')
    .action(async (words: string[], flags: TargetFlags & { limit: string; json?: boolean }) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 300)
        throw new OpenSpaceError('usage', '--limit is a number from 1 to 300.');
      const desk = await openDesk(context, flags);
      try {
        const offers = [];
        for (const source of desk.installer.sources) {
          try {
            offers.push(...(await source.search(words.join(' '), limit)));
          } catch (error) {
            if (!(error instanceof OpenSpaceError) || error.code === 'cancelled') throw error;
            context.stderr(`${pc.yellow('!')} ${source.address}: ${error.message}\n`);
          }
        }
        if (flags.json)
          context.stdout(`${JSON.stringify({ results: offers, count: offers.length }, null, 2)}\n`);
        else
          for (const offer of offers)
            context.stdout(
              `${pc.bold(`${offer.record?.owner === undefined ? '' : `${offer.record.owner}/`}${offer.name}`)}  ${offer.description}\n  ${pc.dim(`${offer.source} ${offer.id}`)}\n`,
            );
        if (offers.length === 0) context.stderr('Nothing found.\n');
      } finally {
        desk.close();
      }
    });
}

function addSources(hub: Command, context: CliContext): void {
  hub
    .command('add <source>')
    .description('Add a source of skills: a folder, owner/repo, a git or web address, hub:https://…')
    .option('--remove', 'take it out again')
    .action(async (text: string, flags: { remove?: boolean }) => {
      const { home } = await context.loadConfig();
      const address = toAddress(text, context.cwd);
      const state = readHubState(home);
      const others = state.sources.filter((source) => source !== address);
      writeHubState(home, { ...state, sources: flags.remove ? others : [...others, address] });
      context.stderr(`${address} is ${flags.remove ? 'not a source any more' : 'a source now'}.\n`);
    });
  hub
    .command('sources')
    .description('List where skills come from.')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const desk = await openDesk(context, {});
      try {
        const addresses = desk.installer.sources.map(({ address }) => address);
        context.stdout(
          flags.json
            ? `${JSON.stringify({ sources: addresses })}\n`
            : addresses.map((one) => `${one}\n`).join(''),
        );
      } finally {
        desk.close();
      }
    });
}

function addVerify(hub: Command, context: CliContext): void {
  hub
    .command('verify')
    .description('Compare what is installed with the lock file. Exit code 1 if something differs.')
    .option('--to <folder>', 'skills that were installed into this folder')
    .option('--json', 'print JSON')
    .action(async (flags: TargetFlags & { json?: boolean }) => {
      const desk = await openDesk(context, flags);
      try {
        const verified = await verifyInstalled(desk.installer.target);
        if (flags.json) context.stdout(`${JSON.stringify({ skills: verified })}\n`);
        else
          for (const { name, state } of verified)
            context.stdout(`${state === 'ok' ? pc.green('✓') : pc.red('✗')} ${name}: ${state}\n`);
        if (verified.some(({ state }) => state !== 'ok')) context.exitCode = EXIT.notDone;
      } finally {
        desk.close();
      }
    });
}
