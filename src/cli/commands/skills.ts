// `openspace skills`: look at the library, change it, undo, bring in and take out.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addChangeCommands } from './skills/change.ts';
import { addEconomicsCommands } from './skills/economics.ts';
import { addHistoryCommands } from './skills/history.ts';
import { addLintCommand } from './skills/lint.ts';
import { addLookCommands } from './skills/look.ts';
import { addTransferCommands } from './skills/transfer.ts';

export function build(context: CliContext): Command {
  return addSkillsCommands(new Command('skills').description('Look at skills and change them.'), context);
}

/** Adds all sub-commands of `skills` to a command. */
export function addSkillsCommands(skills: Command, context: CliContext): Command {
  addLookCommands(skills, context);
  addHistoryCommands(skills, context);
  addChangeCommands(skills, context);
  addLintCommand(skills, context);
  addTransferCommands(skills, context);
  addEconomicsCommands(skills, context);
  return skills;
}
