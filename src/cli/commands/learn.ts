// `openspace learn`: learn from a run now, look at what learning is doing; the hidden --drain is the background worker.
import { Command, Option } from 'commander';
import { openOpenSpace } from '../../engine/index.ts';
import type { JobReport, LearntChange, Preview } from '../../learning/index.ts';
import { diffOfReview } from '../../learning/index.ts';
import { oneLine, plural } from '../../lib/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { addGlobalFlags, flagSettings, type GlobalFlags } from '../global-flags.ts';
import { formatCost, formatCount } from '../render.ts';
import { readKey } from './run.ts';

/** How long the background worker waits for paused jobs before it leaves them to the next one, in ms. */
const WORKER_PATIENCE_MS = 120_000;

interface LearnFlags extends GlobalFlags {
  readonly dryRun?: boolean;
  readonly drain?: boolean;
  readonly json?: boolean;
}

export function build(context: CliContext): Command {
  const learn = new Command('learn').description('Learn from a run now, or work off what waits.');
  addGlobalFlags(learn)
    .argument('[run]', 'id of a recorded run, or its start; without one, everything that waits')
    .option('--dry-run', 'show what would be learnt; models are asked, nothing is changed')
    .option('--json', 'print JSON')
    .addOption(new Option('--drain', 'work the queue off in the background').hideHelp())
    .action((run: string | undefined, flags: LearnFlags) => doLearn(run, flags, context));
  learn
    .command('status')
    .description('What waits, what was done, what it cost.')
    .option('--json', 'print JSON')
    // `learn` has the same flag, and takes it before its sub-command sees it.
    .action((_: LearnFlags, command: Command) => showStatus(command.optsWithGlobals<LearnFlags>(), context));
  return learn;
}

async function doLearn(run: string | undefined, flags: LearnFlags, context: CliContext): Promise<void> {
  const config = await context.loadConfig({
    configFile: flags.config,
    flags: flagSettings(flags, (given) => readKey(given, context)),
  });
  await using openSpace = await openOpenSpace({ config });
  const learning = openSpace.learning();
  const { signal } = context;
  if (flags.drain === true) {
    await learning.drain({ signal, patienceMs: WORKER_PATIENCE_MS });
    return;
  }
  openSpace.checkModel();
  if (run !== undefined && flags.dryRun === true) {
    printPreview(await learning.preview(run, signal), learning.deps, flags, context);
    return;
  }
  const reports: JobReport[] = [];
  const onJob = (report: JobReport) => {
    reports.push(report);
    if (flags.json !== true) context.stderr(`${describeJob(report)}\n`);
  };
  if (run !== undefined) await learning.learn(run, { signal, onJob });
  else {
    const report = await learning.drain({ signal, onJob });
    for (const note of report?.notes ?? ['Another process is learning already.']) context.stderr(`${note}\n`);
  }
  if (flags.json === true) context.stdout(`${JSON.stringify(reports.map(jobToJson), null, 2)}\n`);
  else if (reports.length === 0) context.stdout('There was nothing to do.\n');
  if (reports.some(({ status }) => status === 'failed')) context.exitCode = EXIT.notDone;
}

function describeJob({ kind, key, status, note, trust }: JobReport): string {
  const mark = status === 'done' ? pc.green('✓') : status === 'failed' ? pc.red('✗') : pc.yellow('…');
  const lines = [`${mark} ${kind} ${pc.dim(key.replace(/^\w+:/, ''))}  ${oneLine(note, 200)}`];
  for (const { versionId, verdict } of trust)
    lines.push(
      `  ${verdict.decision === 'promote' ? 'trusted now' : 'taken back'}: ${versionId} (${verdict.reason})`,
    );
  return lines.join('\n');
}

const jobToJson = ({ key, kind, status, note, trust }: JobReport) => ({
  ...{ key, kind, status, note },
  trust: trust.map(({ skillId, versionId, verdict }) => ({
    ...{ skill_id: skillId, version_id: versionId, decision: verdict.decision, reason: verdict.reason },
  })),
});

function printPreview(
  preview: Preview,
  deps: Parameters<typeof diffOfReview>[0],
  flags: LearnFlags,
  context: CliContext,
): void {
  const { analysis, error, decided, drafts } = preview;
  if (flags.json === true) {
    context.stdout(`${JSON.stringify(previewToJson(preview, deps), null, 2)}\n`);
    return;
  }
  if (analysis === undefined) {
    context.stdout(`${error ?? 'The run could not be analysed.'}\n`);
    context.exitCode = EXIT.notDone;
    return;
  }
  context.stdout(`${analysis.taskDone ? pc.green('done') : pc.red('not done')}  ${analysis.note}\n`);
  if (decided.length === 0) context.stdout('Nothing would be learnt from it.\n');
  for (const { suggestion, decision } of decided) {
    context.stdout(
      `\n${pc.bold(decision.kind)} ${decision.outcome} (${decision.rule}): ${decision.reason}\n  ${suggestion.direction}\n`,
    );
    for (const { quote } of suggestion.evidence) context.stdout(`  ${pc.dim(`“${oneLine(quote, 160)}”`)}\n`);
  }
  for (const draft of drafts) context.stdout(`\n${renderDraft(draft, deps)}`);
}

function renderDraft(draft: LearntChange, deps: Parameters<typeof diffOfReview>[0]): string {
  const verdict = draft.verdict === null ? draft.state : `the gate says: ${draft.verdict.decision}`;
  return `${pc.bold(draft.summary || draft.kind)}  ${pc.dim(verdict)}\n${draft.reason}\n${diffOfReview(deps, draft)}`;
}

function previewToJson(
  { analysis, error, decided, drafts }: Preview,
  deps: Parameters<typeof diffOfReview>[0],
) {
  return {
    task_done: analysis?.taskDone ?? null,
    note: analysis?.note ?? null,
    error: error ?? null,
    suggestions: decided.map(({ suggestion, decision }) => ({
      ...{ kind: decision.kind, outcome: decision.outcome, rule: decision.rule, reason: decision.reason },
      ...{ direction: suggestion.direction, evidence: suggestion.evidence },
    })),
    drafts: drafts.map((draft) => ({
      ...{ kind: draft.kind, state: draft.state, summary: draft.summary, reason: draft.reason },
      ...{ verdict: draft.verdict, diff: diffOfReview(deps, draft) },
    })),
  };
}

async function showStatus(flags: LearnFlags, context: CliContext): Promise<void> {
  const config = await context.loadConfig();
  await using openSpace = await openOpenSpace({ config });
  const status = openSpace.learning().status();
  const { pending, running, done, failed, spentToday, mode, waitingForReview } = status;
  if (flags.json === true) {
    const spent = { tokens: spentToday.tokens, cost_usd: spentToday.costUsd };
    context.stdout(
      `${JSON.stringify({ mode, pending, running, done, failed, waiting_for_review: waitingForReview, spent_today: spent }, null, 2)}\n`,
    );
    return;
  }
  const spent = [`${formatCount(spentToday.tokens)} tokens`, formatCost(spentToday.costUsd)].filter(Boolean);
  context.stdout(
    `mode     ${mode}\njobs     ${pending} waiting, ${running} running, ${done} done, ${failed} failed\n`,
  );
  context.stdout(
    `review   ${plural(waitingForReview, 'change')}${waitingForReview > 0 ? ': openspace review list' : ''}\n`,
  );
  context.stdout(`today    ${spent.join(', ')}\n`);
}
