// `openspace-download-skill`: the original's command, with its flags and the positional form that its README shows.
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { checkDownload, folderNameFor, installFolder } from '../../hub/index.ts';
import { isPresent, OpenSpaceError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { clientAt } from './upload-skill.ts';

interface Flags {
  readonly skillId?: string;
  readonly outputDir?: string;
  readonly apiBase?: string;
  readonly force?: boolean;
}

export function build(context: CliContext): Command {
  return new Command('download-skill')
    .description('Download a skill from the hub. The result is JSON on stdout; everything else is on stderr.')
    .argument('[id]', 'record id')
    .argument('[folder]', 'folder to put it in (default: the current one)')
    .option('--skill-id <id>', 'the same as a flag')
    .option('--output-dir <folder>', 'the same as a flag')
    .option('--api-base <url>', 'address of the hub')
    .option('--force', 'replace a skill that is there')
    .action((id: string | undefined, folder: string | undefined, flags: Flags) =>
      download(id ?? flags.skillId, folder ?? flags.outputDir ?? '.', flags, context),
    );
}

async function download(
  id: string | undefined,
  folder: string,
  flags: Flags,
  context: CliContext,
): Promise<void> {
  if (id === undefined) throw new OpenSpaceError('usage', 'Name the skill by its id.');
  const config = await context.loadConfig();
  const client = clientAt(flags.apiBase, config, context);
  context.stderr(`Fetching skill: ${id}\n`);
  const record = await client.call('getRecord', { params: { id } });
  const root = resolve(context.cwd, folder);
  const name = folderNameFor(record.name, record.record_id);
  if (isPresent(join(root, name)) && !flags.force)
    throw new OpenSpaceError('already-exists', `There is a "${name}" in ${root} already.`, {
      hint: 'To replace it: --force',
    });
  const files = await client.download(record.record_id);
  const { findings, quarantine } = checkDownload(name, files, {
    filesHash: record.files_hash,
    publication: record.publication,
  });
  for (const { severity, message, file } of findings)
    context.stderr(`${severity}: ${file ?? name}: ${message}\n`);
  if (quarantine)
    throw new OpenSpaceError(
      'unsafe',
      `"${name}" has content that a person has to look at first. Nothing was written.`,
      {
        hint: `To look at it: openspace hub install ${record.record_id}   (it stays quarantined in the library)`,
      },
    );
  const place = installFolder(root, name, files, {
    skillId: record.record_id,
    replace: flags.force === true,
  });
  for (const path of files.keys()) context.stderr(`  ${path}\n`);
  context.stderr(`Skill downloaded to: ${place}\n`);
  const result = {
    status: 'success',
    skill_id: record.record_id,
    name: record.name,
    description: record.description ?? '',
    local_path: place,
    files: [...files.keys()],
  };
  context.stdout(`${JSON.stringify(result, null, 2)}\n`);
}
