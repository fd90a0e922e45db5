// `openspace-upload-skill`: the original's command, with its flags and the positional form that its README shows.
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { hubSettings } from '../../engine/hub/index.ts';
import {
  CLOUD_ORIGINS,
  type CloudOrigin,
  keyFor,
  type PublishReview,
  parentsProblem,
  publishSkill,
  requirePublishable,
  reviewFolder,
} from '../../hub/index.ts';
import { OpenSpaceError, parseJson, readTextIfPresent } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { clientFor } from './hub/desk.ts';

interface Flags {
  readonly skillDir?: string;
  readonly visibility?: string;
  readonly origin?: string;
  readonly parentIds?: string;
  readonly tags?: string;
  readonly createdBy?: string;
  readonly changeSummary?: string;
  readonly apiBase?: string;
  readonly dryRun?: boolean;
}

/** What the engine noted beside a skill that it made; explicit flags win over it, each for itself. */
const Sidecar = z.object({
  origin: z.enum(CLOUD_ORIGINS).optional(),
  parent_skill_ids: z.array(z.string()).optional(),
  change_summary: z.string().optional(),
  created_by: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

export function build(context: CliContext): Command {
  return new Command('upload-skill')
    .description('Upload a skill to the hub. The result is JSON on stdout; everything else is on stderr.')
    .argument('[folder]', 'folder with a SKILL.md')
    .option('--skill-dir <folder>', 'the same as a flag')
    .option('--visibility <who>', 'private or public (default private)')
    .option('--origin <origin>', CLOUD_ORIGINS.join(', '))
    .option('--parent-ids <list>', 'record ids, with commas')
    .option('--tags <list>', 'with commas')
    .option('--created-by <name>')
    .option('--change-summary <text>')
    .option('--api-base <url>', 'address of the hub')
    .option('--dry-run', 'list what would be sent, and send nothing')
    .action((folder: string | undefined, flags: Flags) => upload(folder ?? flags.skillDir, flags, context));
}

const list = (text: string | undefined) =>
  text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

async function upload(folder: string | undefined, flags: Flags, context: CliContext): Promise<void> {
  if (folder === undefined) throw new OpenSpaceError('usage', 'Name the folder of the skill.');
  const visibility = flags.visibility ?? 'private';
  if (visibility !== 'private' && visibility !== 'public')
    throw new OpenSpaceError('usage', '--visibility is private or public.');
  const path = resolve(context.cwd, folder);
  const review = reviewFolder(path);
  showReview(review, context);
  if (flags.dryRun) return;
  requirePublishable(review);
  const saved = Sidecar.safeParse(parseJson(readTextIfPresent(resolve(path, '.upload_meta.json')) ?? '{}'));
  const noted = saved.success ? saved.data : {};
  const origin = originOf(flags.origin) ?? noted.origin ?? 'imported';
  const parents = list(flags.parentIds) ?? noted.parent_skill_ids ?? [];
  const problem = parentsProblem(origin, parents.length);
  if (problem !== undefined)
    throw new OpenSpaceError('usage', `${problem}.`, { hint: 'See --origin and --parent-ids.' });
  const config = await context.loadConfig();
  const result = await publishSkill(clientAt(flags.apiBase, config, context), {
    files: review.files,
    fallbackName: basename(path),
    visibility,
    origin,
    parents,
    tags: list(flags.tags) ?? noted.tags ?? [],
    createdBy: flags.createdBy ?? noted.created_by,
    changeSummary: flags.changeSummary ?? noted.change_summary,
  });
  const shown = { ...result, record: undefined }; // what the original prints, without the whole record
  context.stdout(`${JSON.stringify(shown, null, 2)}\n`);
}

function originOf(text: string | undefined): CloudOrigin | undefined {
  if (text === undefined) return undefined;
  const origin = CLOUD_ORIGINS.find((one) => one === text);
  if (origin !== undefined) return origin;
  throw new OpenSpaceError('usage', `--origin is one of ${CLOUD_ORIGINS.join(', ')}.`);
}

/** A client for `--api-base`, or for the current hub; with a key, which uploading needs. */
export function clientAt(
  apiBase: string | undefined,
  config: Awaited<ReturnType<CliContext['loadConfig']>>,
  context: CliContext,
) {
  const { client, state } = clientFor(config, context, apiBase);
  if (keyFor(hubSettings(config), state, client.apiUrl) === undefined)
    throw new OpenSpaceError('auth', 'There is no key for the hub.', {
      hint: 'Set OPENSPACE_API_KEY, or log in: openspace hub login <address>',
    });
  return client;
}

function showReview({ files, leftOut, totalBytes, refusals }: PublishReview, { stderr }: CliContext): void {
  stderr(`${files.size} files, ${totalBytes} bytes\n`);
  for (const path of files.keys()) stderr(`  ${path}\n`);
  for (const { path, why } of leftOut) stderr(`  left out: ${path} (${why})\n`);
  for (const { message } of refusals) stderr(`  refused: ${message}\n`);
}
