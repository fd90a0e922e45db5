// The difference between two texts as one replaced stretch, and taking it back from a text that may have changed since.

/** `removed` stood at `offset` (in UTF-16 units) before, `inserted` stands there now. */
export interface Splice {
  readonly offset: number;
  readonly removed: string;
  readonly inserted: string;
}

/** The shortest single stretch in which the texts differ. */
export function spliceBetween(before: string, after: string): Splice {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return {
    offset: start,
    removed: before.slice(start, before.length - end),
    inserted: after.slice(start, after.length - end),
  };
}

/** Texts with the splice taken back, likeliest first: where it was made, else the one place that looks like it. */
export function undoneTexts(text: string, { offset, removed, inserted }: Splice): readonly string[] {
  const at = (place: number) => text.slice(0, place) + removed + text.slice(place + inserted.length);
  if (text.startsWith(inserted, offset)) return [at(offset)];
  const found = inserted === '' ? -1 : text.indexOf(inserted);
  return found < 0 || text.indexOf(inserted, found + 1) >= 0 ? [] : [at(found)];
}
