// One case of a verification: checks that can tell, then the arms in turn, then what they told.
import { addUsage, type Model, NO_USAGE, type Usage } from '../../agent/index.ts';
import { writeChecks } from '../reviewer.ts';
import { isControl, judgeCase, needsSecondLook } from './compare.ts';
import type { SelectedCase } from './select-cases.ts';
import type {
  Arm,
  ArmReport,
  CaseReport,
  CaseShelf,
  Check,
  GateCase,
  GateRules,
  ReplayResult,
  Runner,
} from './verdict.ts';

/** What the cases of a verification have cost so far. */
export interface CasePrices {
  spent: Usage;
  /** Tokens of the dearest case. */
  dearest: number;
}

export interface CaseDeps {
  readonly runner: Runner;
  readonly rules: GateRules;
  /** Writes checks where there are none. */
  readonly judge: Model | undefined;
  readonly keepChecks: CaseShelf['keepChecks'];
  readonly signal: AbortSignal;
}

/** Replays a case with each arm. A candidate that seems to break it gets a second run: models are not always the same. */
export async function replayCase(
  { testCase, own }: SelectedCase,
  arms: readonly Arm[],
  deps: CaseDeps,
): Promise<{ report: CaseReport; usage: Usage }> {
  const prepared = await prepareChecks(testCase, deps);
  let usage = prepared.usage;
  const base = { caseId: testCase.caseId, own, checks: prepared.checks };
  if (prepared.checks.length === 0)
    return {
      usage,
      report: {
        ...base,
        result: 'open',
        control: false,
        arms: [],
        note: prepared.note ?? 'nothing can tell',
      },
    };
  const ready: GateCase = { ...testCase, checks: prepared.checks };
  const results = new Map<Arm, ReplayResult[]>();
  const play = async (arm: Arm) => {
    const result = await deps.runner.replay(ready, arm, deps.signal);
    usage = addUsage(usage, result.usage);
    results.set(arm, [...(results.get(arm) ?? []), result]);
  };
  for (const arm of arms) await play(arm);
  const reports = () => arms.map((arm) => toReport(arm, results.get(arm) ?? []));
  const [candidate] = arms;
  if (candidate !== undefined && needsSecondLook(reports())) await play(candidate);
  const told = reports();
  return {
    usage,
    report: { ...base, result: judgeCase(told, deps.rules), control: isControl(told), arms: told },
  };
}

function toReport({ kind }: Arm, results: readonly ReplayResult[]): ArmReport {
  const mean = (value: (result: ReplayResult) => number) =>
    Math.round(results.reduce((sum, result) => sum + value(result), 0) / Math.max(1, results.length));
  return {
    arm: kind,
    runIds: results.map(({ runId }) => runId),
    passed: results.filter(({ checks }) => checks.length > 0 && checks.every(({ passed }) => passed)).length,
    runs: results.length,
    tokens: mean(({ usage }) => usage.inputTokens + usage.outputTokens),
    turns: mean(({ turns }) => turns),
  };
}

/**
 * Checks that can tell whether the task was done: at least one of them fails in the folder as it was before.
 * A reviewer's checks that all hold there already are thrown away. What was written is kept for later verifications.
 */
async function prepareChecks(
  testCase: GateCase,
  { runner, judge, keepChecks, signal }: CaseDeps,
): Promise<{ checks: readonly Check[]; usage: Usage; note?: string }> {
  if (testCase.checks.length > 0) return { checks: testCase.checks, usage: NO_USAGE };
  if (judge === undefined) return { checks: [], usage: NO_USAGE, note: 'nobody is there to write checks' };
  const start = await runner.lookAtStart(testCase, [], signal);
  const written = await writeChecks(judge, testCase, start, signal);
  const { usage } = written;
  if (written.failed !== undefined) return { checks: [], usage, note: `no checks: ${written.failed}` };
  if (written.value.length === 0) return { checks: [], usage, note: 'the reviewer found nothing to check' };
  const tried = await runner.lookAtStart(testCase, written.value, signal);
  if (tried.checks.every(({ passed }) => passed))
    return {
      checks: [],
      usage,
      note: 'the reviewer’s checks hold before the task is done, so they tell nothing',
    };
  keepChecks(testCase.caseId, written.value);
  return { checks: written.value, usage };
}
