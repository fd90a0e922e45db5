// Three-way merge of a text: what the attempt and the user made of the same start. Pure.
import { diff3Merge } from 'node-diff3';

/** The merged text, or `undefined` if both changed the same lines differently. */
export function mergeTexts(start: string, attempt: string, user: string): string | undefined {
  if (attempt === user || start === attempt) return user;
  if (start === user) return attempt;
  const regions = diff3Merge(lines(attempt), lines(start), lines(user), { excludeFalseConflicts: true });
  const merged: string[] = [];
  for (const { ok } of regions) {
    if (ok === undefined) return undefined;
    merged.push(...ok);
  }
  return merged.join('');
}

/** Lines with their ends, so that joining gives the same bytes back. */
const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
