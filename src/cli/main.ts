// Finds the command in the first words and loads only that one.
import { COMMANDS, type CommandEntry, START } from './commands.ts';
import { renderHelp } from './help.ts';

interface Choice {
  readonly entry: Pick<CommandEntry, 'load'>;
  readonly args: readonly string[];
}

/** Which command the words mean; a text with a space, or --query, is a task. */
function chooseCommand(args: readonly string[]): Choice | { readonly unknown: string } {
  const [first, ...rest] = args;
  const run = COMMANDS.run as CommandEntry;
  const chat = COMMANDS.chat as CommandEntry;
  if (first === undefined) return { entry: chat, args: [] };
  if (first === 'start') return { entry: START, args: rest };
  const known = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (known !== undefined) return { entry: known, args: rest };
  if (first.startsWith('-')) {
    const isTask = args.some(
      (arg) => /^(-q|--query)(=|$)/.test(arg) || (!arg.startsWith('-') && /\s/.test(arg)),
    );
    return { entry: isTask ? run : chat, args };
  }
  return /\s/.test(first) ? { entry: run, args } : { unknown: first };
}

/** Runs the command line. Sets `process.exitCode`; never throws. */
export async function main(args: readonly string[]): Promise<void> {
  const [first] = args;
  if (first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(renderHelp(COMMANDS));
    return;
  }
  const { runCommand } = await import('./process.ts');
  if (first === '--version' || first === '-V') {
    const { packageVersion } = await import('./version.ts');
    process.stdout.write(`${packageVersion()}\n`);
    return;
  }
  await runCommand(args, async (context) => {
    const choice = chooseCommand(args);
    if ('unknown' in choice) {
      const { unknownCommand } = await import('./failure.ts');
      throw unknownCommand(choice.unknown, args, Object.keys(COMMANDS));
    }
    const module = await choice.entry.load();
    const { configureCommand } = await import('./commander-setup.ts');
    await configureCommand(module.build(context, COMMANDS), context).parseAsync([...choice.args], {
      from: 'user',
    });
  });
}
