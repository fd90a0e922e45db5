// Figures of arms with their intervals.
import { createRandom } from './random.ts';
import type { TaskResult } from './run.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface ArmFigures {
  readonly arm: string;
  readonly tasks: number;
  readonly success: Interval;
  readonly turns: Interval;
  readonly tokens: Interval;
  readonly costUsd: Interval;
}

/** Wilson's interval of a share, 95 %. */
export function shareOf(hits: number, count: number): Interval {
  if (count === 0) return { value: 0, low: 0, high: 1 };
  const z = 1.96;
  const share = hits / count;
  const middle = (share + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
  const half =
    (z / (1 + z ** 2 / count)) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Mean with a bootstrap interval, 95 %. */
export function meanOf(values: readonly number[]): Interval {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / Math.max(1, of.length);
  const random = createRandom('bootstrap', values.length);
  const means = Array.from({ length: 1_000 }, () =>
    mean(values.map(() => values[random.whole(0, values.length - 1)] ?? 0)),
  ).sort((a, b) => a - b);
  return { value: mean(values), low: means[25] ?? 0, high: means[974] ?? 0 };
}

export function figuresOf(arm: string, results: readonly TaskResult[]): ArmFigures {
  return {
    arm,
    tasks: results.length,
    success: shareOf(results.filter(({ passed }) => passed).length, results.length),
    turns: meanOf(results.map(({ turns }) => turns)),
    tokens: meanOf(results.map(({ tokens }) => tokens)),
    costUsd: meanOf(results.map(({ costUsd }) => costUsd)),
  };
}

export function renderFigures(rows: readonly ArmFigures[]): string {
  const percent = ({ value, low, high }: Interval) =>
    `${Math.round(value * 100)} % (${Math.round(low * 100)}–${Math.round(high * 100)})`;
  const number = ({ value, low, high }: Interval, digits: number) =>
    `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  return [
    '| arm | tasks | success | turns | tokens | cost, $ |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows.map(
      ({ arm, tasks, success, turns, tokens, costUsd }) =>
        `| ${arm} | ${tasks} | ${percent(success)} | ${number(turns, 1)} | ${number(tokens, 0)} | ${number(costUsd, 4)} |`,
    ),
  ].join('\n');
}
