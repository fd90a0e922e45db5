// `skills new`, `restore`, `undo`, `remove`, `archive`, `pin` and `release`: what a person does to a skill.
import type { Command } from 'commander';
import { OpenSpaceError, plural } from '../../../lib/index.ts';
import { type FlagResult, type Library, SKILL_FILE, type Skill } from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import {
  AUTHOR,
  changeToJson,
  describeFinding,
  type JsonFlag,
  pickVersion,
  printJson,
  requireCommitted,
  skillToJson,
  versionToJson,
  withLibrary,
} from './shared.ts';

type OffFlag = { off?: boolean } & JsonFlag;

export function addChangeCommands(skills: Command, context: CliContext): void {
  skills
    .command('new <name>')
    .description('Start a skill of your own: a folder with a SKILL.md to fill in.')
    .requiredOption('-d, --description <text>', 'what it does and when to use it')
    .option('--json', 'print JSON')
    .action((name: string, flags: { description: string } & JsonFlag) =>
      withLibrary(context, ({ library }) => createSkill(library, name, flags, context)),
    );
  skills
    .command('restore <skill> [version]')
    .description('Bring an older version back, as a new one; an archived skill without a version.')
    .option('--json', 'print JSON')
    .action((name: string, version: string | undefined, flags: JsonFlag) =>
      withLibrary(context, ({ library }) => restore(library, name, version, flags, context)),
    );
  skills
    .command('undo <skill>')
    .description('Take back the last thing that was done to it; again for the one before.')
    .option('--json', 'print JSON')
    .action((name: string, flags: JsonFlag) =>
      withLibrary(context, ({ library }) => undo(library, library.pickSkill(name), flags, context)),
    );
  skills
    .command('remove <skill>')
    .description('Take it out of use and off the disk. Nothing is lost: undo brings it back.')
    .option('--json', 'print JSON')
    .action((name: string, flags: JsonFlag) =>
      withLibrary(context, async ({ library }) => {
        const skill = library.pickSkill(name);
        const result = await library.remove(skill.skillId, { author: AUTHOR, reason: 'Removed by the user' });
        printFlag(result, `removed; to bring it back: openspace skills undo ${skill.name}`, flags, context);
      }),
    );
  addFlagCommand(skills, context, 'archive', 'Put it away, or take it out again with --off.', {
    on: 'archived; undo brings it back',
    off: 'in use again',
  });
  addFlagCommand(skills, context, 'pin', 'Keep it as it is: learning leaves a pinned skill alone.', {
    on: 'pinned',
    off: 'no longer pinned',
  });
  skills
    .command('release <skill>')
    .description('End a quarantine: you have looked at it and it may be used.')
    .option('--json', 'print JSON')
    .action((name: string, flags: JsonFlag) =>
      withLibrary(context, async ({ library }) => {
        const { skillId } = library.pickSkill(name);
        const cause = { author: AUTHOR, reason: 'Released by the user' };
        printFlag(await library.quarantine(skillId, false, cause), 'released', flags, context);
      }),
    );
}

function addFlagCommand(
  skills: Command,
  context: CliContext,
  word: 'archive' | 'pin',
  description: string,
  said: { readonly on: string; readonly off: string },
): void {
  skills
    .command(`${word} <skill>`)
    .description(description)
    .option('--off', 'end it')
    .option('--json', 'print JSON')
    .action((name: string, flags: OffFlag) =>
      withLibrary(context, async ({ library }) => {
        const { skillId } = library.pickSkill(name);
        const on = flags.off !== true;
        const cause = {
          author: AUTHOR,
          reason: `${on ? '' : 'No longer '}${word === 'pin' ? 'pinned' : 'archived'} by the user`,
        };
        printFlag(await library[word](skillId, on, cause), on ? said.on : said.off, flags, context);
      }),
    );
}

function printFlag(result: FlagResult, said: string, flags: JsonFlag, context: CliContext): void {
  if (flags.json) {
    printJson(context, { ...skillToJson(result.skill), changed: result.changed });
    return;
  }
  for (const finding of result.findings) context.stderr(`${describeFinding(finding)}\n`);
  context.stdout(`${pc.bold(result.skill.name)}: ${result.changed ? said : 'nothing to change'}\n`);
}

async function createSkill(
  library: Library,
  name: string,
  flags: { description: string } & JsonFlag,
  context: CliContext,
): Promise<void> {
  const taken = library.findSkill(name);
  if (taken !== undefined)
    throw new OpenSpaceError('already-exists', `There is a skill "${taken.name}" already.`, {
      hint: `See it with: openspace skills show ${taken.name}`,
    });
  const text = `---
name: ${JSON.stringify(name)}
description: ${JSON.stringify(flags.description)}
---

# ${name}

Write here what to do, step by step, and how to check that it worked.
`;
  const result = requireCommitted(
    await library.commit({
      ...{ origin: 'imported', parents: [], state: 'trusted', author: AUTHOR, reason: 'Made by the user' },
      files: new Map([[SKILL_FILE, Buffer.from(text)]]),
    }),
    `"${name}" could not be made`,
  );
  if (flags.json) {
    printJson(context, { ...skillToJson(result.skill), version: versionToJson(result.version) });
    return;
  }
  for (const finding of result.findings) context.stderr(`${describeFinding(finding)}\n`);
  context.stdout(`${pc.bold(result.skill.name)}: ${result.skill.folder ?? 'in the library'}\n`);
  context.stderr(pc.dim('Edit its SKILL.md; the next command takes the edit in as a new version.\n'));
}

async function restore(
  library: Library,
  name: string,
  wanted: string | undefined,
  flags: JsonFlag,
  context: CliContext,
): Promise<void> {
  const skill = library.pickSkill(name);
  const cause = { author: AUTHOR, reason: '' };
  if (wanted === undefined && library.findVersion(name) === undefined) {
    if (!skill.archived)
      throw new OpenSpaceError('usage', `Which version of "${skill.name}"?`, {
        hint: `See its ${plural(library.versions(skill.skillId).length, 'version')}: openspace skills log ${skill.name}`,
      });
    const back = await library.archive(skill.skillId, false, {
      ...cause,
      reason: 'Brought back by the user',
    });
    printFlag(back, 'in use again', flags, context);
    return;
  }
  const version = wanted === undefined ? library.getVersion(name) : pickVersion(library, skill, wanted);
  const result = requireCommitted(
    await library.restore(version.versionId, { ...cause, reason: `Restored from v${version.number}` }),
    `v${version.number} of "${skill.name}" was not restored`,
  );
  if (flags.json) {
    printJson(context, { ...skillToJson(result.skill), version: versionToJson(result.version) });
    return;
  }
  for (const finding of result.findings) context.stderr(`${describeFinding(finding)}\n`);
  context.stdout(
    `${pc.bold(result.skill.name)}: v${version.number} is back as v${result.version.number} (${result.version.versionId})\n`,
  );
}

async function undo(library: Library, skill: Skill, flags: JsonFlag, context: CliContext): Promise<void> {
  const result = await library.undo(skill.skillId, AUTHOR);
  if (flags.json) {
    printJson(context, { ...skillToJson(result.skill), undone: changeToJson(result.undone) });
    return;
  }
  for (const finding of result.findings) context.stderr(`${describeFinding(finding)}\n`);
  context.stdout(
    `${pc.bold(result.skill.name)}: took back "${result.undone.reason}" (${result.undone.action})\n`,
  );
}
