// `skills log`, `diff` and `blame`: where a skill comes from and how it changed.
import type { Command } from 'commander';
import { OpenSpaceError, oneLine } from '../../../lib/index.ts';
import { type Library, SKILL_FILE, type Skill, type Version } from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import {
  changeToJson,
  formatTime,
  type JsonFlag,
  pickVersion,
  printJson,
  STATE_COLOURS,
  shownVersion,
  skillToJson,
  table,
  versionToJson,
  withLibrary,
} from './shared.ts';

export function addHistoryCommands(skills: Command, context: CliContext): void {
  skills
    .command('log <skill>')
    .description('Its versions with where they come from and what came of them.')
    .option('--changes', 'everything that was done to it, with what was undone')
    .option('--json', 'print JSON')
    .action((name: string, flags: { changes?: boolean } & JsonFlag) =>
      withLibrary(context, ({ library }) => log(library, library.pickSkill(name), flags, context)),
    );
  skills
    .command('diff <skill> [before] [after]')
    .description('What changed: the current version against its parent, or between two versions.')
    .option('--json', 'print JSON')
    .action((name: string, before: string | undefined, after: string | undefined, flags: JsonFlag) =>
      withLibrary(context, ({ library }) => diff(library, [name, before, after], flags, context)),
    );
  skills
    .command('blame <skill> [file]')
    .description('Each line of a file with the version that brought it.')
    .option('--json', 'print JSON')
    .action((name: string, file: string | undefined, flags: JsonFlag) =>
      withLibrary(context, ({ library }) => blame(library, library.pickSkill(name), file, flags, context)),
    );
}

function log(
  library: Library,
  skill: Skill,
  flags: { changes?: boolean } & JsonFlag,
  context: CliContext,
): void {
  const versions = library.versions(skill.skillId);
  if (flags.json) {
    const changes = library.changes(skill.skillId).map(changeToJson);
    printJson(context, { ...skillToJson(skill), versions: versions.map(versionToJson), changes });
    return;
  }
  if (flags.changes) {
    printChanges(library, skill, context);
    return;
  }
  const width = Math.max(20, context.columns - 54);
  versions.forEach((version, index) => {
    const last = index === versions.length - 1;
    for (const line of drawVersion(library, skill, version, { last, width })) context.stdout(`${line}\n`);
  });
}

/** One version: its mark on the line of the skill, what it grew from elsewhere, and what grew from it. */
function drawVersion(
  library: Library,
  skill: Skill,
  version: Version,
  { last, width }: { last: boolean; width: number },
): string[] {
  const colour = STATE_COLOURS[version.state];
  const mark = colour(version.versionId === skill.head ? '●' : version.state === 'trial' ? '◐' : '○');
  const stem = last ? ' ' : '│';
  const facts = `${`v${version.number}`.padEnd(4)} ${colour(version.state.padEnd(9))} ${version.origin.padEnd(8)}`;
  const lines = [
    `${mark} ${pc.bold(facts)} ${pc.dim(formatTime(version.createdAt))}  ${oneLine(version.reason, width)}`,
    `${stem} ${pc.dim(`${version.versionId} by ${version.author}${version.evidence ? `, from ${version.evidence}` : ''}`)}`,
  ];
  for (const childId of library.children(version.versionId)) {
    const child = library.getVersion(childId);
    if (child.skillId !== skill.skillId)
      lines.push(`${stem === ' ' ? '╰' : '├'}─▶ ${child.name} ${pc.dim(`${child.origin}, ${childId}`)}`);
  }
  const previous = library.versions(skill.skillId).find((each) => each.number === version.number - 1);
  for (const parentId of version.parents) {
    if (parentId === previous?.versionId) continue;
    const parent = library.getVersion(parentId);
    const own = parent.skillId === skill.skillId;
    const text = own ? `v${parent.number}` : `${parent.name} ${pc.dim(parentId)}`;
    lines.push(`${stem === ' ' ? '╰' : '├'}─◀ ${own ? 'made from' : 'grew from'} ${text}`);
  }
  if (!last) lines.push('│');
  return lines;
}

function printChanges(library: Library, skill: Skill, context: CliContext): void {
  const changes = library.changes(skill.skillId);
  const undone = new Set(changes.map((change) => change.undoes));
  context.stdout(
    table(
      changes.map((change) => [
        { text: formatTime(change.createdAt), colour: pc.dim },
        change.undoes === undefined ? change.action : 'undo',
        change.author,
        undone.has(change.changeId) ? { text: `${change.reason} (undone)`, colour: pc.dim } : change.reason,
      ]),
    ),
  );
}

function diff(
  library: Library,
  [name, before, after]: readonly [string, string | undefined, string | undefined],
  flags: JsonFlag,
  context: CliContext,
): void {
  const skill = library.pickSkill(name);
  const named = library.findVersion(name);
  const older = before === undefined ? undefined : pickVersion(library, skill, before);
  const newer =
    after === undefined ? (named ?? shownVersion(library, skill)) : pickVersion(library, skill, after);
  const text = library.diff(newer.versionId, older?.versionId);
  const from = older?.versionId ?? newer.parents[0] ?? null;
  if (flags.json) {
    printJson(context, { before: from, after: newer.versionId, diff: text });
    return;
  }
  context.stderr(pc.dim(`${from ?? 'nothing'} → ${newer.versionId}\n`));
  context.stdout(text === '' ? 'No difference.\n' : colourDiff(text));
}

/** Added lines green, removed ones red, places cyan. */
export function colourDiff(text: string): string {
  const colours: readonly [RegExp, (line: string) => string][] = [
    [/^(?:---|\+\+\+) /, pc.bold],
    [/^@@/, pc.cyan],
    [/^\+/, pc.green],
    [/^-/, pc.red],
  ];
  const paint = (line: string) => colours.find(([shape]) => shape.test(line))?.[1](line) ?? line;
  const lines = text.split('\n').map((line) => (line === '' ? line : paint(line)));
  return text.endsWith('\n') ? lines.join('\n') : `${lines.join('\n')}\n`;
}

function blame(
  library: Library,
  skill: Skill,
  file: string | undefined,
  flags: JsonFlag,
  context: CliContext,
): void {
  const version = shownVersion(library, skill);
  const path = file ?? SKILL_FILE;
  const lines = library.blame(version.versionId, path);
  if (lines === undefined)
    throw new OpenSpaceError('not-found', `${version.versionId} has no text file ${path}.`, {
      hint: `See its files: openspace skills show ${skill.name}`,
    });
  if (flags.json) {
    printJson(
      context,
      lines.map(({ line, text, versionId }) => ({ line, text, version_id: versionId })),
    );
    return;
  }
  const owner = new Map(lines.map(({ versionId }) => [versionId, library.getVersion(versionId)]));
  const rows = lines.map(({ line, text, versionId }) => {
    const by = owner.get(versionId);
    const short = by === undefined ? versionId : by.skillId === skill.skillId ? `v${by.number}` : by.name;
    return [
      { text: oneLine(short, 30), colour: pc.cyan },
      { text: by?.createdAt.slice(0, 10) ?? '', colour: pc.dim },
      { text: String(line), colour: pc.dim },
      text,
    ];
  });
  context.stdout(table(rows));
}
