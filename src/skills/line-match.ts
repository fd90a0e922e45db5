// Which lines of two texts are the same: longest common runs first, as people read a change. Near-linear time.
import { matchByShortestEdit } from './line-myers.ts';

/** `length` lines from `a` in the old text equal those from `b` in the new one. */
export interface MatchBlock {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/** Lines as numbers: equal lines get equal numbers. Hashing is spared where both texts run in step. */
function numberLines(a: readonly string[], b: readonly string[]): [Int32Array, Int32Array, number] {
  const numbers = new Map<string, number>();
  const numberOf = (line: string) => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  const y = Int32Array.from(b, numberOf);
  const firstPlace = new Int32Array(numbers.size);
  for (let at = b.length - 1; at >= 0; at -= 1) firstPlace[y[at] ?? 0] = at;
  const x = new Int32Array(a.length);
  let next = 0;
  for (const [at, line] of a.entries()) {
    if (line === b[next]) x[at] = y[next] ?? 0;
    else {
      const number = numberOf(line);
      x[at] = number;
      next = firstPlace[number] ?? next; // new lines have no place: go on in step
    }
    next += 1;
  }
  return [x, y, numbers.size];
}

/** For each line number the places where it stands in a text, as one packed list. */
function placesOf(text: Int32Array, from: number, to: number, size: number) {
  const starts = new Int32Array(size + 1);
  for (let at = from; at < to; at += 1) starts[(text[at] ?? 0) + 1] = (starts[(text[at] ?? 0) + 1] ?? 0) + 1;
  for (let line = 0; line < size; line += 1) starts[line + 1] = (starts[line + 1] ?? 0) + (starts[line] ?? 0);
  const next = starts.slice();
  const places = new Int32Array(to - from);
  for (let at = from; at < to; at += 1) {
    const line = text[at] ?? 0;
    const slot = next[line] ?? 0;
    places[slot] = at;
    next[line] = slot + 1;
  }
  return { starts, places };
}

/** A heap of runs: longest first, then earliest in the old text, then in the new one. */
class RunHeap {
  readonly #runs: MatchBlock[] = [];

  static #before(x: MatchBlock, y: MatchBlock): boolean {
    return x.length !== y.length ? x.length > y.length : x.a !== y.a ? x.a < y.a : x.b < y.b;
  }

  push(run: MatchBlock): void {
    const runs = this.#runs;
    let at = runs.length;
    runs.push(run);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = runs[up];
      if (parent === undefined || !RunHeap.#before(run, parent)) break;
      runs[at] = parent;
      at = up;
    }
    runs[at] = run;
  }

  pop(): MatchBlock | undefined {
    const runs = this.#runs;
    const top = runs[0];
    const last = runs.pop();
    if (top === undefined || last === undefined || runs.length === 0) return top;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      const left = runs[down];
      const right = runs[down + 1];
      if (left === undefined) break;
      let child = left;
      if (right !== undefined && RunHeap.#before(right, left)) {
        child = right;
        down += 1;
      }
      if (!RunHeap.#before(child, last)) break;
      runs[at] = child;
      at = down;
    }
    runs[at] = last;
    return top;
  }
}

/** Blocks accepted so far, in order; new ones go between two neighbours. */
class AcceptedBlocks {
  readonly blocks: MatchBlock[] = [];

