// `skills import` and `export`.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type ImportReport, importOriginal, type LibraryHandles } from '../../../engine/index.ts';
import { isPresent, OpenSpaceError, plural, writeFileAtomic } from '../../../lib/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import {
  describeFinding,
  formatBytes,
  type JsonFlag,
  pickVersion,
  printJson,
  shownVersion,
  table,
  withLibrary,
} from './shared.ts';

export function addTransferCommands(skills: Command, context: CliContext): void {
  skills
    .command('import <path>')
    .description(
      'Bring in skills: a folder, a .zip, or openspace.db of the original OpenSpace. It is only read.',
    )
    .option('--json', 'print JSON')
    .action((path: string, flags: JsonFlag) =>
      withLibrary(context, (handles) => importFrom(handles, resolve(context.cwd, path), flags, context)),
    );
  skills
    .command('export <skill>')
    .description('Write a skill as a .zip archive.')
    .option('--version <version>', 'a version other than the current one: 3, v3 or its id')
    .option('-o, --out <file>', 'where to; default <skill>.zip in this folder')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print JSON')
    .action((name: string, flags: ExportFlags) =>
      withLibrary(context, (handles) => exportSkill(handles, name, flags, context)),
    );
}

async function importFrom(
  handles: LibraryHandles,
  path: string,
  flags: JsonFlag,
  context: CliContext,
): Promise<void> {
  const report = await importOriginal({ ...handles, path });
  if (flags.json) {
    printJson(context, reportToJson(report));
    return;
  }
  const rows: [string, string, string][] = [
    [
      'skills',
      String(report.skills),
      `${plural(report.versions, 'version')}, ${plural(report.parentLinks, 'parent link')}`,
    ],
    ['analyses', String(report.analyses), plural(report.judgments, 'judgment')],
    ['tools', String(report.tools), `${plural(report.toolCalls, 'call')} in their history`],
    ['recordings', String(report.recordings), ''],
    ['known already', String(report.known), ''],
  ];
  context.stdout(`Imported from ${path}\n\n`);
  context.stdout(
    table(rows.filter(([, count]) => count !== '0').map(([name, ...rest]) => [`  ${name}`, ...rest])),
  );
  for (const { name, reason } of report.quarantined)
    context.stdout(`\n${pc.yellow('quarantined')} ${pc.bold(name)}: ${reason}\n`);
  for (const finding of report.findings) context.stderr(`${describeFinding(finding)}\n`);
  if (report.countersDiffer.length > 0)
    context.stderr(
      `${pc.yellow('warning:')} counters differ from the original’s: ${report.countersDiffer.join(', ')}\n`,
    );
  if (report.skipped.length > 0) {
    context.stdout(`\nLeft out or changed (${report.skipped.length}):\n`);
    for (const { what, why } of report.skipped) context.stdout(`  ${what}: ${pc.dim(why)}\n`);
  }
}

function reportToJson(report: ImportReport) {
  const { parentLinks, toolCalls, countersDiffer, ...rest } = report;
  return { ...rest, parent_links: parentLinks, tool_calls: toolCalls, counters_differ: countersDiffer };
}

interface ExportFlags extends JsonFlag {
  readonly version?: string;
  readonly out?: string;
  readonly force?: boolean;
}

async function exportSkill(
  { library }: LibraryHandles,
  name: string,
  flags: ExportFlags,
  context: CliContext,
): Promise<void> {
  const skill = library.pickSkill(name);
  const version =
    flags.version === undefined ? shownVersion(library, skill) : pickVersion(library, skill, flags.version);
  const path = resolve(context.cwd, flags.out ?? `${skill.name.replaceAll(/[^\w.-]+/g, '-')}.zip`);
  if (isPresent(path) && flags.force !== true)
    throw new OpenSpaceError('already-exists', `${path} is there already.`, {
      hint: 'Choose another place with --out, or replace it with --force.',
    });
  const bytes = await library.pack(version.versionId);
  writeFileAtomic(path, bytes);
  if (flags.json) {
    printJson(context, { path, version_id: version.versionId, size_bytes: bytes.length });
    return;
  }
  context.stdout(`${pc.bold(skill.name)} v${version.number}: ${path} (${formatBytes(bytes.length)})\n`);
}
