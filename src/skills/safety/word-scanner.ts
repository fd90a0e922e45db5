// Finds many words at once in the bytes of a file: one pass, one table step for each byte (Aho-Corasick).

/** A word that was found: its number in the list given to `createWordScanner`, and the offset of its last byte. */
export interface WordHit {
  readonly word: number;
  readonly end: number;
}

export interface WordScanner {
  /** All hits, in order of their ends. */
  scan(bytes: Uint8Array): readonly WordHit[];
}

const SPACE = 0x20;

/** Letters lose their case; every kind of space counts as a blank. */
function foldByte(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20;
  return byte >= 0x09 && byte <= 0x0d ? SPACE : byte;
}

/** A number for each byte that occurs in a word; 0 for all others. Keeps the table small. */
function classesOf(words: readonly Uint8Array[]): { classes: Uint8Array; count: number } {
  const classes = new Uint8Array(256);
  let count = 1;
  for (const word of words)
    for (const byte of word)
      if (classes[byte] === 0) {
        classes[byte] = count;
        count += 1;
      }
  for (let byte = 0; byte < 256; byte += 1) classes[byte] = classes[foldByte(byte)] ?? 0;
  return { classes, count };
}

/** The words as a tree of states, and which word ends in which state. */
function plantWords(words: readonly Uint8Array[], classes: Uint8Array, count: number) {
  const size = words.reduce((sum, word) => sum + word.length, 1);
  const next = new Int32Array(size * count);
  const endings = new Map<number, number[]>();
  let states = 1;
  for (const [index, word] of words.entries()) {
    let state = 0;
    for (const byte of word) {
      const slot = state * count + (classes[byte] ?? 0);
      if (next[slot] === 0) {
        next[slot] = states;
        states += 1;
      }
      state = next[slot] ?? 0;
    }
    endings.set(state, [...(endings.get(state) ?? []), index]);
  }
  return { next, endings, states };
}

/** Completes the tree: each state knows where to go on for every byte, as if all words were tried at every place. */
function connect(next: Int32Array, endings: Map<number, number[]>, count: number, space: number): void {
  const fail = new Map<number, number>();
  const queue: number[] = [];
  const afterSpace: number[] = [];
  for (let kind = 1; kind < count; kind += 1) if (next[kind]) queue.push(next[kind] ?? 0);
  for (const state of queue) {
    const back = fail.get(state) ?? 0;
    const inherited = endings.get(back);
    if (inherited !== undefined) endings.set(state, [...(endings.get(state) ?? []), ...inherited]);
    for (let kind = 1; kind < count; kind += 1) {
      const slot = state * count + kind;
      const child = next[slot] ?? 0;
      const otherwise = next[back * count + kind] ?? 0;
      if (child === 0) next[slot] = otherwise;
      else {
        fail.set(child, otherwise);
        queue.push(child);
        if (kind === space) afterSpace.push(child);
      }
    }
  }
  for (const state of afterSpace) next[state * count + space] = state; // a run of blanks is one blank
}

/**
 * Builds the scanner. Words are texts or bytes, matched without regard to case; a blank in a word matches any run of
 * white space.
 */
export function createWordScanner(words: readonly (string | Uint8Array)[]): WordScanner {
  const encoder = new TextEncoder();
  const encoded = words.map((word) =>
    Uint8Array.from(typeof word === 'string' ? encoder.encode(word) : word, foldByte),
  );
  const { classes, count } = classesOf(encoded);
  const { next, endings, states } = plantWords(encoded, classes, count);
  connect(next, endings, count, classes[SPACE] ?? 0);
  // A step is one look-up: rows start at `state * count`, and the lowest bit says that a word ends here.
  const table = new Int32Array(states * count);
  for (let slot = 0; slot < table.length; slot += 1) {
    const state = next[slot] ?? 0;
    table[slot] = state * count * 2 + (endings.has(state) ? 1 : 0);
  }

  return {
    scan(bytes) {
      const hits: WordHit[] = [];
      let step = 0;
      for (let at = 0; at < bytes.length; at += 1) {
        step = table[(step >> 1) + (classes[bytes[at] ?? 0] ?? 0)] ?? 0;
        if ((step & 1) === 1)
          for (const word of endings.get((step >> 1) / count) ?? []) hits.push({ word, end: at });
      }
      return hits;
    },
  };
}
