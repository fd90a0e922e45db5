// `skills lint`: checks a skill of the library or a folder by format and safety rules.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { isPresent, plural, writeFileAtomic } from '../../../lib/index.ts';
import {
  type Finding,
  fixLint,
  type Library,
  lintSkill,
  readFolder,
  SKILL_FILE,
  type SkillFiles,
  scanSkill,
} from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import { EXIT } from '../../failure.ts';
import {
  AUTHOR,
  describeFinding,
  type JsonFlag,
  printJson,
  requireCommitted,
  shownVersion,
  withLibrary,
} from './shared.ts';

interface LintFlags extends JsonFlag {
  readonly fix?: boolean;
}

export function addLintCommand(skills: Command, context: CliContext): void {
  skills
    .command('lint [skill-or-folder]')
    .description('Check one skill, a folder with a SKILL.md, or all skills.')
    .option('--fix', 'repair what has one right answer')
    .option('--json', 'print JSON')
    .action(async (target: string | undefined, flags: LintFlags) => {
      const folder = target === undefined ? undefined : resolve(context.cwd, target);
      if (folder !== undefined && isPresent(join(folder, SKILL_FILE))) lintFolder(folder, flags, context);
      else await withLibrary(context, ({ library }) => lintLibrary(library, target, flags, context));
    });
}

interface Linted {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly fixed: readonly Finding[];
}

const check = (files: SkillFiles, folderName?: string): Finding[] => [
  ...lintSkill(files, folderName === undefined ? {} : { folderName }),
  ...scanSkill(files),
];

/** A folder as it lies there: it need not belong to the library. */
function lintFolder(folder: string, flags: LintFlags, context: CliContext): void {
  const content = readFolder(folder);
  const { files, fixed } = flags.fix ? fixLint(content.files) : { files: content.files, fixed: [] };
  for (const [path, data] of files)
    if (content.files.get(path) !== data) writeFileAtomic(join(folder, path), data);
  const findings = [...content.findings, ...check(files, folder.split('/').at(-1))];
  print([{ name: folder, findings, fixed }], flags, context);
}

async function lintLibrary(
  library: Library,
  target: string | undefined,
  flags: LintFlags,
  context: CliContext,
): Promise<void> {
  const skills = target === undefined ? everySkill(library) : [library.pickSkill(target)];
  const linted: Linted[] = [];
  for (const skill of skills) {
    const version = shownVersion(library, skill);
    const files = library.read(version.versionId);
    const { files: repaired, fixed } = flags.fix ? fixLint(files) : { files, fixed: [] };
    if (fixed.length > 0)
      requireCommitted(
        await library.commit({
          ...{ origin: 'edited', parents: [version.versionId], files: repaired, state: 'trusted' },
          ...{ author: AUTHOR, reason: `Repaired: ${fixed.map(({ rule }) => rule).join(', ')}` },
        }),
        `"${skill.name}" was not repaired`,
      );
    linted.push({ name: skill.name, findings: check(repaired, skill.folder?.split('/').at(-1)), fixed });
  }
  print(linted, flags, context);
}

function everySkill(library: Library) {
  const skills = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = library.list({ limit: 500, include: ['quarantined', 'shadowed', 'unready'], after });
    skills.push(...page.skills);
    after = page.next;
  }
  return skills;
}

function print(linted: readonly Linted[], flags: LintFlags, context: CliContext): void {
  const all = linted.flatMap(({ findings }) => findings);
  if (all.some(({ severity }) => severity === 'block' || severity === 'quarantine'))
    context.exitCode = EXIT.notDone;
  if (flags.json) {
    printJson(context, linted);
    return;
  }
  for (const { name, findings, fixed } of linted) {
    if (findings.length === 0 && fixed.length === 0) continue;
    context.stdout(`${pc.bold(name)}\n`);
    for (const finding of fixed)
      context.stdout(
        `${pc.green('fixed')}${pc.dim(':')} ${finding.message} ${pc.dim(`(${finding.rule})`)}\n`,
      );
    for (const finding of findings) context.stdout(`${describeFinding(finding)}\n`);
    context.stdout('\n');
  }
  const bad = all.filter(({ severity }) => severity !== 'info').length;
  const verdict = bad === 0 ? pc.green('nothing to complain about') : plural(bad, 'complaint');
  context.stdout(`${plural(linted.length, 'skill')}: ${verdict}\n`);
}
