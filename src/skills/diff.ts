// Unified diffs of texts and of whole skills.
import { type MatchBlock, matchLines } from './line-match.ts';
import type { SkillFiles } from './skill.ts';
import { decodeText } from './skill-text.ts';

export { type MatchBlock, matchLines } from './line-match.ts';

/** Lines of a text, each with its line feed; the last one may lack it. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    lines.push(text.slice(start, end + 1));
    start = end + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Old lines [a, aEnd) were replaced by new lines [b, bEnd). */
interface Change {
  readonly a: number;
  readonly aEnd: number;
  readonly b: number;
  readonly bEnd: number;
}

function changesBetween(blocks: readonly MatchBlock[], aLength: number, bLength: number): Change[] {
  const changes: Change[] = [];
  let a = 0;
  let b = 0;
  for (const block of [...blocks, { a: aLength, b: bLength, length: 0 }]) {
    if (block.a > a || block.b > b) changes.push({ a, aEnd: block.a, b, bEnd: block.b });
    a = block.a + block.length;
    b = block.b + block.length;
  }
  return changes;
}

/** Changes that share context lines, together. */
function groupChanges(changes: readonly Change[], context: number): Change[][] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && change.a - last.aEnd <= context * 2) group.push(change);
    else groups.push([change]);
  }
  return groups;
}

function rangeHeader(start: number, length: number): string {
  if (length === 1) return `${start + 1}`;
  return `${length === 0 ? start : start + 1},${length}`;
}

/** The hunks (`@@ …`) of a unified diff; empty for equal texts. */
export function diffText(before: string, after: string, contextLines = 3): string {
  if (before === after) return '';
  const a = splitLines(before);
  const b = splitLines(after);
  const output: string[] = [];
  const emit = (mark: string, lines: readonly string[], from: number, to: number) => {
    for (let at = from; at < to; at += 1) {
      const line = lines[at] ?? '';
      output.push(line.endsWith('\n') ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`);
    }
  };
  const changes = changesBetween(matchLines(a, b), a.length, b.length);
  for (const group of groupChanges(changes, contextLines)) {
    const first = group[0];
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    const lead = Math.min(contextLines, first.a, first.b);
    const trail = Math.min(contextLines, a.length - last.aEnd, b.length - last.bEnd);
    const aRange = rangeHeader(first.a - lead, last.aEnd + trail - first.a + lead);
    const bRange = rangeHeader(first.b - lead, last.bEnd + trail - first.b + lead);
    output.push(`@@ -${aRange} +${bRange} @@\n`);
    let at = first.a - lead;
    for (const change of group) {
      emit(' ', a, at, change.a);
      emit('-', a, change.a, change.aEnd);
      emit('+', b, change.b, change.bEnd);
      at = change.aEnd;
    }
    emit(' ', a, at, last.aEnd + trail);
  }
  return output.join('');
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Orders paths by code points, so that the order is the same in every language. */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Unified diff of two skills, files in the order of their paths, parts apart by an empty line.
 * A file that one side lacks counts as empty there; binary files are named only.
 */
export function diffFiles(
  before: SkillFiles,
  after: SkillFiles,
  options: { contextLines?: number } = {},
): string {
  const parts: string[] = [];
  const empty = new Uint8Array();
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths)) {
    const old = before.get(path) ?? empty;
    const now = after.get(path) ?? empty;
    if (sameBytes(old, now)) continue;
    const oldText = decodeText(old);
    const newText = decodeText(now);
    parts.push(
      oldText === undefined || newText === undefined
        ? `Binary files a/${path} and b/${path} differ\n`
        : `--- a/${path}\n+++ b/${path}\n${diffText(oldText, newText, options.contextLines)}`,
    );
  }
  return parts.join('\n');
}
