// Near-duplicates: a small fingerprint of an entry's terms that says how alike two entries are.

const HASHES = 32;

/** MinHash of a set of terms, 128 bytes. The empty set has a fingerprint of its own. */
export function sketchOf(terms: Iterable<string>): Uint8Array {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (const term of terms) {
    let hash = fnv(term);
    for (let n = 0; n < HASHES; n += 1) {
      hash = mix(hash + 0x9e3779b9);
      if (hash < (least[n] ?? 0)) least[n] = hash;
    }
  }
  return new Uint8Array(least.buffer);
}

/** Estimated share of terms that two entries have in common, 0..1. */
export function likeness(first: Uint8Array, second: Uint8Array): number {
  if (first.length !== HASHES * 4 || second.length !== HASHES * 4) return 0;
  const a = new DataView(first.buffer, first.byteOffset, first.length);
  const b = new DataView(second.buffer, second.byteOffset, second.length);
  let same = 0;
  for (let at = 0; at < HASHES * 4; at += 4) if (a.getUint32(at, true) === b.getUint32(at, true)) same += 1;
  return same / HASHES;
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
