// Finds many words at once in the bytes of a file: one pass, one table step for each byte (Aho-Corasick).

/** A word that was found: its number in the list given to `createWordScanner`, and the offset of its last byte. */
export interface WordHit {
  readonly word: number;
  readonly end: number;
}

export interface WordScanner {
  /** All hits in order. `hasHighBytes` tells whether anything but ASCII is there. */
  scan(bytes: Uint8Array): { readonly hits: readonly WordHit[]; readonly hasHighBytes: boolean };
}

const SPACE = 0x20;

/** Letters lose their case; every kind of space counts as a blank, and a run of them as one. */
function foldByte(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20;
  return byte === 0x09 || byte === 0x0a || byte === 0x0b || byte === 0x0c || byte === 0x0d ? SPACE : byte;
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

/** Builds the scanner. Words are matched without regard to case; blanks in them match any run of white space. */
export function createWordScanner(words: readonly string[]): WordScanner {
  const encoded = words.map((word) => Uint8Array.from(new TextEncoder().encode(word), foldByte));
  const { classes, count } = classesOf(encoded);
  const size = encoded.reduce((sum, word) => sum + word.length, 1);
  const next = new Int32Array(size * count);
  const fail = new Int32Array(size);
  const found: number[][] = Array.from({ length: size }, () => []);
  let states = 1;
  for (const [index, word] of encoded.entries()) {
    let state = 0;
    for (const byte of word) {
      const slot = state * count + (classes[byte] ?? 0);
      if (next[slot] === 0) {
        next[slot] = states;
        states += 1;
      }
      state = next[slot] ?? 0;
    }
    found[state]?.push(index);
  }
  const queue: number[] = [];
  for (let c = 1; c < count; c += 1) if (next[c]) queue.push(next[c] ?? 0);
  for (const state of queue) {
    const back = fail[state] ?? 0;
    found[state]?.push(...(found[back] ?? []));
    for (let c = 1; c < count; c += 1) {
      const slot = state * count + c;
      const child = next[slot] ?? 0;
      const otherwise = next[back * count + c] ?? 0;
      if (child === 0) next[slot] = otherwise;
      else {
        fail[child] = otherwise;
        queue.push(child);
      }
    }
  }
  const isEnd = Uint8Array.from(found, (list) => (list.length > 0 ? 1 : 0));
  const spaceClass = classes[SPACE] ?? 0;

  return {
    scan(bytes) {
      const hits: WordHit[] = [];
      let state = 0;
      let high = 0;
      let last = 0;
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] ?? 0;
        high |= byte;
        const kind = classes[byte] ?? 0;
        if (kind === spaceClass && last === spaceClass && kind !== 0) continue;
        last = kind;
        state = next[state * count + kind] ?? 0;
        if (isEnd[state] === 1) for (const word of found[state] ?? []) hits.push({ word, end: at });
      }
      return { hits, hasHighBytes: high >= 0x80 };
    },
  };
}
