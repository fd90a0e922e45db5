// Turns anything thrown into one clear message and an exit code: the one place that prints an error.
import { nearest, OpenSpaceError, toMessage } from '../lib/index.ts';

export const EXIT = { done: 0, notDone: 1, usage: 2, aborted: 130 } as const;

export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What to tell the user. Bugs are told as such, with how to see more. */
export function toFailure(error: unknown): Failure {
  if (error instanceof OpenSpaceError) {
    const { code, message, hint } = error;
    const exitCode =
      code === 'usage' || code === 'config' || code === 'auth'
        ? EXIT.usage
        : code === 'cancelled'
          ? EXIT.aborted
          : EXIT.notDone;
    return { exitCode, code, message, hint };
  }
  return {
    exitCode: EXIT.notDone,
    code: 'internal',
    message: `Something unexpected went wrong: ${toMessage(error)}`,
    hint: 'This is a bug. Run the command again with --debug to see where.',
  };
}

/** A word that is no command: a typo must not start a paid run. */
export function unknownCommand(
  word: string,
  args: readonly string[],
  known: readonly string[],
): OpenSpaceError {
  const guess = nearest(word, known);
  const asTask = `To do it as a task: openspace run "${args.filter((arg) => !arg.startsWith('-')).join(' ')}"`;
  return new OpenSpaceError('usage', `There is no command "${word}".`, {
    hint:
      guess === undefined
        ? `${asTask}\nCommands: openspace --help`
        : `Did you mean: openspace ${guess}?\n${asTask}`,
  });
}
