// `openspace hub publish`: a folder or a skill of the library, reviewed, signed, as a version of the team's skill.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../../config/index.ts';
import { openLibraryOf } from '../../../engine/index.ts';
import {
  describeSkill,
  type HubClient,
  HubError,
  type HubState,
  type PublishReview,
  publishSkill,
  registeredSigningKey,
  requirePublishable,
  reviewFiles,
  reviewFolder,
  type Visibility,
} from '../../../hub/index.ts';
import { isPresent, OpenSpaceError } from '../../../lib/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import { clientFor } from './desk.ts';

interface Flags {
  readonly group?: string;
  readonly public?: boolean;
  readonly message?: string;
  readonly proposal?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addPublishCommand(hub: Command, context: CliContext): void {
  hub
    .command('publish <skill>')
    .description(
      'Publish a skill: a folder, or a name from the library. Only you can read it, unless you say otherwise.',
    )
    .option('--group <name>', 'for the members of this group')
    .option('--public', 'for everybody on the hub')
    .option('-m, --message <text>', 'what changed')
    .option('--proposal', 'offer it to the owner of the skill instead')
    .option('--dry-run', 'show what would be sent, and send nothing')
    .option('--force', 'a version that is not trusted yet')
    .option('--json', 'print JSON')
    .action((skill: string, flags: Flags) => publish(skill, flags, context));
}

async function publish(skill: string, flags: Flags, context: CliContext): Promise<void> {
  const config = await context.loadConfig();
  const { review, fallbackName } = gather(skill, flags, config, context);
  showReview(review, context);
  requirePublishable(review);
  const name = describeSkill(review.files, fallbackName)?.name ?? fallbackName;
  if (flags.dryRun) {
    if (flags.json)
      context.stdout(
        `${JSON.stringify({ name, files: [...review.files.keys()], left_out: review.leftOut }, null, 2)}\n`,
      );
    return;
  }
  const { client, state } = clientFor(config, context);
  const visibility: Visibility = flags.public
    ? 'public'
    : flags.group === undefined
      ? 'private'
      : 'group_only';
  const head = await headOf(client, state, name, flags);
  const result = await publishSkill(client, {
    files: review.files,
    fallbackName,
    visibility,
    ...(flags.group === undefined ? {} : { group: flags.group }),
    ...(head === undefined
      ? { expectedHead: null }
      : { origin: 'fixed', parents: [head], expectedHead: head }),
    changeSummary: flags.message,
    proposal: flags.proposal === true,
    signingKey: await registeredSigningKey(client, config.home),
  });
  if (flags.json) {
    context.stdout(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  if (result.status === 'duplicate')
    context.stdout(`The hub has these files already: ${result.existing_record_id}\n`);
  else {
    const { record } = result;
    const note = record.status === 'active' || record.status === undefined ? '' : ` · ${record.status}`;
    context.stdout(
      `${pc.green('✓')} ${record.owner ?? ''}/${record.name} v${record.version_number ?? 1} · ${visibility}${note} · ${record.record_id}\n`,
    );
  }
}

/** The files to send, from a folder or from the library's head. */
function gather(
  skill: string,
  flags: Flags,
  config: Config,
  context: CliContext,
): { review: PublishReview; fallbackName: string } {
  const folder = resolve(context.cwd, skill);
  const { library, close } = openLibraryOf(config);
  try {
    if (isPresent(folder))
      return { review: reviewFolder(folder), fallbackName: folder.split(/[\\/]/).at(-1) ?? 'skill' };
    const found = library.pickSkill(skill);
    const versionId = found.head ?? (flags.force ? found.trial : undefined);
    if (versionId === undefined)
      throw new OpenSpaceError(
        'denied',
        `"${found.name}" is on trial: only trusted versions are published.`,
        {
          hint: 'To publish it all the same: --force',
        },
      );
    if (found.quarantined && !flags.force)
      throw new OpenSpaceError('denied', `"${found.name}" is quarantined.`);
    return { review: reviewFiles(library.read(versionId)), fallbackName: found.name };
  } finally {
    close();
  }
}

function showReview({ files, leftOut, totalBytes }: PublishReview, { stderr }: CliContext): void {
  stderr(`${files.size} files, ${totalBytes} bytes:\n`);
  for (const path of files.keys()) stderr(`  ${path}\n`);
  for (const { path, why } of leftOut) stderr(pc.dim(`  ${path} stays here: ${why}\n`));
}

/** The newest version of this skill at the hub, of which ours becomes the next. Undefined: it is new there. */
async function headOf(
  client: HubClient,
  state: HubState,
  name: string,
  flags: Flags,
): Promise<string | undefined> {
  const owner = flags.group ?? state.hubs[client.apiUrl]?.account;
  if (owner === undefined) return undefined; // the original's cloud has no owners
  try {
    const skill = await client.call('getSkill', { params: { owner, name } });
    return skill.head_record_id ?? undefined;
  } catch (error) {
    if (error instanceof HubError && error.status === 404) return undefined;
    throw error;
  }
}
