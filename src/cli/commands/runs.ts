// `openspace runs`: what was done. list, show, tail, undo.
import { basename } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import { OpenSpaceError, oneLine } from '../../lib/index.ts';
import {
  describeEvent,
  eventToLine,
  findRun,
  listRuns,
  openRecording,
  type RunEntry,
  type RunStatus,
  summariseRun,
  tailEvents,
} from '../../recording/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { formatCost, formatCount, formatElapsed } from '../render.ts';

const COLOURS: Record<RunStatus, (text: string) => string> = {
  running: pc.cyan,
  done: pc.green,
  incomplete: pc.yellow,
  'out-of-budget': pc.yellow,
  error: pc.red,
  cancelled: pc.dim,
};

export function build(context: CliContext): Command {
  const runs = new Command('runs').description('Look at recorded runs.');
  runs
    .command('list', { isDefault: true })
    .description('The newest runs first.')
    .option('--limit <n>', 'how many', '20')
    .option('--json', 'print JSON')
    .action(async (flags: { limit: string; json?: boolean }) => {
      const { home } = await context.loadConfig();
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new OpenSpaceError('usage', `--limit ${flags.limit} is not a number of runs.`);
      printList(listRuns(home, { limit }), flags.json === true, context);
    });
  runs
    .command('show [run]')
    .description('One run with its steps; the newest if none is named.')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, flags: { json?: boolean }) =>
      showRun(folderOf(await context.loadConfig(), id), flags.json === true, context),
    );
  runs
    .command('tail [run]')
    .description('Follow a run while it is going on.')
    .option('--json', 'print each event as a line of JSON')
    .action(async (id: string | undefined, flags: { json?: boolean }) => {
      const folder = folderOf(await context.loadConfig(), id);
      for await (const event of tailEvents(folder, { from: 0, signal: context.signal })) {
        context.stdout(
          flags.json
            ? `${eventToLine(event)}\n`
            : `${pc.dim(event.at.slice(11, 19))}  ${describeEvent(event)}\n`,
        );
      }
    });
  runs
    .command('undo <run>')
    .description('Take back what a run changed in its folder. Your own later edits stay.')
    .option('--json', 'print JSON')
    .action(async (id: string, flags: { json?: boolean }) => {
      const config = await context.loadConfig();
      await undo(config, basename(folderOf(config, id)), flags.json === true, context);
    });
  return runs;
}

/** The folder of a run, by its id or the start of it; the newest without one. */
function folderOf({ home }: Config, id: string | undefined): string {
  if (id !== undefined) return findRun(home, id);
  const [newest] = listRuns(home, { limit: 1 });
  if (newest !== undefined) return newest.folder;
  throw new OpenSpaceError('not-found', 'There are no runs yet.', { hint: 'Do a task first: openspace "…"' });
}

async function undo(config: Config, runId: string, json: boolean, context: CliContext): Promise<void> {
  const { undoRun } = await import('../../engine/index.ts'); // only here: looking at runs has to start at once
  const { workspace, restored, conflicts } = undoRun(config, runId);
  context.exitCode = conflicts.length === 0 ? EXIT.done : EXIT.notDone;
  if (json) {
    context.stdout(`${JSON.stringify({ run_id: runId, workspace, restored, conflicts }, null, 2)}\n`);
    return;
  }
  for (const path of restored) context.stdout(`${pc.green('↶')} ${path}\n`);
  for (const { path, reason, kept } of conflicts) {
    const before = kept === undefined ? '' : `; the version before the run is in ${kept}`;
    context.stdout(`${pc.yellow('–')} ${path} ${pc.dim(`left as it is: ${reason}${before}`)}\n`);
  }
}

function printList(runs: readonly RunEntry[], json: boolean, { stdout, columns }: CliContext): void {
  if (json) {
    stdout(`${JSON.stringify(runs.map(toJson), null, 2)}\n`);
    return;
  }
  if (runs.length === 0) stdout('No runs yet. Do a task: openspace "…"\n');
  for (const { header, status } of runs) {
    const when = header.startedAt.slice(0, 16).replace('T', ' ');
    stdout(
      `${pc.bold(header.runId)}  ${COLOURS[status](status.padEnd(13))}  ${pc.dim(when)}  ${oneLine(header.task, Math.max(20, columns - 64))}\n`,
    );
  }
}

function toJson({ header, status, note }: Pick<RunEntry, 'header' | 'status' | 'note'>) {
  const { runId, task, model, workspace, startedAt, purpose } = header;
  return {
    run_id: runId,
    status,
    task,
    model,
    workspace,
    started_at: startedAt,
    purpose,
    ...(note === undefined ? {} : { note }),
  };
}

function showRun(folder: string, json: boolean, { stdout }: CliContext): void {
  const recording = openRecording(folder);
  const { runId, status, note, task, model, workspace, answer, turns, usage, tookMs } =
    summariseRun(recording);
  if (json) {
    const events: unknown[] = recording.events.map((event) => JSON.parse(eventToLine(event)));
    stdout(`${JSON.stringify({ ...toJson(recording), folder, answer, turns, events }, null, 2)}\n`);
    return;
  }
  stdout(`${pc.bold(runId)}  ${COLOURS[status](status)}${note === undefined ? '' : `  ${pc.dim(note)}`}\n`);
  for (const [name, value] of Object.entries({ task, model, folder: workspace, recording: folder }))
    stdout(`${pc.dim(name.padEnd(9))} ${value}\n`);
  stdout('\n');
  for (const event of recording.events)
    stdout(`${pc.dim(event.at.slice(11, 19))}  ${describeEvent(event)}\n`);
  const facts = [
    `${turns} turns`,
    formatElapsed(tookMs),
    `${formatCount(usage.inputTokens + usage.outputTokens)} tokens`,
    formatCost(usage.costUsd),
  ];
  stdout(`\n${pc.dim(facts.filter(Boolean).join(' · '))}\n`);
  if (answer) stdout(`\n${answer}\n`);
}
