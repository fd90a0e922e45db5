// The lines of a text that look most like a line that was not found: what an error shows to whoever wrote it.
import { trimText } from '../skill-text.ts';

const SHOWN = 3;
const MIN_LIKENESS = 0.5;

function pairsOf(text: string): Set<number> {
  const pairs = new Set<number>();
  for (let at = 0; at + 1 < text.length; at += 1)
    pairs.add(text.charCodeAt(at) * 65_536 + text.charCodeAt(at + 1));
  return pairs;
}

/** `\n  line 7: …` for each of the nearest lines, best first; empty if none is near. Linear in the text. */
export function describeNearest(text: string, wanted: string): string {
  const target = trimText(wanted);
  const pairs = pairsOf(target);
  if (pairs.size === 0) return '';
  const near: { line: number; text: string; likeness: number }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const candidate = trimText(line);
    if (candidate.length > target.length * 3 || candidate.length * 3 < target.length) continue;
    let shared = 0;
    for (let at = 0; at + 1 < candidate.length; at += 1)
      if (pairs.has(candidate.charCodeAt(at) * 65_536 + candidate.charCodeAt(at + 1))) shared += 1;
    const likeness = (2 * shared) / (candidate.length - 1 + pairs.size);
    if (likeness >= MIN_LIKENESS) near.push({ line: index + 1, text: candidate, likeness });
  }
  const best = near.toSorted((a, b) => b.likeness - a.likeness).slice(0, SHOWN);
  return best.length === 0
    ? ''
    : `\nNearest lines:${best.map((hit) => `\n  line ${hit.line}: ${hit.text.slice(0, 160)}`).join('')}`;
}
