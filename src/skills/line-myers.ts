// Myers' shortest edit script between two stretches of numbered lines, given up when they differ too much.
import type { MatchBlock } from './line-match.ts';

/** Most lines that may differ: keeps work and memory at about its square. */
const MAX_DIFFERENCE = 3_000;

/** For each round the furthest old line reached on each diagonal, as it was before that round. */
interface Trace {
  readonly rounds: Int32Array[];
  readonly difference: number;
}

function search(x: Int32Array, y: Int32Array): Trace | undefined {
  const limit = Math.min(MAX_DIFFERENCE, x.length + y.length);
  const reach = new Int32Array(2 * limit + 2);
  const rounds: Int32Array[] = [];
  for (let difference = 0; difference <= limit; difference += 1) {
    rounds.push(reach.slice(limit - difference, limit + difference + 2));
    for (let diagonal = -difference; diagonal <= difference; diagonal += 2) {
      const at = limit + diagonal;
      const left = reach[at - 1] ?? 0;
      const right = reach[at + 1] ?? 0;
      const down = diagonal === -difference || (diagonal !== difference && left < right);
      let a = down ? right : left + 1;
      let b = a - diagonal;
      while (a < x.length && b < y.length && x[a] === y[b]) {
        a += 1;
        b += 1;
      }
      reach[at] = a;
      if (a >= x.length && b >= y.length) return { rounds, difference };
    }
  }
  return undefined;
}

/** Matching blocks of a shortest edit script, in order; `undefined` if more than 3,000 lines differ. */
export function matchByShortestEdit(x: Int32Array, y: Int32Array): MatchBlock[] | undefined {
  const trace = search(x, y);
  if (trace === undefined) return undefined;
  const blocks: MatchBlock[] = [];
  let a = x.length;
  let b = y.length;
  for (let difference = trace.difference; difference >= 0; difference -= 1) {
    const reach = trace.rounds[difference] ?? new Int32Array();
    const at = difference + (a - b); // index of this diagonal in the round's slice
    const left = reach[at - 1] ?? 0;
    const right = reach[at + 1] ?? 0;
    const down = a - b === -difference || (a - b !== difference && left < right);
    const start = difference === 0 ? 0 : down ? right : left + 1;
    const length = a - start;
    if (length > 0) blocks.push({ a: start, b: b - length, length });
    a = start - (down || difference === 0 ? 0 : 1);
    b = b - length - (down && difference > 0 ? 1 : 0);
  }
  return blocks.reverse();
}
