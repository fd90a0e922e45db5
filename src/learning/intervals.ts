// How sure a figure is: intervals of a share and of a difference of means, for small numbers of runs.

/** A share with its 95 % interval (Wilson). Null rate: there were no runs. */
export interface Share {
  readonly runs: number;
  readonly successes: number;
  readonly rate: number | null;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959964;

export function shareOf(successes: number, runs: number): Share {
  if (runs === 0) return { runs, successes, rate: null, low: 0, high: 1 };
  const rate = successes / runs;
  const spread = Z * Math.sqrt((rate * (1 - rate)) / runs + (Z * Z) / (4 * runs * runs));
  const centre = rate + (Z * Z) / (2 * runs);
  const scale = 1 + (Z * Z) / runs;
  return {
    ...{ runs, successes, rate },
    low: Math.max(0, (centre - spread) / scale),
    high: Math.min(1, (centre + spread) / scale),
  };
}

/** How much lower the first mean is than the second, with a 95 % interval (Welch). */
export interface Saving {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly runsWith: number;
  readonly runsWithout: number;
}

/** Undefined with less than two values on a side: then there is no telling. */
export function savingOf(withIt: readonly number[], without: readonly number[]): Saving | undefined {
  if (withIt.length < 2 || without.length < 2) return undefined;
  const [first, second] = [momentsOf(withIt), momentsOf(without)];
  const mean = second.mean - first.mean;
  const error = first.variance / withIt.length + second.variance / without.length;
  const freedom =
    error === 0
      ? Number.POSITIVE_INFINITY
      : error ** 2 /
        ((first.variance / withIt.length) ** 2 / (withIt.length - 1) +
          (second.variance / without.length) ** 2 / (without.length - 1));
  const spread = studentT(freedom) * Math.sqrt(error);
  return {
    ...{ mean, low: mean - spread, high: mean + spread },
    ...{ runsWith: withIt.length, runsWithout: without.length },
  };
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}

/** Two-sided 95 % points for 1 to 10 degrees of freedom. */
const STUDENT_T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Fractions of a degree count down: rather too wide than too narrow. Beyond ten, Cornish and Fisher's series. */
function studentT(freedom: number): number {
  if (freedom < 11) return STUDENT_T[Math.max(0, Math.floor(freedom) - 1)] ?? Z;
  return Z + (Z ** 3 + Z) / (4 * freedom) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * freedom ** 2);
}
