// Folds versions of one lineage and near-duplicates into the best of them.
import { likeness } from './sketch.ts';

export interface Foldable {
  readonly lineageKey: string;
  readonly filesHash: string;
  readonly sketch: Uint8Array;
}

/** Entries with at least this share of common terms say the same. */
const NEAR_DUPLICATE = 0.8;

/** Walks ranked entries, best first; stops when `limit` groups are found and returns each with those folded into it. */
export function collapse<T extends Foldable>(
  ranked: readonly T[],
  limit: number,
): { readonly best: T; readonly folded: readonly T[] }[] {
  const groups: { best: T; folded: T[] }[] = [];
  for (const entry of ranked) {
    const home = groups.find(
      ({ best, folded }) => isSame(best, entry) || folded.some((other) => isKin(other, entry)),
    );
    if (home !== undefined) home.folded.push(entry);
    else if (groups.length < limit) groups.push({ best: entry, folded: [] });
  }
  return groups;
}

function isSame(first: Foldable, second: Foldable): boolean {
  return isKin(first, second) || likeness(first.sketch, second.sketch) >= NEAR_DUPLICATE;
}

function isKin(first: Foldable, second: Foldable): boolean {
  return first.lineageKey === second.lineageKey || first.filesHash === second.filesHash;
}
