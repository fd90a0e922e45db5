// The tools `run_shell`, `shell_output` and `shell_kill`.
import { z } from 'zod';
import type { Tool, ToolContext, ToolResult } from '../../agent/index.ts';
import { capOutput, plural, type RunResult } from '../../lib/index.ts';
import { defineTool, failure, success } from '../tool.ts';
import { type PreparedCommand, prepareCommand, type ShellOptions } from './command.ts';
import { asksForInput } from './prompts.ts';
import { type BackgroundReport, ShellSession } from './session.ts';

/** Bytes of stdout and of stderr each that a model gets to see. */
const MAX_STREAM_BYTES = 24 * 1024;
const PROGRESS_EVERY_MS = 250;
/** A command in the background that fails at once is reported at once. */
const BACKGROUND_START_MS = 300;

/** The shell tools of one run, which share a working directory, and the session to close after it. */
export function shellTools(options: ShellOptions): { tools: readonly Tool[]; close(): Promise<void> } {
  const session = new ShellSession(options.view);
  return {
    tools: [runShellTool(session, options), shellOutputTool(session), shellKillTool(session)],
    close: () => session.close(),
  };
}

function runShellTool(session: ShellSession, options: ShellOptions): Tool {
  const defaultMs = options.defaultTimeoutMs ?? 120_000;
  const maxMs = Math.max(defaultMs, options.maxTimeoutMs ?? 600_000);
  const parameters = z.strictObject({
    command: z.string().min(1).describe('Shell command or script (bash).'),
    timeout: z
      .number()
      .positive()
      .optional()
      .describe(`Time limit in seconds. Default ${defaultMs / 1000}, at most ${maxMs / 1000}.`),
    background: z
      .boolean()
      .default(false)
      .describe(
        'Start it and go on at once: for servers and long jobs. Read it with shell_output, end it with shell_kill.',
      ),
    stdin: z
      .string()
      .default('')
      .describe('Text given to the command as its input; without it the input is empty.'),
  });
  return defineTool({
    name: 'run_shell',
    description:
      'Runs a shell command and returns its output and exit code. Starts in the workspace; a change of directory lasts for the following commands, variables do not. There is no terminal: commands can ask nothing, so use options such as --yes. What a command leaves in the background with & is ended with it: use background for that.',
    source: 'shell',
    readOnly: false,
    parameters,
    async run(args, context) {
      const { path, lost } = session.directory(options.view?.shown ?? context.workspace);
      const prepared = prepareCommand(args.command, path, options);
      const note = lost === undefined ? '' : `[${lost} is gone; back in ${path}]\n`;
      if (args.background)
        return startInBackground(session, prepared, args.command, args.stdin, context, note);
      const timeoutMs = Math.min(maxMs, (args.timeout ?? defaultMs / 1000) * 1000);
      const result = await context.spawner.run({
        ...prepared.command,
        input: args.stdin,
        timeoutMs,
        signal: context.signal,
        maxOutputBytes: MAX_STREAM_BYTES + 1024,
        onOutput: reportProgress(context, prepared.isReport),
      });
      const { stdout, directory } = prepared.takeDirectory(result.stdout);
      session.moveTo(directory);
      return present(
        { ...result, stdout },
        { timeoutMs, note, directory: directory ?? path, startedIn: path },
      );
    },
  });
}

/** Tells the last line of what is written, a few times a second at most: a flood is not worth an event for each chunk. */
function reportProgress(context: ToolContext, isReport: (line: string) => boolean): (chunk: string) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (chunk) => {
    const line = chunk.trimEnd().split('\n').at(-1)?.trim() ?? '';
    if (line === '' || isReport(line) || performance.now() - lastAt < PROGRESS_EVERY_MS) return;
    lastAt = performance.now();
    context.progress(line.slice(0, 200));
  };
}

interface Presentation {
  readonly timeoutMs: number;
  readonly note: string;
  readonly directory: string;
  readonly startedIn: string;
}

