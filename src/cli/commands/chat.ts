// `openspace`: a conversation. Every message is a task that knows what was said before.
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Command } from 'commander';
import type { Answer, Question } from '../../agent/index.ts';
import { type ConversationTurn, learningWorker, type OpenSpace, openOpenSpace } from '../../engine/index.ts';
import { readTextIfPresent, toMessage, writeFileAtomic } from '../../lib/index.ts';
import { questionText, readAnswer } from '../approval.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { flagSettings } from '../global-flags.ts';
import { createProgress } from '../render.ts';
import { printReport } from '../task-output.ts';
import { addTaskFlags, readKey, type TaskFlags } from './run.ts';

const HELP = `  /help      this list
  /new       forget what was said
  /status    model, folder and data home
  /exit      leave (also Ctrl-D)
  A line that ends with \\ goes on in the next. Ctrl-C cancels what is running.
`;
const LEAVE = new Set(['exit', 'quit', 'q', '/exit', '/quit', '/q']);
const HISTORY_LINES = 1000;

export function build(context: CliContext): Command {
  const command = new Command('chat').description('Talk with the agent in this folder.');
  return addTaskFlags(command).action(async (flags: TaskFlags) => {
    const config = await context.loadConfig({
      configFile: flags.config,
      flags: flagSettings(flags, (given) => readKey(given, context)),
    });
    const startLearningWorker = learningWorker(config, flags.config);
    await using openSpace = await openOpenSpace({ config, startLearningWorker });
    openSpace.checkModel();
    await talk(openSpace, flags, context);
  });
}

async function talk(openSpace: OpenSpace, flags: TaskFlags, context: CliContext): Promise<void> {
  const historyFile = join(openSpace.config.home, 'chat-history');
  const history = (readTextIfPresent(historyFile) ?? '').split('\n').filter(Boolean);
  const terminal = createInterface({
    input: context.stdin,
    output: process.stderr,
    terminal: context.canAsk,
    history: history.toReversed(),
    historySize: HISTORY_LINES,
  });
  const said: ConversationTurn[] = [];
  let current: AbortController | undefined;
  terminal.on('SIGINT', () => {
    if (current !== undefined) current.abort();
    else context.stderr(`\n${pc.dim('(Ctrl-D or /exit leaves)')}\n`);
    if (current === undefined) terminal.prompt();
  });
  if (context.canAsk)
    context.stderr(
      `${pc.bold('openspace')} ${pc.dim(`${openSpace.modelId()} in ${openSpace.workspace()} · /help`)}\n`,
    );
  try {
    for await (const message of readMessages(terminal, context)) {
      if (LEAVE.has(message.toLowerCase())) break;
      history.push(message.replaceAll('\n', ' '));
      if (answerCommand(message, said, openSpace, context)) continue;
      current = new AbortController();
      try {
        await doMessage(message, said, { openSpace, flags, context, terminal, signal: current.signal });
      } finally {
        current = undefined;
      }
    }
  } finally {
    terminal.close();
    writeFileAtomic(historyFile, `${history.slice(-HISTORY_LINES).join('\n')}\n`, { mode: 0o600 });
  }
}

/** Messages as they are typed; a line that ends with a backslash goes on. Ends at end of input. */
async function* readMessages(terminal: Interface, context: CliContext): AsyncGenerator<string> {
  const prompt = (text: string) => {
    if (!context.canAsk) return;
    terminal.setPrompt(text);
    terminal.prompt();
  };
  let open = '';
  prompt(pc.cyan('› '));
  for await (const line of terminal) {
    const goesOn = line.endsWith('\\');
    open += goesOn ? `${line.slice(0, -1)}\n` : line;
    const message = open.trim();
    if (!goesOn) open = '';
    if (!goesOn && message !== '') yield message;
    prompt(goesOn ? pc.dim('… ') : pc.cyan('› '));
  }
}

/** Handles what is no task. False if it is one. */
function answerCommand(
  message: string,
  said: ConversationTurn[],
  openSpace: OpenSpace,
  { stderr }: CliContext,
): boolean {
  switch (message.toLowerCase()) {
    case 'help':
    case '/help':
      stderr(HELP);
      return true;
    case '/new':
      said.length = 0;
      stderr('Starting afresh.\n');
      return true;
    case 'status':
    case '/status':
      stderr(
        `model      ${openSpace.modelId()}\nfolder     ${openSpace.workspace()}\ndata home  ${openSpace.config.home}\n`,
      );
      return true;
    default:
      if (!message.startsWith('/')) return false;
      stderr(`There is no command ${message.split(/\s/)[0]}.\n${HELP}`);
      return true;
  }
}

interface Conversation {
  readonly openSpace: OpenSpace;
  readonly flags: TaskFlags;
  readonly context: CliContext;
  readonly terminal: Interface;
  readonly signal: AbortSignal;
}

async function doMessage(
  message: string,
  said: ConversationTurn[],
  { openSpace, flags, context, terminal, signal }: Conversation,
): Promise<void> {
  const style = flags.quiet ? 'quiet' : flags.ui === false || !context.isTerminal ? 'plain' : 'live';
  const progress = createProgress({ write: context.stderr, style, columns: context.columns });
  const both = AbortSignal.any([signal, context.signal]);
  const ask = (question: Question) =>
    new Promise<Answer>((resolve) => {
      progress.pause();
      terminal.question(questionText(question), { signal: both }, (text) => {
        progress.resume();
        resolve(readAnswer(text));
      });
      both.addEventListener('abort', () => resolve(false), { once: true });
    });
  const run = openSpace.run({
    task: message,
    history: said,
    signal: both,
    useSkills: flags.skills !== false,
    context: flags.context,
    ...(context.canAsk ? { ask } : {}),
  });
  try {
    for await (const event of run.events) progress.show(event);
    const report = await run.report;
    progress.end();
    printReport(report, context, flags.quiet === true);
    said.push(
      { role: 'user', text: message },
      { role: 'assistant', text: report.answer || `(${report.status})` },
    );
    context.exitCode = 0;
  } catch (error) {
    context.stderr(`${pc.red('error:')} ${toMessage(error)}\n`);
  } finally {
    progress.end();
  }
}
