// From replays to a decision: each case by itself, then all together. Pure.
import type { ArmReport, CaseReport, CaseResult, GateRules } from './verdict.ts';

export const GATE_RULES: GateRules = {
  maxCases: 8,
  minCases: 3,
  minGain: 4,
  minControls: 1,
  cheaper: 0.85,
  dearer: 1.25,
  sameSubject: 0.12,
};

const find = (arms: readonly ArmReport[], kind: ArmReport['arm']) => arms.find(({ arm }) => arm === kind);
const always = (arm: ArmReport | undefined) => arm !== undefined && arm.runs > 0 && arm.passed === arm.runs;
const never = (arm: ArmReport | undefined) => arm === undefined || arm.passed === 0;

/** True if another run of the candidate should tell whether it really made the case worse. */
export function needsSecondLook(arms: readonly ArmReport[]): boolean {
  const candidate = find(arms, 'candidate');
  return candidate?.runs === 1 && candidate.passed === 0 && isControl(arms);
}

/** Some arm other than the candidate did it, so that the candidate could make it worse. */
export function isControl(arms: readonly ArmReport[]): boolean {
  return always(find(arms, 'none')) || always(find(arms, 'current'));
}

/** What one case told of the candidate, against the current version and against no skill. */
export function judgeCase(arms: readonly ArmReport[], rules: GateRules): CaseResult {
  const candidate = find(arms, 'candidate');
  const none = find(arms, 'none');
  const current = find(arms, 'current') ?? none;
  if (candidate === undefined || candidate.runs === 0 || current === undefined) return 'open';
  if (never(candidate)) return isControl(arms) ? 'worse' : 'open';
  if (!always(candidate)) return 'unsure';
  if (never(current)) return never(none) || none === current ? 'better' : 'same';
  if (!always(current)) return 'unsure';
  const others = [current, none].filter((arm) => arm !== undefined).filter(always);
  const least = Math.min(...others.map(({ tokens }) => tokens));
  if (candidate.tokens > least * rules.dearer) return 'dearer';
  return candidate.tokens <= least * rules.cheaper ? 'cheaper' : 'same';
}

/** The decision over all cases, with its reasons for people. */
export function decide(
  cases: readonly CaseReport[],
  rules: GateRules,
): { decision: 'reject' | 'trial' | 'trusted'; reasons: readonly string[] } {
  const count = (result: CaseResult, among = cases) => among.filter((each) => each.result === result).length;
  const telling = cases.filter(({ result }) => result !== 'open' && result !== 'unsure');
  const others = cases.filter(({ own }) => !own);
  const worse = cases.find(({ result }) => result === 'worse');
  if (worse !== undefined)
    return {
      decision: 'reject',
      reasons: [`The task of ${worse.caseId} is done without it and not with it.`],
    };
  const points = 2 * count('better', others) + count('cheaper', others) - count('dearer', others);
  const dearer = count('dearer');
  const summary = `Of ${telling.length} tasks that told something ${count('better')} got done only with it, ${count('cheaper')} took fewer tokens, ${count('same')} the same, ${dearer} more.`;
  const gain = count('better') + count('cheaper');
  if (telling.length >= rules.minCases && gain === 0)
    return { decision: 'reject', reasons: [summary, 'No task got better: the version that is there stays.'] };
  if (gain === 0 && dearer > 0)
    return { decision: 'reject', reasons: [summary, 'It costs more and nothing got better.'] };
  const controls = cases.filter(({ control, result }) => control && result !== 'unsure').length;
  const lacks = [
    ...(telling.length < rules.minCases
      ? [`Only ${telling.length} of at least ${rules.minCases} tasks told something.`]
      : []),
    ...(points >= rules.minGain
      ? []
      : [
          `Tasks other than those it was learnt from give it ${points} of ${rules.minGain} points (2 for one newly done, 1 for one with fewer tokens, -1 for one with more).`,
        ]),
    ...(controls < rules.minControls
      ? ['No task among them was done without it, so nothing is known of what it may break.']
      : []),
    ...(count('unsure') > 0 ? [`In ${count('unsure')} tasks runs of the same version differ.`] : []),
  ];
  return lacks.length === 0
    ? { decision: 'trusted', reasons: [summary, 'None got worse.'] }
    : { decision: 'trial', reasons: [summary, ...lacks] };
}
