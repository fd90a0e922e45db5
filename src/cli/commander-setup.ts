// How commander behaves here: errors are thrown and printed in one place, flags are told about in one way.
import { type Command, CommanderError } from 'commander';
import { OpenSpaceError } from '../lib/index.ts';
import type { CliContext } from './context.ts';

/** Applies our behaviour to a command and all below it. */
export function configureCommand(command: Command, context: CliContext): Command {
  command.exitOverride((error: CommanderError) => {
    throw error;
  });
  command.configureOutput({
    writeOut: context.stdout,
    writeErr: () => undefined, // printed with its hint by the one place for errors
    getOutHelpWidth: () => Math.min(context.columns, 100),
  });
  command.showSuggestionAfterError(true);
  command.helpOption('-h, --help', 'show this help');
  if (command.parent === null) command.name(`openspace ${command.name()}`);
  for (const child of command.commands) configureCommand(child, context);
  return command;
}

/** Help and version are no errors; everything else commander throws is a wrong use. */
export function fromCommander(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return new OpenSpaceError('usage', text.endsWith('.') ? text : `${text}.`, {
    hint: [
      ...rest.map((line) => line.replace(/^\(|\)$/g, '')),
      'Add --help to see what the command takes.',
    ].join('\n'),
    cause: error,
  });
}
