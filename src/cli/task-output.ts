// How a finished run is told: JSON for scripts, the answer on stdout and a summary on stderr for people.
import type { RunReport } from '../engine/index.ts';
import { colors as pc } from './colors.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './failure.ts';
import { formatCost, formatCount, formatElapsed } from './render.ts';

/** The object that `--json` prints. */
export function reportToJson(report: RunReport) {
  return {
    run_id: report.runId,
    status: report.status,
    answer: report.answer,
    turns: report.turns,
    usage: {
      input_tokens: report.usage.inputTokens,
      output_tokens: report.usage.outputTokens,
      cached_input_tokens: report.usage.cachedInputTokens,
      cost_usd: report.usage.costUsd,
    },
    skills: report.skills,
    workspace: report.workspace,
    learning: report.learning,
    ...(report.error === undefined ? {} : { error: report.error }),
  };
}

export function exitCodeOf(report: RunReport): number {
  if (report.status === 'done') return EXIT.done;
  if (report.status === 'cancelled') return EXIT.aborted;
  return report.error?.code === 'auth' || report.error?.code === 'config' ? EXIT.usage : EXIT.notDone;
}

const REASONS: Record<Exclude<RunReport['status'], 'done' | 'error'>, string> = {
  running: 'still running',
  incomplete: 'not finished',
  'out-of-budget': 'stopped: the budget is used up (see --max-iterations)',
  cancelled: 'cancelled',
};

/** The answer to stdout; what it took, and what went wrong, to stderr. */
export function printReport(report: RunReport, context: CliContext, quiet: boolean): void {
  if (report.answer !== '')
    context.stdout(report.answer.endsWith('\n') ? report.answer : `${report.answer}\n`);
  if (report.error !== undefined) {
    context.stderr(`${pc.red('error:')} ${report.error.message}\n`);
    for (const line of report.error.hint?.split('\n') ?? []) context.stderr(`${pc.dim('hint: ')} ${line}\n`);
  } else if (report.status !== 'done' && report.status !== 'error') {
    context.stderr(`${pc.yellow(REASONS[report.status])}\n`);
  }
  if (quiet) return;
  const { inputTokens, outputTokens, costUsd } = report.usage;
  const facts = [
    report.runId,
    `${report.turns} ${report.turns === 1 ? 'turn' : 'turns'}`,
    formatElapsed(report.tookMs),
    `${formatCount(inputTokens + outputTokens)} tokens`,
    formatCost(costUsd),
  ];
  context.stderr(`${pc.dim(facts.filter(Boolean).join(' · '))}\n`);
}
