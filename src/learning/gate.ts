// The gate: no change of a skill is trusted before it was measured to be better, and nowhere worse, than what is there.
import { addUsage, type Model, type ModelRole, NO_USAGE, type Usage } from '../agent/index.ts';
import { OpenSpaceError } from '../lib/index.ts';
import {
  type Draft,
  decodeText,
  type Library,
  parseSkillMd,
  SKILL_FILE,
  type SkillFiles,
} from '../skills/index.ts';
import { decide, GATE_RULES } from './gate/compare.ts';
import { withEvals, withoutEvals } from './gate/evals-file.ts';
import { type CasePrices, replayCase } from './gate/replay-case.ts';
import { type SelectedCase, selectCases } from './gate/select-cases.ts';
import { checkStatically } from './gate/static-checks.ts';
import type {
  Arm,
  CaseReport,
  CaseShelf,
  GateBudget,
  GateReport,
  GateRules,
  Problem,
  Runner,
  Verdict,
} from './gate/verdict.ts';
import { reviewSkill } from './reviewer.ts';
import type { Evidence } from './suggestion.ts';

export { GATE_RULES } from './gate/compare.ts';
export { EVALS_FILE } from './gate/evals-file.ts';
export type * from './gate/verdict.ts';

export const GATE_BUDGET: GateBudget = { maxTokens: 400_000 };

/** What a change rests on. */
export interface GateEvidence {
  /** Runs that it was learnt from. Their gain does not count for it, their loss counts against it. */
  readonly runIds: readonly string[];
  /** What the author was told, and the passages that it rests on. Not shown to the reviewer: it must not be persuaded. */
  readonly direction?: string;
  readonly evidence?: readonly Evidence[];
}

export interface GateDeps {
  readonly library: Pick<Library, 'read' | 'getVersion' | 'versions'>;
  /** The model of a role; undefined where none is set up. The gate uses `judging`; replays are the runner's. */
  readonly model: (role: ModelRole) => Model | undefined;
  /** Undefined where nothing can be replayed. */
  readonly runner: Runner | undefined;
  readonly cases: CaseShelf;
  readonly budget?: GateBudget;
  readonly rules?: Partial<GateRules>;
  readonly signal: AbortSignal;
}

/**
 * Judges a change: static checks, then a reviewer who does not know the author's reasons, then replays of recorded
 * tasks with the change, with the current version and without a skill. Needs no set-up; what can't be done (no model,
 * no cases, budget used up) leaves the change on trial at best, and `report.missing` says what it was.
 * Commit `files`: the draft's with the checks in `evals/`. Rejects only if the signal aborts or the library fails.
 */
export async function verify(
  draft: Draft,
  evidence: GateEvidence,
  deps: GateDeps,
): Promise<Verdict<GateReport>> {
  const rules: GateRules = { ...GATE_RULES, ...deps.rules };
  const before = filesBefore(draft, deps.library);
  const cases = deps.cases.list();
  const problems = checkStatically({
    files: draft.files,
    before,
    machinePaths: [...new Set(cases.map(({ workspace }) => workspace))],
  });
  if (problems.length > 0) return refused(problems);
  const selected = selectCases({
    cases,
    ownRuns: evidence.runIds,
    versionIds: lineageOf(draft, deps.library),
    subject: subjectOf(draft.files),
    rules,
  });
  const reviewed = await review(draft.files, selected, deps);
  deps.signal.throwIfAborted();
  if (reviewed.review?.verdict === 'refuse')
    return {
      decision: 'reject',
      reasons: ['The reviewer refused it.', ...reviewed.review.concerns],
      report: { problems: [], cases: [], ...reviewed },
    };
  return replayAll(draft, before, selected, reviewed, { ...deps, rules });
}

function filesBefore(draft: Draft, library: GateDeps['library']): SkillFiles | undefined {
  const [parent] = draft.parents;
  return parent === undefined ? undefined : library.read(parent);
}

/** All versions of the skills that the change comes from: runs that used them are its regression tests. */
function lineageOf(draft: Draft, library: GateDeps['library']): readonly string[] {
  return draft.parents.flatMap((parent) =>
    library.versions(library.getVersion(parent).skillId).map(({ versionId }) => versionId),
  );
}

function subjectOf(files: SkillFiles): string {
  const { name, description } = parseSkillMd(decodeText(files.get(SKILL_FILE) ?? new Uint8Array()) ?? '');
  return `${name?.replaceAll('-', ' ') ?? ''} ${description ?? ''}`;
}

