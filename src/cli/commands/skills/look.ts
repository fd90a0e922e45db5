// `skills list`, `show` and `search`.
import type { Command } from 'commander';
import type { LibraryHandles } from '../../../engine/index.ts';
import { OpenSpaceError, oneLine, plural } from '../../../lib/index.ts';
import type { Including, Library, Skill } from '../../../skills/index.ts';
import { SKILL_FILE } from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import {
  type Cell,
  formatBytes,
  formatTime,
  type JsonFlag,
  pickVersion,
  printJson,
  shownVersion,
  skillToJson,
  standing,
  table,
  versionToJson,
  withLibrary,
} from './shared.ts';

const EVERYTHING: readonly Including[] = ['archived', 'quarantined', 'shadowed', 'unready'];

export function addLookCommands(skills: Command, context: CliContext): void {
  skills
    .command('list', { isDefault: true })
    .description('All usable skills by name.')
    .option('-a, --all', 'also archived, quarantined, shadowed and unfinished ones')
    .option('--limit <n>', 'how many; 0 for all', '0')
    .option('--json', 'print JSON')
    .action((flags: { all?: boolean; limit: string } & JsonFlag) =>
      withLibrary(context, ({ library }) => list(library, flags, context)),
    );
  skills
    .command('show <skill>')
    .description('One skill: state, files, use, and what it says.')
    .option('--version <version>', 'a version other than the current one: 3, v3 or its id')
    .option('--content [file]', 'print a file of it, SKILL.md if none is named')
    .option('--json', 'print JSON')
    .action((name: string, flags: ShowFlags) =>
      withLibrary(context, (handles) => show(handles, name, flags, context)),
    );
  skills
    .command('search <words...>')
    .description('Skills that fit the words best.')
    .option('--limit <n>', 'how many', '10')
    .option('--json', 'print JSON')
    .action((words: string[], flags: { limit: string } & JsonFlag) =>
      withLibrary(context, ({ library }) => search(library, words.join(' '), flags, context)),
    );
}

function wholeNumber(text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new OpenSpaceError('usage', `--limit ${text} is not a whole number from ${least} on.`);
}

function allSkills(library: Library, include: readonly Including[], limit: number): Skill[] {
  const skills: Skill[] = [];
  let after: string | undefined;
  do {
    const page = library.list({ include, limit: 500, ...(after === undefined ? {} : { after }) });
    skills.push(...page.skills);
    after = page.next;
  } while (after !== undefined && (limit === 0 || skills.length < limit));
  return limit === 0 ? skills : skills.slice(0, limit);
}

function list(
  library: Library,
  flags: { all?: boolean; limit: string } & JsonFlag,
  context: CliContext,
): void {
  const skills = allSkills(library, flags.all ? EVERYTHING : [], wholeNumber(flags.limit, 0));
  if (flags.json) {
    printJson(context, skills.map(skillToJson));
    return;
  }
  const counts = library.count();
  if (skills.length === 0)
    context.stdout(
      'No skills yet. Make one: openspace skills new <name>, or: openspace skills import <folder>\n',
    );
  const nameWidth = Math.min(50, Math.max(0, ...skills.map((skill) => skill.name.length)));
  const room = Math.max(20, context.columns - nameWidth - 18);
  context.stdout(table(skills.map((skill) => listRow(skill, room))));
  const hidden = EVERYTHING.filter((kind) => counts[kind] > 0 && !flags.all).map(
    (kind) => `${counts[kind]} ${kind === 'unready' ? 'not ready' : kind}`,
  );
  const more = hidden.length === 0 ? '' : `, hidden: ${hidden.join(', ')} (openspace skills list --all)`;
  context.stderr(pc.dim(`${plural(skills.length, 'skill')}${more}\n`));
  for (const { name, folder, by } of library.shadowed())
    context.stderr(pc.dim(`shadowed: ${name} in ${folder}, by ${by}\n`));
}

