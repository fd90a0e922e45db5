// Learning to rank over a few signals: a linear score fitted by conditional logit with a ridge penalty.

/** One query: the signals of each candidate, and which candidates are right. */
export interface RankingCase {
  readonly group: string;
  readonly candidates: readonly (readonly number[])[];
  readonly right: readonly number[];
}

/** The ridge that keeps weights small; the same for all fits. */
const RIDGE = 20;

/** Weights that make the right candidates likely. Deterministic: Newton steps from zero on a convex loss. */
export function fitWeights(cases: readonly RankingCase[], ridge = RIDGE): number[] {
  const width = cases[0]?.candidates[0]?.length ?? 0;
  const spread = spreadOf(cases, width);
  const scaled = cases.map(({ candidates, right }) => ({
    candidates: candidates.map((signals) => signals.map((value, at) => value / (spread[at] ?? 1))),
    right,
  }));
  let weights: number[] = Array.from({ length: width }, () => 0);
  for (let round = 0; round < 40; round += 1) {
    const { slope, curve } = derivatives(scaled, weights, ridge);
    // Far from the optimum a whole step may overshoot: none is longer than 1.
    const full = solve(curve, slope);
    const shorten = Math.min(1, 1 / Math.max(...full.map(Math.abs), 1e-9));
    const step = full.map((value) => value * shorten);
    weights = weights.map((weight, at) => weight - (step[at] ?? 0));
    if (step.every((value) => Math.abs(value) < 1e-6)) break;
  }
  return weights.map((weight, at) => weight / (spread[at] ?? 1));
}

function spreadOf(cases: readonly RankingCase[], width: number): number[] {
  const all = cases.flatMap(({ candidates }) => candidates);
  return Array.from({ length: width }, (_, at) => {
    const mean = all.reduce((sum, signals) => sum + (signals[at] ?? 0), 0) / all.length;
    const variance = all.reduce((sum, signals) => sum + ((signals[at] ?? 0) - mean) ** 2, 0) / all.length;
    return Math.sqrt(variance) || 1;
  });
}

/** Gradient and Hessian of the loss: each right candidate adds the mean and covariance of what is expected. */
function derivatives(
  cases: readonly Pick<RankingCase, 'candidates' | 'right'>[],
  weights: readonly number[],
  ridge: number,
): { slope: number[]; curve: number[][] } {
  const width = weights.length;
  const slope = weights.map((weight) => ridge * weight);
  const curve = weights.map((_, row) => weights.map((__, column) => (row === column ? ridge : 0)));
  for (const { candidates, right } of cases) {
    const scores = candidates.map((signals) => score(signals, weights));
    const top = Math.max(...scores);
    const powers = scores.map((value) => Math.exp(value - top));
    const total = powers.reduce((sum, value) => sum + value, 0);
    const mean = new Float64Array(width);
    const squares = new Float64Array(width * width);
    candidates.forEach((signals, n) => {
      const chance = (powers[n] ?? 0) / total;
      for (let row = 0; row < width; row += 1) {
        const value = chance * (signals[row] ?? 0);
        mean[row] = (mean[row] ?? 0) + value;
        for (let column = 0; column < width; column += 1)
          squares[row * width + column] =
            (squares[row * width + column] ?? 0) + value * (signals[column] ?? 0);
      }
    });
    for (let row = 0; row < width; row += 1) {
      const own = right.reduce((sum, index) => sum + (candidates[index]?.[row] ?? 0), 0);
      slope[row] = (slope[row] ?? 0) + right.length * (mean[row] ?? 0) - own;
      const line = curve[row] ?? [];
      for (let column = 0; column < width; column += 1)
        line[column] =
          (line[column] ?? 0) +
          right.length * ((squares[row * width + column] ?? 0) - (mean[row] ?? 0) * (mean[column] ?? 0));
    }
  }
  return { slope, curve };
}

/** Solves a small positive definite system by elimination. */
function solve(matrix: readonly (readonly number[])[], values: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, values[at] ?? 0]);
  const size = values.length;
  rows.forEach((row, pivot) => {
    for (let below = pivot + 1; below < size; below += 1) {
      const other = rows[below] ?? [];
      const factor = (other[pivot] ?? 0) / (row[pivot] ?? 1);
      for (let at = pivot; at <= size; at += 1) other[at] = (other[at] ?? 0) - factor * (row[at] ?? 0);
    }
  });
  const solution = values.map(() => 0);
  for (let row = size - 1; row >= 0; row -= 1) {
    let rest = rows[row]?.[size] ?? 0;
    for (let at = row + 1; at < size; at += 1) rest -= (rows[row]?.[at] ?? 0) * (solution[at] ?? 0);
    solution[row] = rest / (rows[row]?.[row] ?? 1);
  }
  return solution;
}

export function score(signals: readonly number[], weights: readonly number[]): number {
  return signals.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0);
}

/** Like `fitWeights`, where a signal that would count against a candidate is left out instead. */
export function fitNonNegative(cases: readonly RankingCase[]): number[] {
  const dropped = new Set<number>();
  for (;;) {
    const kept = cases.map((one) => ({
      ...one,
      candidates: one.candidates.map((signals) => signals.map((value, at) => (dropped.has(at) ? 0 : value))),
    }));
    const weights = fitWeights(kept).map((weight, at) => (dropped.has(at) ? 0 : weight));
    const worst = weights.indexOf(Math.min(...weights));
    if ((weights[worst] ?? 0) >= -1e-9) return weights;
    dropped.add(worst);
  }
}

/** For each group, weights fitted on all other groups. */
export function crossValidate(
  cases: readonly RankingCase[],
  fitter: (cases: readonly RankingCase[]) => number[] = fitWeights,
): Map<string, number[]> {
  const groups = [...new Set(cases.map(({ group }) => group))];
  return new Map(groups.map((group) => [group, fitter(cases.filter((one) => one.group !== group))]));
}
