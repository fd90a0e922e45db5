// When a version on trial is promoted or taken back: a sequential test over independent tasks. Pure.

/** How one task went that had the version. */
export interface Trial {
  /** Runs of one task count once: the latest. */
  readonly taskKey: string;
  readonly applied: boolean;
  readonly taskDone: boolean;
  readonly effect: 'helped' | 'harmed' | 'none';
  /** Failed for a reason that no skill could change. */
  readonly environment: boolean;
}

export interface TrustRules {
  /** Share of the tasks that fit which get the version on trial, 0 to 1. */
  readonly trialShare: number;
  /** Different tasks that must have succeeded with it. */
  readonly successes: number;
  /** Odds for "as good as expected" against "half as good" from which on it is promoted. */
  readonly promoteOdds: number;
  /** Odds for "half as good" from which on it is taken back. */
  readonly rollbackOdds: number;
  /** The same for a version that was promoted: more is at stake, and it has shown itself. */
  readonly distrustOdds: number;
}

export const TRUST_RULES: TrustRules = {
  trialShare: 0.5,
  successes: 2,
  promoteOdds: 3,
  rollbackOdds: 4,
  distrustOdds: 20,
};

export interface TrustVerdict {
  readonly decision: 'promote' | 'rollback' | 'wait';
  readonly reason: string;
  readonly successes: number;
  readonly failures: number;
  /** Odds that the version is half as good as expected, to 1. */
  readonly odds: number;
}

export interface TrustInput {
  readonly state: 'trial' | 'trusted';
  /** Oldest first. */
  readonly trials: readonly Trial[];
  /** Tasks that the version was learnt from: they prove nothing about it. */
  readonly learntFrom: ReadonlySet<string>;
  /** Share of tasks that succeed without it: its predecessor's, or the library's. */
  readonly baseline: number;
  readonly rules?: TrustRules;
}

/** A test between "succeeds as often as what it replaces" and "half as often", after each task (Wald). */
export function judgeTrust(input: TrustInput): TrustVerdict {
  const rules = input.rules ?? TRUST_RULES;
  const outcomes = independent(input).map(outcomeOf);
  const successes = outcomes.filter((outcome) => outcome === 'success').length;
  const failures = outcomes.filter((outcome) => outcome === 'failure').length;
  const good = Math.min(0.9, Math.max(0.6, input.baseline));
  const bad = good / 2;
  const odds = (bad / good) ** successes * ((1 - bad) / (1 - good)) ** failures;
  const verdict = (decision: TrustVerdict['decision'], reason: string): TrustVerdict => ({
    ...{ decision, reason, successes, failures, odds },
  });
  const limit = input.state === 'trial' ? rules.rollbackOdds : rules.distrustOdds;
  if (odds >= limit)
    return verdict('rollback', `${failures} of ${successes + failures} tasks failed with it, or it did harm`);
  if (input.state === 'trial' && successes >= rules.successes && 1 / odds >= rules.promoteOdds)
    return verdict('promote', `${successes} different tasks succeeded with it, ${failures} failed`);
  return verdict('wait', `${successes} successes and ${failures} failures so far`);
}

/** The last run of each task, without those that the version was learnt from. */
function independent({ trials, learntFrom }: TrustInput): readonly Trial[] {
  const last = new Map<string, Trial>();
  for (const trial of trials) if (!learntFrom.has(trial.taskKey)) last.set(trial.taskKey, trial);
  return [...last.values()];
}

/** A skill that was not followed is neither praised nor blamed, and no skill is blamed for a broken environment. */
function outcomeOf({ applied, taskDone, effect, environment }: Trial): 'success' | 'failure' | 'none' {
  if (effect === 'harmed') return 'failure';
  if (!applied || environment) return 'none';
  return taskDone ? 'success' : 'failure';
}

export interface Serving {
  readonly head: string | undefined;
  readonly trial: string | undefined;
}

/**
 * Which version of a skill a task gets. The same task always gets the same one, so that a retry does not change sides;
 * a skill that has only a version on trial is given to its share of the tasks and withheld from the others.
 */
export function chooseVersion(
  { head, trial }: Serving,
  taskHash: string,
  share: number = TRUST_RULES.trialShare,
): string | undefined {
  if (trial === undefined) return head;
  const place = Number.parseInt(taskHash.slice(0, 8), 16) / 0x1_0000_0000;
  return place < share ? trial : head;
}