function listRow(skill: Skill, room: number): Cell[] {
  return [
    { text: `${skill.pinned ? '*' : ' '} ${oneLine(skill.name, 50)}`, colour: pc.bold },
    standing(skill),
    { text: oneLine(skill.description, room), colour: pc.dim },
  ];
}

interface ShowFlags extends JsonFlag {
  readonly version?: string;
  readonly content?: string | boolean;
}

function show(
  { library, ledger }: LibraryHandles,
  name: string,
  flags: ShowFlags,
  context: CliContext,
): void {
  const skill = library.pickSkill(name);
  const version =
    flags.version === undefined ? shownVersion(library, skill) : pickVersion(library, skill, flags.version);
  if (flags.content !== undefined && flags.content !== false) {
    const path = flags.content === true ? SKILL_FILE : flags.content;
    const bytes = library.readFile(version.versionId, path);
    if (bytes === undefined)
      throw new OpenSpaceError('not-found', `${version.versionId} has no file ${path}.`, {
        hint: `See its files: openspace skills show ${skill.name}`,
      });
    context.stdout(Buffer.from(bytes).toString('utf8'));
    return;
  }
  const files = library.filesOf(version.versionId);
  const rates = ledger.ratesOf({ skillId: skill.skillId });
  if (flags.json) {
    printJson(context, {
      ...skillToJson(skill),
      version: versionToJson(version),
      files: files.map(({ path, sizeBytes }) => ({ path, size_bytes: sizeBytes })),
      uses: rates,
    });
    return;
  }
  const { text, colour } = standing(skill);
  context.stdout(`${pc.bold(skill.name)}  ${colour(text)}${skill.pinned ? '  pinned' : ''}\n`);
  context.stdout(`${skill.description}\n\n`);
  for (const flag of ['quarantined', 'archived'] as const)
    if (skill[flag]) context.stdout(`${pc.yellow(flag)}: ${library.flagReason(skill.skillId, flag) ?? ''}\n`);
  const versions = library.versions(skill.skillId).length;
  const used = `${plural(rates.selections, 'run')}, applied in ${rates.applied}, completed in ${rates.completions}`;
  const facts: [string, string][] = [
    ['version', `v${version.number} of ${versions}, ${version.state}, ${version.versionId}`],
    [
      'made',
      `${formatTime(version.createdAt)} by ${version.author}, ${version.origin}: ${oneLine(version.reason, 200)}`,
    ],
    ['folder', skill.folder ?? 'only in the library'],
    ['tags', skill.tags.join(', ')],
    ['used', rates.selections === 0 ? 'never' : used],
  ];
  for (const [key, value] of facts) if (value !== '') context.stdout(`${pc.dim(key.padEnd(9))}${value}\n`);
  context.stdout(`\n${table(files.map(({ path, sizeBytes }) => [`  ${path}`, formatBytes(sizeBytes)]))}`);
  context.stderr(
    pc.dim(`\nits text: openspace skills show ${name} --content · history: openspace skills log ${name}\n`),
  );
}

function search(
  library: Library,
  query: string,
  flags: { limit: string } & JsonFlag,
  context: CliContext,
): void {
  const hits = library.search(query, { limit: wholeNumber(flags.limit, 1) });
  if (flags.json) {
    printJson(
      context,
      hits.map(({ skillId, versionId, name, description, score, confidence, reasons }) => ({
        ...{ skill_id: skillId, version_id: versionId, name, description, score, confidence, reasons },
      })),
    );
    return;
  }
  if (hits.length === 0) context.stdout(`Nothing fits "${query}".\n`);
  for (const hit of hits) {
    context.stdout(`${pc.bold(hit.name)}  ${pc.dim(`${Math.round(hit.confidence * 100)}%`)}\n`);
    context.stdout(`  ${oneLine(hit.description, Math.max(20, context.columns - 2))}\n`);
    if (hit.reasons.length > 0)
      context.stdout(pc.dim(`  ${oneLine(hit.reasons.join('; '), context.columns - 2)}\n`));
  }
}
