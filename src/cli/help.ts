// The first page of help. Written without the argument parser, so that it shows at once.
import type { CommandEntry } from './commands.ts';

/** The text of `openspace --help`. */
export function renderHelp(commands: Readonly<Record<string, CommandEntry>>): string {
  const entries = Object.entries(commands);
  const groups = [...new Set(entries.map(([, entry]) => entry.group))];
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  const sections = groups.map((group) => {
    const lines = entries
      .filter(([, entry]) => entry.group === group)
      .map(([name, entry]) => `  ${name.padEnd(width)}${entry.summary}`);
    return `${group}\n${lines.join('\n')}`;
  });
  return `openspace: does tasks with skills that learn

Usage
  openspace "a task in words"      do a task in this folder
  openspace                        chat
  openspace <command> --help       flags of a command

${sections.join('\n\n')}

A model is needed for tasks of your own:
  export OPENSPACE_MODEL=openrouter/anthropic/claude-sonnet-4.5
  export OPENROUTER_API_KEY=…
  openspace doctor
`;
}
