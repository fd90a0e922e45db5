// Explains to a model why its text was not found: the lines that come nearest to it.
import { editDistance } from '../../lib/index.ts';

/** Bounds of the search; an explanation is not worth more. */
const MAX_FILE_LINES = 20_000;
const MAX_WANTED_LINES = 60;
const MAX_SHOWN_CHARACTERS = 1_500;

/** The number of the line, from 1, at a character position. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Why `wanted` is not in `text`, with the nearest lines as they are in the file. */
export function describeMiss(text: string, wanted: string): string {
  const miss = 'old_string was not found.';
  const fileLines = text.split('\n', MAX_FILE_LINES).map(trimEnd);
  const wantedLines = wanted.split('\n').map(trimEnd);
  while (wantedLines.length > 1 && wantedLines.at(-1)?.trim() === '') wantedLines.pop();
  while (wantedLines.length > 1 && wantedLines[0]?.trim() === '') wantedLines.shift();
  const height = Math.min(wantedLines.length, MAX_WANTED_LINES);
  const best =
    findEqualLines(fileLines, wantedLines.slice(0, height)) ?? findSimilarLine(fileLines, wantedLines);
  if (best === undefined) return `${miss} No line of the file is like it; read the file again.`;
  const near = fileLines.slice(best.line - 1, best.line - 1 + height);
  const last = best.line + near.length - 1;
  const place = near.length === 1 ? `Line ${best.line} is` : `Lines ${best.line}-${last} are`;
  const nonBlank = wantedLines.filter((line) => line.trim() !== '').length;
  const why = best.equal > 0 && best.equal === nonBlank ? 'It differs only in spaces or indentation. ' : '';
  const shown = near.join('\n').slice(0, MAX_SHOWN_CHARACTERS);
  return `${miss} ${why}${place} nearest:\n${shown}`;
}

const trimEnd = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

interface Place {
  /** From 1. */
  readonly line: number;
  /** Lines that agree but for surrounding spaces. */
  readonly equal: number;
}

/** The place where most lines agree. */
function findEqualLines(fileLines: readonly string[], wantedLines: readonly string[]): Place | undefined {
  const positions = new Map<string, number[]>();
  for (const [index, line] of wantedLines.entries()) {
    const key = squeeze(line);
    if (key !== '') positions.set(key, [...(positions.get(key) ?? []), index]);
  }
  // Each equal line votes for the place where the whole text would begin.
  const votes = new Map<number, number>();
  for (const [index, line] of fileLines.entries()) {
    for (const position of positions.get(squeeze(line)) ?? []) {
      const begin = Math.max(0, index - position);
      votes.set(begin, (votes.get(begin) ?? 0) + 1);
    }
  }
  let best: Place | undefined;
  for (const [begin, equal] of votes) if (equal > (best?.equal ?? 0)) best = { line: begin + 1, equal };
  return best;
}

const squeeze = (line: string) => line.replace(/\s+/g, ' ').trim();

/** The line most like the first one that is wanted. */
function findSimilarLine(fileLines: readonly string[], wantedLines: readonly string[]): Place | undefined {
  const wanted = squeeze(wantedLines.find((line) => line.trim() !== '') ?? '').slice(0, 64);
  if (wanted.length < 4) return undefined;
  let best: { line: number; distance: number } | undefined;
  for (const [index, line] of fileLines.slice(0, 5_000).entries()) {
    const candidate = squeeze(line);
    if (candidate === '') continue;
    if (candidate.includes(wanted)) return { line: index + 1, equal: 0 };
    const distance = editDistance(candidate, wanted, best?.distance ?? wanted.length / 2);
    if (distance < (best?.distance ?? wanted.length / 2)) best = { line: index + 1, distance };
  }
  return best === undefined ? undefined : { line: best.line, equal: 0 };
}
