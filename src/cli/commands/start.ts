// What `npm start` does: a task if there is one, the chat if a model is set up, else the demo.
import { Command } from 'commander';
import { resolveModel } from '../../config/index.ts';
import type { CliContext } from '../context.ts';
import * as chat from './chat.ts';
import * as demo from './demo.ts';
import * as run from './run.ts';

export function build(context: CliContext): Command {
  return new Command('start')
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const isTask = words.some(
        (word) => !word.startsWith('-') || word.startsWith('-q') || word.startsWith('--query'),
      );
      const hasModel = isTask || resolveModel(await context.loadConfig()) !== undefined;
      const command = isTask ? run.build(context) : hasModel ? chat.build(context) : demo.build(context);
      const { configureCommand } = await import('../commander-setup.ts');
      await configureCommand(command, context).parseAsync(words, { from: 'user' });
    });
}
