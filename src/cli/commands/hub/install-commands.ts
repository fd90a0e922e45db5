// `openspace hub install | outdated | update | rollback`: skills of others, into the library or a folder.
import type { Command } from 'commander';
import {
  applyUpdate,
  findOffer,
  findUpdates,
  goBack,
  type Installed,
  install,
  installFrozen,
  readLock,
  type Update,
} from '../../../hub/index.ts';
import { OpenSpaceError, plural } from '../../../lib/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import { type Desk, openDesk, type TargetFlags } from './desk.ts';

interface Flags extends TargetFlags {
  readonly frozen?: boolean;
  readonly force?: boolean;
  readonly acceptKey?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const target = (command: Command) =>
  command
    .option('--to <folder>', 'a folder instead of the library')
    .option('--trust', 'trust it at once instead of on trial')
    .option('--json', 'print JSON');

export function addInstallCommands(hub: Command, context: CliContext): void {
  target(hub.command('install [skills...]'))
    .description('Install skills by name, owner/name or id; without any, what the lock file names.')
    .option('--from <source>', 'take them from this source')
    .option('--frozen', 'install exactly what the lock file says, or fail')
    .option('--force', 'over a skill of the same name')
    .option('--accept-key', 'accept a new publisher key')
    .action((names: string[], flags: Flags) =>
      withDesk(context, flags, (desk) => runInstall(names, flags, desk, context)),
    );
  target(hub.command('outdated'))
    .description('List installed skills with a newer version.')
    .action((flags: Flags) => withDesk(context, flags, (desk) => runOutdated(flags, desk, context)));
  target(hub.command('update [skills...]'))
    .description('Show what changed in newer versions, and take them.')
    .option('-y, --yes', 'do not ask')
    .option('--force', 'even over changes that were made here')
    .option('--accept-key', 'accept a new publisher key')
    .action((names: string[], flags: Flags) =>
      withDesk(context, flags, (desk) => runUpdate(names, flags, desk, context)),
    );
  target(hub.command('rollback <skill>'))
    .description('Go back to the version that was installed before.')
    .action((name: string, flags: Flags) =>
      withDesk(context, flags, async (desk) => tell([await goBack(desk.installer, name)], flags, context)),
    );
}

async function withDesk(
  context: CliContext,
  flags: Flags,
  body: (desk: Desk) => Promise<void>,
): Promise<void> {
  const desk = await openDesk(context, flags);
  try {
    await body(desk);
  } finally {
    desk.close();
  }
}

async function runInstall(
  names: readonly string[],
  flags: Flags,
  desk: Desk,
  context: CliContext,
): Promise<void> {
  const { installer } = desk;
  if (names.length === 0 || flags.frozen) {
    const lock = readLock(installer.target.root);
    const missing = names.find((name) => lock[name] === undefined);
    if (missing !== undefined)
      throw new OpenSpaceError('not-found', `The lock file has no "${missing}".`, {
        hint: 'Without --frozen it is added.',
      });
    if (Object.keys(lock).length === 0)
      throw new OpenSpaceError('usage', 'Name a skill: there is no lock file yet.');
    return tell(await installFrozen(installer), flags, context);
  }
  const done: Installed[] = [];
  for (const name of names) {
    const { source, id } = await findOffer(installer, name);
    done.push(await install(installer, source, id, choice(flags)));
  }
  tell(done, flags, context);
}

const choice = (flags: Flags) => ({ force: flags.force === true, acceptKey: flags.acceptKey === true });

const findAll = (names: readonly string[], desk: Desk, context: CliContext) =>
  findUpdates(desk.installer, names, (name, error) =>
    context.stderr(`${pc.yellow('!')} ${name}: ${error.message}\n`),
  );

const describe = ({ name, entry, newest }: Update) =>
  `${name}: ${shortRevision(entry.revision)} → ${shortRevision(newest.revision)}`;
const shortRevision = (revision: string | null) =>
  revision === null
    ? 'newer'
    : /^\d+$/.test(revision)
      ? `v${revision}`
      : revision.replace(/^sha256:/, '').slice(0, 8);

async function runOutdated(flags: Flags, desk: Desk, context: CliContext): Promise<void> {
  const updates = await findAll([], desk, context);
  if (flags.json) {
    context.stdout(
      `${JSON.stringify({ outdated: updates.map(({ name, entry, newest, editedHere }) => ({ name, source: entry.source, installed: entry.revision, newest: newest.revision, edited_here: editedHere })) }, null, 2)}\n`,
    );
    return;
  }
  for (const update of updates)
    context.stdout(`${describe(update)}${update.editedHere ? pc.yellow('  (changed here)') : ''}\n`);
  if (updates.length === 0) context.stderr('Everything is up to date.\n');
}

async function runUpdate(
  names: readonly string[],
  flags: Flags,
  desk: Desk,
  context: CliContext,
): Promise<void> {
  const updates = await findAll(names, desk, context);
  const done: Installed[] = [];
  for (const update of updates) {
    context.stderr(`${pc.bold(describe(update))}\n${coloured(update.diff)}\n`);
    const question = {
      tool: 'hub',
      action: `Take this version of ${update.name}?`,
      reason: `from ${update.entry.source}`,
    };
    if (!flags.yes && !(await context.ask(question))) {
      if (!context.canAsk)
        context.stderr(
          `Not taken: nobody can be asked here. To take it: openspace hub update ${update.name} --yes\n`,
        );
      continue;
    }
    done.push(await applyUpdate(desk.installer, update, choice(flags)));
  }
  if (updates.length === 0) context.stderr('Everything is up to date.\n');
  tell(done, flags, context);
}

function coloured(diff: string): string {
  return diff
    .split('\n')
    .map((line) => (line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : line))
    .join('\n');
}

function tell(done: readonly Installed[], flags: Flags, context: CliContext): void {
  if (flags.json) {
    const skills = done.map(({ name, status, place, entry, findings, notes }) => ({
      name,
      status,
      place,
      id: entry.id,
      revision: entry.revision,
      files_hash: entry.files_hash,
      publisher_key: entry.publisher_key,
      findings,
      notes,
    }));
    context.stdout(`${JSON.stringify({ skills }, null, 2)}\n`);
    return;
  }
  for (const { name, status, place, entry, findings, notes } of done) {
    const signed =
      entry.publisher_key === null ? '' : pc.dim(` · signed ${entry.publisher_key.slice(0, 16)}…`);
    context.stdout(
      `${pc.green('✓')} ${name} ${shortRevision(entry.revision)} ${status} in ${place}${signed}\n`,
    );
    for (const { severity, message } of findings) context.stderr(`  ${pc.yellow(severity)} ${message}\n`);
    for (const note of notes) context.stderr(pc.dim(`  ${note}\n`));
  }
  if (done.length > 1) context.stderr(`${plural(done.length, 'skill')}.\n`);
}
