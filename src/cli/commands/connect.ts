// `openspace connect`: registers OpenSpace with another agent on this machine, after showing what changes, and tests it.
import { Command } from 'commander';
import { dataHome } from '../../config/index.ts';
import {
  applyPlan,
  changesAnything,
  type HostAdapter,
  type HostState,
  hostStates,
  type Plan,
  planConnect,
} from '../../hosts/connect/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { type Credentials, credentialsFor } from './connect/credentials.ts';
import { selfTest, serverEntry, skillsSource } from './connect/server.ts';
import { confirm, needHost, placesOf, showPlan, toJson, type WriteFlags } from './connect/show.ts';

interface Flags extends WriteFlags {
  readonly ask?: boolean;
  readonly skills?: boolean;
}

export function build(context: CliContext): Command {
  return new Command('connect')
    .description(
      'Register OpenSpace with another agent: its MCP entry, approvals and the two host skills. Shows the changes and asks first; ends with a test of the entry. Without a host: lists the agents found here.',
    )
    .argument(
      '[host]',
      'claude-code, codex, openclaw, nanobot, hermes, opencode, cursor, gemini-cli or vscode',
    )
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--ask', 'leave approvals alone: the agent asks you before each call')
    .option('--no-skills', 'do not copy the host skills')
    .option('--json', 'print JSON')
    .action(async (host: string | undefined, flags: Flags) => {
      if (host === undefined) listHosts(flags, context);
      else await connect(needHost(host), flags, context);
    });
}

const STATES: Record<HostState['state'], string> = {
  connected: pc.green('connected'),
  changed: pc.yellow('changed since it was connected; connect it again'),
  foreign: pc.yellow('has an entry of its own; connecting replaces it and keeps its variables'),
  'not-connected': 'not connected',
  'not-found': pc.dim('not found here'),
  unreadable: pc.red('its settings can’t be read'),
};

function listHosts(flags: Flags, context: CliContext): void {
  const states = hostStates(placesOf(context), homeOf(context));
  if (flags.json) {
    const rows = states.map(({ host, state, file, problem }) => ({
      host: host.id,
      title: host.title,
      state,
      file,
      ...(problem === undefined ? {} : { problem }),
    }));
    context.stdout(`${JSON.stringify({ hosts: rows }, null, 2)}\n`);
    return;
  }
  for (const { host, state, problem } of states) {
    context.stdout(`${pc.bold(host.id.padEnd(12))} ${STATES[state]}\n`);
    if (problem !== undefined) context.stdout(`${' '.repeat(13)}${pc.dim(problem)}\n`);
  }
  context.stdout(`\nConnect one with: openspace connect <host>\n`);
}

const homeOf = ({ env, userHome, cwd }: CliContext) => dataHome(env, userHome, cwd);

async function connect(host: HostAdapter, flags: Flags, context: CliContext): Promise<void> {
  const home = homeOf(context);
  const plan = planConnect({
    host,
    home,
    places: placesOf(context),
    server: serverEntry(context),
    approve: flags.ask !== true,
    skills: flags.skills === false ? undefined : skillsSource(),
  });
  if (!flags.json) showPlan(plan, context);
  const credentials = credentialsFor(host, plan.server?.env ?? {}, context);
  if (flags.dryRun) {
    if (flags.json) context.stdout(toJson(plan, { credentials, written: false }));
    else tellCredentials(host, credentials, context);
    return;
  }
  const isNew = changesAnything(plan);
  if (isNew && !(await confirm(plan, flags, context))) return;
  const { backups } = isNew ? applyPlan(plan, home, new Date()) : { backups: [] };
  const test = await selfTest(plan.server ?? serverEntry(context), context);
  if (!test.works) context.exitCode = EXIT.notDone;
  if (flags.json) {
    context.stdout(toJson(plan, { credentials, written: isNew, backups, self_test: test }));
    return;
  }
  if (isNew) context.stdout(`${pc.green('✓')} Written.${backupText(backups)}\n`);
  tellCredentials(host, credentials, context);
  context.stdout(`${test.works ? pc.green('✓') : pc.red('✗')} ${test.detail}\n`);
  if (test.works) context.stdout(`${nextStep(plan, flags)}\n`);
  else context.stdout(`Take it back with: openspace disconnect ${host.id}\n`);
}

const backupText = (backups: readonly string[]) =>
  backups.length === 0 ? '' : ` The old content is in ${backups.join(' and ')}.`;

function tellCredentials(host: HostAdapter, { model, key, problem, hint }: Credentials, context: CliContext) {
  if (problem === undefined) {
    const from = key === undefined ? 'no key needed' : `key from ${key}`;
    context.stdout(`${pc.green('✓')} Tasks will use ${model}, ${from}.\n`);
    return;
  }
  const skills = 'Searching skills works without one.';
  context.stdout(
    `${pc.yellow('!')} Started by ${host.title}, the server finds no usable model: ${problem} ${skills}\n`,
  );
  for (const line of hint?.split('\n') ?? []) context.stdout(`  ${pc.cyan(`→ ${line}`)}\n`);
}

function nextStep({ host }: Plan, flags: Flags): string {
  const approval = flags.ask ? ' It will ask you before each call.' : '';
  return `Start ${host.title} anew to use it.${approval} Undo with: openspace disconnect ${host.id}`;
}