  /** Index of the first block that ends behind line `a` of the old text. */
  after(a: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = this.blocks[middle];
      if (block !== undefined && block.a + block.length <= a) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Region {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** How many pairs of equal lines are looked at, for each line of the texts: keeps texts of few different lines linear. */
const PAIRS_PER_LINE = 16;
const SMALL_PAIRS = 500_000;

/** How frequent a line may be so that all pairs together stay within the budget; infinite if all of them do. */
function popularityLimit(x: Int32Array, region: Region, starts: Int32Array): number {
  const { aFrom, aTo, bFrom, bTo } = region;
  const budget = Math.max(SMALL_PAIRS, PAIRS_PER_LINE * (aTo - aFrom + bTo - bFrom));
  const pairsByCount = new Map<number, number>();
  for (let a = aFrom; a < aTo; a += 1) {
    const line = x[a] ?? 0;
    const count = (starts[line + 1] ?? 0) - (starts[line] ?? 0);
    if (count > 0) pairsByCount.set(count, (pairsByCount.get(count) ?? 0) + count);
  }
  let limit = 0;
  let pairs = 0;
  for (const [count, more] of [...pairsByCount].sort((left, right) => left[0] - right[0])) {
    pairs += more;
    if (pairs > budget) return limit;
    limit = count;
  }
  return Number.POSITIVE_INFINITY;
}

/** Finds the matching blocks of two numbered texts, in order; each as long as its neighbours let it be. */
function matchByRuns(x: Int32Array, y: Int32Array, size: number): readonly MatchBlock[] {
  const region: Region = { aFrom: 0, aTo: x.length, bFrom: 0, bTo: y.length };
  const { aFrom, aTo, bFrom, bTo } = region;
  const { starts, places } = placesOf(y, bFrom, bTo, size);
  const limit = popularityLimit(x, region, starts);
  if (limit < Number.POSITIVE_INFINITY) {
    // So few different lines that runs say little: a shortest edit is better, if the texts are alike at all.
    const blocks = matchByShortestEdit(x, y);
    if (blocks !== undefined) return blocks;
  }
  const isAnchor = (line: number) => {
    const count = (starts[line + 1] ?? 0) - (starts[line] ?? 0);
    return count > 0 && count <= limit;
  };
  const heap = new RunHeap();
  for (let a = aFrom; a < aTo; a += 1) {
    const line = x[a] ?? 0;
    if (!isAnchor(line)) continue;
    const end = starts[line + 1] ?? 0;
    for (let slot = starts[line] ?? 0; slot < end; slot += 1) {
      const b = places[slot] ?? 0;
      if (a > aFrom && b > bFrom && x[a - 1] === y[b - 1] && isAnchor(x[a - 1] ?? 0)) continue; // not a start
      let length = 1;
      while (a + length < aTo && b + length < bTo && x[a + length] === y[b + length]) {
        if (!isAnchor(x[a + length] ?? 0)) break;
        length += 1;
      }
      heap.push({ a, b, length });
    }
  }
  const accepted = new AcceptedBlocks();
  for (let run = heap.pop(); run !== undefined; run = heap.pop())
    acceptRun(x, y, region, accepted, run, (piece) => heap.push(piece));
  return accepted.blocks;
}

/** Takes a run that still fits between its neighbours; one that was cut since is put back as what is left of it. */
function acceptRun(
  x: Int32Array,
  y: Int32Array,
  region: Region,
  accepted: AcceptedBlocks,
  run: MatchBlock,
  putBack: (run: MatchBlock) => void,
): void {
  const { blocks } = accepted;
  const index = accepted.after(run.a);
  const before = blocks[index - 1];
  const after = blocks[index];
  const aFrom = before === undefined ? region.aFrom : before.a + before.length;
  const bFrom = before === undefined ? region.bFrom : before.b + before.length;
  const aTo = after?.a ?? region.aTo;
  const bTo = after?.b ?? region.bTo;
  const skip = Math.max(0, aFrom - run.a, bFrom - run.b);
  const length = Math.min(run.length - skip, aTo - run.a - skip, bTo - run.b - skip);
  if (length < run.length) {
    const done = Math.max(
      skip + Math.max(0, length),
      after === undefined ? 0 : after.a + after.length - run.a,
    );
    if (length > 0) putBack({ a: run.a + skip, b: run.b + skip, length });
    if (after !== undefined && done < run.length && done > 0)
      putBack({ a: run.a + done, b: run.b + done, length: run.length - done });
    return;
  }
  let { a, b } = run;
  let end = a + run.length;
  while (a > aFrom && b > bFrom && x[a - 1] === y[b - 1]) {
    a -= 1;
    b -= 1;
  }
  const shift = b - a;
  while (end < aTo && end + shift < bTo && x[end] === y[end + shift]) end += 1;
  blocks.splice(index, 0, { a, b, length: end - a });
}

/**
 * The blocks of equal lines of two texts, in order and not overlapping. Takes the longest run that both have, then
 * works on what lies before and behind it, like Python's difflib; but without its blindness for frequent lines in
 * ordinary texts, and without its quadratic time in long ones.
 */
export function matchLines(a: readonly string[], b: readonly string[]): MatchBlock[] {
  const [x, y, size] = numberLines(a, b);
  return joinBlocks(fillGaps(x, y, matchByRuns(x, y, size), size));
}

/** Matches what remains between the blocks: only lines too frequent to be anchors of the whole text. */
function fillGaps(
  x: Int32Array,
  y: Int32Array,
  blocks: readonly MatchBlock[],
  size: number,
): readonly MatchBlock[] {
  const inGap = new Int32Array(size);
  const filled: MatchBlock[] = [];
  let aFrom = 0;
  let bFrom = 0;
  for (const [index, block] of [...blocks, { a: x.length, b: y.length, length: 0 }].entries()) {
    const old = x.subarray(aFrom, block.a);
    const now = y.subarray(bFrom, block.b);
    for (const line of old) inGap[line] = index + 1;
    if (now.some((line) => inGap[line] === index + 1)) {
      const inner = matchByShortestEdit(old, now) ?? matchEnds(old, now);
      for (const { a, b, length } of inner) filled.push({ a: a + aFrom, b: b + bFrom, length });
    }
    if (block.length > 0) filled.push(block);
    aFrom = block.a + block.length;
    bFrom = block.b + block.length;
  }
  return filled;
}

/** The last resort for stretches that have almost nothing in common: equal lines at both ends. */
function matchEnds(x: Int32Array, y: Int32Array): MatchBlock[] {
  const shorter = Math.min(x.length, y.length);
  let head = 0;
  while (head < shorter && x[head] === y[head]) head += 1;
  let tail = 0;
  while (head + tail < shorter && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail += 1;
  return [
    { a: 0, b: 0, length: head },
    { a: x.length - tail, b: y.length - tail, length: tail },
  ].filter((block) => block.length > 0);
}

function joinBlocks(blocks: readonly MatchBlock[]): MatchBlock[] {
  const joined: MatchBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && last.a + last.length === block.a && last.b + last.length === block.b)
      joined[joined.length - 1] = { ...last, length: last.length + block.length };
    else joined.push(block);
  }
  return joined;
}