function refused(problems: readonly Problem[]): Verdict<GateReport> {
  return {
    decision: 'reject',
    reasons: problems.map(({ message }) => message),
    report: { problems, review: undefined, cases: [], spent: NO_USAGE, missing: [] },
  };
}

type ReviewPart = Pick<GateReport, 'review' | 'spent' | 'missing'>;

async function review(
  files: SkillFiles,
  selected: readonly SelectedCase[],
  { model, signal }: GateDeps,
): Promise<ReviewPart> {
  const judge = model('judging');
  if (judge === undefined)
    return {
      review: undefined,
      spent: NO_USAGE,
      missing: ['No model for judging is set up: nobody reviewed it.'],
    };
  const tasks = selected.map(({ testCase }) => testCase.task);
  const answer = await reviewSkill(judge, withoutEvals(files), tasks, signal);
  return answer.failed === undefined
    ? { review: answer.value, spent: answer.usage, missing: [] }
    : { review: undefined, spent: answer.usage, missing: [`The reviewer did not answer: ${answer.failed}`] };
}

async function replayAll(
  draft: Draft,
  before: SkillFiles | undefined,
  selected: readonly SelectedCase[],
  reviewed: ReviewPart,
  deps: GateDeps & { readonly rules: GateRules },
): Promise<Verdict<GateReport>> {
  const { runner, rules, budget = GATE_BUDGET } = deps;
  const missing = [...reviewed.missing];
  const reports: CaseReport[] = [];
  const prices: CasePrices = { spent: reviewed.spent, dearest: 0 };
  if (runner === undefined) missing.push('Nothing can be replayed here.');
  if (selected.length === 0) missing.push('There is no recorded task to try it on.');
  for (const item of runner === undefined ? [] : selected) {
    if (!hasRoom(prices, budget)) {
      missing.push(`The budget ended after ${reports.length} of ${selected.length} tasks.`);
      break;
    }
    const report = await tryCase(item, armsFor(draft.files, before), prices, deps);
    reports.push(report);
    if (report.result === 'worse') break; // one is enough to refuse it
  }
  const decided = decide(reports, rules);
  const needsPerson = reviewed.review === undefined && decided.decision === 'trusted';
  return {
    decision: needsPerson ? 'trial' : decided.decision,
    reasons: [...decided.reasons, ...missing],
    files: withEvals(
      draft.files,
      selected.map(({ testCase }) => testCase),
      reports,
    ),
    report: {
      problems: [],
      review: reviewed.review,
      cases: reports,
      spent: prices.spent,
      missing,
    },
  };
}

function armsFor(files: SkillFiles, before: SkillFiles | undefined): readonly Arm[] {
  const arm = (kind: 'current' | 'candidate', of: SkillFiles): Arm => ({
    kind,
    name: parseSkillMd(decodeText(of.get(SKILL_FILE) ?? new Uint8Array()) ?? '').name ?? kind,
    files: withoutEvals(of),
  });
  return [
    arm('candidate', files),
    ...(before === undefined ? [] : [arm('current', before)]),
    { kind: 'none' },
  ];
}

/** Room for another case, if it costs as much as the dearest so far. */
function hasRoom({ spent, dearest }: CasePrices, { maxTokens, maxCostUsd }: GateBudget): boolean {
  if (tokensOf(spent) + dearest > maxTokens) return false;
  return maxCostUsd === undefined || spent.costUsd === null || spent.costUsd < maxCostUsd;
}

const tokensOf = ({ inputTokens, outputTokens }: Usage) => inputTokens + outputTokens;

async function tryCase(
  item: SelectedCase,
  arms: readonly Arm[],
  prices: CasePrices,
  { runner, rules, cases, model, signal }: GateDeps & { readonly rules: GateRules },
): Promise<CaseReport> {
  if (runner === undefined) throw new Error('a case needs a runner');
  try {
    const { report, usage } = await replayCase(item, arms, {
      runner,
      rules,
      judge: model('judging'),
      keepChecks: cases.keepChecks,
      signal,
    });
    prices.spent = addUsage(prices.spent, usage);
    prices.dearest = Math.max(prices.dearest, tokensOf(usage));
    signal.throwIfAborted();
    return report;
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    const { caseId } = item.testCase; // its files are gone or damaged: it tells nothing, the others may
    return {
      caseId,
      own: item.own,
      result: 'open',
      control: false,
      arms: [],
      checks: [],
      note: error.message,
    };
  }
}