function present(result: RunResult, { timeoutMs, note, directory, startedIn }: Presentation): ToolResult {
  const stdout = capOutput(result.stdout, MAX_STREAM_BYTES);
  const stderr = capOutput(result.stderr, MAX_STREAM_BYTES);
  const details = {
    exit_code: result.exitCode,
    end: result.end,
    took_ms: result.tookMs,
    working_directory: directory,
    ...(result.signal === null ? {} : { signal: result.signal }),
    ...(result.truncated ? { truncated: true } : {}),
  };
  const output = [stdout.trimEnd(), stderr.trim() === '' ? '' : `[stderr]\n${stderr.trimEnd()}`].filter(
    Boolean,
  );
  const verdict = describeEnd(result, timeoutMs);
  const hints: string[] = [];
  if (result.end !== 'exited' || result.exitCode !== 0) {
    if (asksForInput(`${stdout}\n${stderr}`)) {
      hints.push(
        'It seems to have asked for input. There is no terminal: use an option that answers, or stdin.',
      );
    }
  }
  if (result.end === 'exited' && result.leftovers) {
    hints.push('Processes that it left in the background were ended; start such things with background.');
  }
  if (directory !== startedIn) hints.push(`Now in ${directory}.`);
  const tail = [verdict, ...hints].filter(Boolean).join(' ');
  const text = note + [...output, tail === '' ? '' : `[${tail}]`].filter(Boolean).join('\n');
  return result.end === 'exited' && result.exitCode === 0
    ? success(text === '' ? '(no output)' : text, details)
    : failure(text, details);
}

const seconds = (milliseconds: number) => `${Math.round(milliseconds / 100) / 10} s`;

function describeEnd(result: RunResult, timeoutMs: number): string {
  switch (result.end) {
    case 'exited':
      return result.exitCode === 0 ? '' : `exit code ${result.exitCode}, ${seconds(result.tookMs)}`;
    case 'timeout':
      return `ended after its time limit of ${seconds(timeoutMs)}, with all that it had started. Give a longer timeout, or use background.`;
    case 'cancelled':
      return `cancelled after ${seconds(result.tookMs)}`;
    case 'killed':
      return `killed by ${result.signal ?? 'a signal'} after ${seconds(result.tookMs)}`;
    case 'failed':
      return 'the shell could not be started';
  }
}

async function startInBackground(
  session: ShellSession,
  prepared: PreparedCommand,
  text: string,
  input: string,
  context: ToolContext,
  note: string,
): Promise<ToolResult> {
  const id = session.start(prepared, text, context.spawner, input);
  const report = await session.readUntilEnd(id, BACKGROUND_START_MS, context.signal);
  return presentBackground(report, note);
}

function shellOutputTool(session: ShellSession): Tool {
  return defineTool({
    name: 'shell_output',
    description:
      'Returns what a background command has written since it was last read, and whether it still runs.',
    source: 'shell',
    readOnly: true,
    parameters: z.strictObject({
      id: z.string().describe('Id that run_shell gave.'),
      wait: z
        .number()
        .min(0)
        .max(60)
        .default(0)
        .describe('Seconds to wait for new output if there is none yet.'),
    }),
    run: async ({ id, wait }, context) =>
      presentBackground(await session.read(id, wait * 1000, context.signal), ''),
  });
}

function shellKillTool(session: ShellSession): Tool {
  return defineTool({
    name: 'shell_kill',
    description: 'Ends a background command and all that it has started.',
    source: 'shell',
    readOnly: false,
    parameters: z.strictObject({ id: z.string().describe('Id that run_shell gave.') }),
    async run({ id }, context) {
      await session.kill(id);
      return { ...presentBackground(await session.read(id, 0, context.signal), ''), isError: false };
    },
  });
}

function presentBackground(report: BackgroundReport, note: string): ToolResult {
  const { id, end, output } = report;
  const running = end === undefined;
  const failed = !running && end.exitCode !== 0;
  const state = running
    ? `${id} is running, ${plural(Math.round(report.runningMs / 1000), 'second')}`
    : end.error !== undefined
      ? `${id} could not be started: ${end.error}`
      : end.signal !== null
        ? `${id} was ended by ${end.signal}`
        : `${id} has ended, exit code ${end.exitCode}`;
  const waits = running && asksForInput(output) ? ' It seems to wait for input, which it can’t get.' : '';
  const text = [note.trimEnd(), output.trimEnd(), `[${state}.${waits}]`].filter(Boolean).join('\n');
  const details = { id, running, ...(end === undefined ? {} : { exit_code: end.exitCode }) };
  return failed ? failure(text, details) : success(text, details);
}
