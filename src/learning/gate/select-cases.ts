// Which recorded tasks a change is tried on: its own, those that used the skill, and those that it would be used for. Pure.
import { createSimilarity } from '../suggest/similarity.ts';
import type { GateCase, GateRules } from './verdict.ts';

export interface SelectInput {
  /** Newest first. */
  readonly cases: readonly GateCase[];
  /** Runs that the change was learnt from. */
  readonly ownRuns: readonly string[];
  /** Versions of the skill so far. */
  readonly versionIds: readonly string[];
  /** Name and description of the changed skill: what it will be found by. */
  readonly subject: string;
  readonly rules: GateRules;
}

export interface SelectedCase {
  readonly testCase: GateCase;
  /** The change was learnt from this run, or from another run of the same task. */
  readonly own: boolean;
}

/**
 * One own case, then in turn the nearest other tasks and those that used the skill. The same task counts once.
 * Own cases come first: a change that does not even help where it was learnt costs no more than that.
 */
export function selectCases({
  cases,
  ownRuns,
  versionIds,
  subject,
  rules,
}: SelectInput): readonly SelectedCase[] {
  const ownTasks = new Set(
    cases.filter(({ caseId }) => ownRuns.includes(caseId)).map(({ task }) => taskKey(task)),
  );
  const byTask = new Map<string, GateCase>();
  for (const testCase of cases) {
    const key = taskKey(testCase.task);
    const known = byTask.get(key);
    // Of several runs of a task the one with checks, else the newest.
    if (known === undefined || (known.checks.length === 0 && testCase.checks.length > 0))
      byTask.set(key, testCase);
  }
  const similarity = createSimilarity([subject, ...cases.map(({ task }) => task)]);
  const ranked = [...byTask].map(([key, testCase]) => ({
    testCase,
    own: ownTasks.has(key),
    used: testCase.versionIds.some((id) => versionIds.includes(id)),
    likeness: similarity.compare(subject, testCase.task),
  }));
  const own = ranked.filter((item) => item.own);
  const others = ranked
    .filter((item) => !item.own && (item.used || item.likeness >= rules.sameSubject))
    .sort((a, b) => Number(b.used) - Number(a.used) || b.likeness - a.likeness);
  const places = Math.max(0, rules.maxCases - Math.min(1, own.length));
  return [...own.slice(0, 1), ...others.slice(0, places), ...own.slice(1)]
    .slice(0, rules.maxCases)
    .map(({ testCase, own: isOwn }) => ({ testCase, own: isOwn }));
}

/** The same task asked again has the same words. */
const taskKey = (task: string) => task.toLowerCase().replace(/\s+/g, ' ').trim();
