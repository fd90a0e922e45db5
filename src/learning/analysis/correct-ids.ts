// Puts right skill ids that a model misspelt, where it is clear which one was meant.
/** Largest distance, and the one that counts when many ids look alike. */
const FAR = 3;
const NEAR = 1;
const MANY = 20;

/** Each id, or the one known id that it is a misspelling of. What can't be decided stays as it is. */
export function correctIds(ids: readonly string[], known: ReadonlySet<string>): string[] {
  return ids.map((id) => (known.has(id) ? id : (findMeant(id, known) ?? id)));
}

function findMeant(id: string, known: ReadonlySet<string>): string | undefined {
  const [name, rest] = split(id);
  if (rest === undefined || name === '') return undefined;
  const alike = [...known]
    .map((each) => [each, ...split(each)] as const)
    .filter(([, other]) => other === name);
  const limit = alike.length > MANY ? NEAR : FAR;
  let best: { id: string; distance: number; tie: boolean } | undefined;
  for (const [candidate, , other = ''] of alike) {
    // Another version is another text: only its random part can be misspelt.
    if (versionMark(rest) !== versionMark(other) && versionMark(rest) !== undefined) continue;
    if (Math.abs(rest.length - other.length) > limit) continue;
    const distance = distanceBetween(rest, other);
    if (distance > limit) continue;
    if (best === undefined || distance < best.distance) best = { id: candidate, distance, tie: false };
    else if (distance === best.distance) best = { ...best, tie: true };
  }
  return best === undefined || best.tie ? undefined : best.id;
}

function split(id: string): [string, string | undefined] {
  const at = id.indexOf('__');
  return at === -1 ? [id, undefined] : [id.slice(0, at), id.slice(at + 2)];
}

/** `v2` or `imp`, if the id has that form. */
const versionMark = (rest: string) => /^(v\d+|imp)_/.exec(rest)?.[1];

/** Levenshtein's distance: two letters in the wrong order count twice, unlike in `editDistance`. */
function distanceBetween(first: string, second: string): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (let i = 1; i <= first.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= second.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (first[i - 1] === second[j - 1] ? 0 : 1);
      next.push(Math.min(change, (next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[second.length] ?? 0;
}
