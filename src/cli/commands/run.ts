// `openspace run "task"`: does one task and prints the answer.
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { Answer, Question } from '../../agent/index.ts';
import { learningWorker, openOpenSpace } from '../../engine/index.ts';
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addGlobalFlags, flagSettings, type GlobalFlags } from '../global-flags.ts';
import { createProgress, type Progress } from '../render.ts';
import { exitCodeOf, printReport, reportToJson } from '../task-output.ts';

export interface TaskFlags extends GlobalFlags {
  readonly query?: string;
  readonly json?: boolean;
  readonly streamJson?: boolean;
  readonly ui?: boolean;
  readonly quiet?: boolean;
  readonly skills?: boolean;
  readonly context?: string;
}

/** The flags of a task, the original's included. */
export function addTaskFlags(command: Command): Command {
  return addGlobalFlags(command)
    .option('--max-iterations <n>', 'most model turns, both attempts together')
    .option('--timeout <seconds>', 'how long one model call may take')
    .option('--context <text>', 'what the agent should know besides the task')
    .option('--no-skills', 'do not use skills')
    .option('--json', 'print one JSON object')
    .option('--stream-json', 'print every event as a line of JSON')
    .option('--no-ui', 'plain lines instead of a live display')
    .option('--quiet', 'only the answer')
    .addOption(new Option('--ui-compact').hideHelp())
    .addOption(new Option('-i, --interactive').hideHelp());
}

export function build(context: CliContext): Command {
  const command = new Command('run').description(
    'Do a task in this folder. The answer goes to stdout, everything else to stderr.',
  );
  command
    .argument('[task...]', 'the task in words; - reads it from stdin')
    .option('-q, --query <task>', 'the task, as in the original');
  return addTaskFlags(command).action((words: string[], flags: TaskFlags) => doTask(words, flags, context));
}

async function doTask(words: readonly string[], flags: TaskFlags, context: CliContext): Promise<void> {
  const task = await readTask(words, flags, context);
  const config = await context.loadConfig({
    configFile: flags.config,
    flags: flagSettings(flags, (given) => readKey(given, context)),
  });
  const startLearningWorker = learningWorker(config, flags.config);
  await using openSpace = await openOpenSpace({ config, startLearningWorker });
  const style =
    flags.quiet || flags.json || flags.streamJson
      ? 'quiet'
      : flags.ui === false || !context.isTerminal
        ? 'plain'
        : 'live';
  const progress = createProgress({ write: context.stderr, style, columns: context.columns });
  const run = openSpace.run({
    task,
    signal: context.signal,
    useSkills: flags.skills !== false,
    context: flags.context,
    ...(context.canAsk ? { ask: (question: Question) => askPaused(question, progress, context) } : {}),
  });
  try {
    for await (const event of run.events) {
      progress.show(event);
      if (flags.streamJson) context.stdout(`${openSpace.eventToLine(event)}\n`);
    }
  } finally {
    progress.end();
  }
  const report = await run.report;
  context.exitCode = exitCodeOf(report);
  if (flags.json) context.stdout(`${JSON.stringify(reportToJson(report))}\n`);
  else if (!flags.streamJson) printReport(report, context, flags.quiet === true);
}

/** Asks while the live line is away. */
async function askPaused(question: Question, progress: Progress, context: CliContext): Promise<Answer> {
  progress.pause();
  try {
    return await context.ask(question);
  } finally {
    progress.resume();
  }
}

async function readTask(words: readonly string[], flags: TaskFlags, { stdin }: CliContext): Promise<string> {
  const said = flags.query ?? words.join(' ');
  const task = said === '-' ? await readAll(stdin) : said;
  if (task.trim() !== '') return task;
  throw new OpenSpaceError('usage', 'There is no task.', {
    hint: 'Write it in quotes: openspace run "count the lines of README.md"',
  });
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

/** The key that --api-key-env or --api-key-file names. Never the key itself as a flag: others can read a process list. */
export function readKey(flags: GlobalFlags, { env }: Pick<CliContext, 'env'>): string | undefined {
  if (flags.apiKeyEnv !== undefined) {
    const key = env[flags.apiKeyEnv]?.trim();
    if (key) return key;
    throw new OpenSpaceError('config', `The variable ${flags.apiKeyEnv} (--api-key-env) is not set.`, {
      hint: `export ${flags.apiKeyEnv}=…`,
    });
  }
  if (flags.apiKeyFile === undefined) return undefined;
  try {
    return readFileSync(flags.apiKeyFile, 'utf8').trim();
  } catch (error) {
    throw new OpenSpaceError('config', `The key file (--api-key-file) can't be read: ${toMessage(error)}.`, {
      cause: error,
    });
  }
}
