// Is one success rate lower than another by more than chance? Fisher's exact test, one-sided.

const LOG_FACTORIALS_KEPT = 2_000;
const kept = Array.from({ length: LOG_FACTORIALS_KEPT }, () => 0);
for (let n = 2; n < LOG_FACTORIALS_KEPT; n += 1) kept[n] = (kept[n - 1] ?? 0) + Math.log(n);

/** ln n!, by Stirling's series beyond the table (error below 1e-12). */
function logFactorial(n: number): number {
  return kept[n] ?? n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}

const logChoose = (n: number, k: number) => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

export interface Counts {
  readonly uses: number;
  readonly successes: number;
}

/** Probability of a version doing this badly or worse, if it were as good as its parent. */
export function chanceOfWorse(version: Counts, parent: Counts): number {
  const total = version.uses + parent.uses;
  const successes = version.successes + parent.successes;
  const lowest = Math.max(0, successes - parent.uses);
  const all = logChoose(total, successes);
  let sum = 0;
  for (let k = lowest; k <= version.successes; k += 1)
    sum += Math.exp(logChoose(version.uses, k) + logChoose(parent.uses, successes - k) - all);
  return Math.min(1, sum);
}

/** Fewer uses say nothing, whatever the rates. */
export const LEAST_USES = 10;
/** Strict, because the question is asked again with every report. */
export const CHANCE_ACCEPTED = 0.01;

export function verdictOf(
  version: Counts,
  parent: Counts | undefined,
): 'unknown' | 'fine' | 'worse-than-parent' {
  if (version.uses < LEAST_USES || parent === undefined || parent.uses < LEAST_USES) return 'unknown';
  return chanceOfWorse(version, parent) < CHANCE_ACCEPTED ? 'worse-than-parent' : 'fine';
}
