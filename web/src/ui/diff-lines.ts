// Unified diffs read into files, hunks and rows; bears with diffs that were shortened or written by others.
import { diffWordsWithSpace } from 'diff';

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'note';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
}

export interface DiffHunk {
  readonly header: string;
  readonly lines: readonly DiffLine[];
}

export interface DiffFile {
  /** Unlike that of any other file of the diff. */
  readonly key: string;
  readonly path: string;
  /** Path before, where that is another. */
  readonly from: string | null;
  readonly hunks: readonly DiffHunk[];
  readonly added: number;
  readonly removed: number;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Never fails: what is no diff becomes notes of a file without a path. */
export function parseDiff(text: string): DiffFile[] {
  const reader = new DiffReader();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) reader.take(line);
  return reader.files();
}

class DiffReader {
  readonly #files: { path: string; from: string | null; hunks: { header: string; lines: DiffLine[] }[] }[] =
    [];
  #before = 0;
  #after = 0;
  /** Lines that the hunk's header still promises; what looks like a header within them is text. */
  #beforeLeft = 0;
  #afterLeft = 0;

  take(line: string): void {
    if (this.#beforeLeft > 0 || this.#afterLeft > 0) {
      if (this.#takeText(line)) return;
      this.#beforeLeft = 0;
      this.#afterLeft = 0;
    }
    const hunk = HUNK.exec(line);
    if (hunk) this.#startHunk(line, hunk);
    else if (line.startsWith('--- ')) this.#startFile(pathOf(line));
    else if (line.startsWith('+++ ')) this.#namedAfter(pathOf(line));
    else if (
      !/^(diff --git|index |Index: |={20,}|similarity |old mode|new mode|new file|deleted file|\\ )/.test(
        line,
      )
    )
      this.#addNote(line);
  }

  files(): DiffFile[] {
    return this.#files.map((file, at) => {
      const lines = file.hunks.flatMap((hunk) => hunk.lines);
      return {
        ...file,
        key: `${at} ${file.path}`,
        added: lines.filter((line) => line.kind === 'added').length,
        removed: lines.filter((line) => line.kind === 'removed').length,
      };
    });
  }

  #takeText(line: string): boolean {
    const text = line.slice(1);
    const mark = line === '' ? ' ' : line[0];
    if (mark === '\\') return true;
    if (mark === '+') {
      this.#push({ kind: 'added', text, before: null, after: this.#after++ });
      this.#afterLeft -= 1;
    } else if (mark === '-') {
      this.#push({ kind: 'removed', text, before: this.#before++, after: null });
      this.#beforeLeft -= 1;
    } else if (mark === ' ') {
      this.#push({ kind: 'same', text, before: this.#before++, after: this.#after++ });
      this.#beforeLeft -= 1;
      this.#afterLeft -= 1;
    } else return false;
    return true;
  }

  #startHunk(header: string, [, before, beforeCount, after, afterCount]: RegExpExecArray): void {
    this.#before = Number(before);
    this.#after = Number(after);
    this.#beforeLeft = Number(beforeCount ?? 1);
    this.#afterLeft = Number(afterCount ?? 1);
    this.#file().hunks.push({ header, lines: [] });
  }

  #startFile(path: string | null): void {
    this.#files.push({ path: path ?? '', from: path, hunks: [] });
  }

  #namedAfter(path: string | null): void {
    const file = this.#file();
    if (path !== null) file.path = path;
    if (file.from === file.path) file.from = null;
  }

  #addNote(text: string): void {
    if (text.trim() !== '') this.#push({ kind: 'note', text, before: null, after: null });
  }

  #push(line: DiffLine): void {
    const file = this.#file();
    const hunk = file.hunks.at(-1);
    if (hunk) hunk.lines.push(line);
    else file.hunks.push({ header: '', lines: [line] });
  }

  #file() {
    const last = this.#files.at(-1);
    if (last) return last;
    const first = { path: '', from: null, hunks: [] };
    this.#files.push(first);
    return first;
  }
}

/** The path of a `---` or `+++` line; null for none (`/dev/null`). */
function pathOf(line: string): string | null {
  const path = line.slice(4).split('\t')[0]?.trim() ?? '';
  if (path === '/dev/null') return null;
  return path.replace(/^[ab]\//, '');
}

/** A row of the side-by-side view. */
export interface DiffRow {
  readonly before: DiffLine | null;
  readonly after: DiffLine | null;
}

/** Removed lines stand beside the added ones that took their place. */
export function sideBySide(lines: readonly DiffLine[]): DiffRow[] {
  const rows: DiffRow[] = [];
  for (let at = 0; at < lines.length; ) {
    const removed = runOf(lines, at, 'removed');
    const added = runOf(lines, at + removed.length, 'added');
    if (removed.length + added.length === 0) {
      const line = lines[at];
      if (line) rows.push({ before: line, after: line });
      at += 1;
      continue;
    }
    for (let row = 0; row < Math.max(removed.length, added.length); row += 1)
      rows.push({ before: removed[row] ?? null, after: added[row] ?? null });
    at += removed.length + added.length;
  }
  return rows;
}

/** The lines of the unified view, each with the line on the other side that it is compared with. */
export function inOneColumn(
  rows: readonly DiffRow[],
): { readonly line: DiffLine; readonly other: DiffLine | null }[] {
  const lines: { line: DiffLine; other: DiffLine | null }[] = [];
  const later: { line: DiffLine; other: DiffLine | null }[] = [];
  for (const { before, after } of rows) {
    if (before !== null && before === after) {
      lines.push(...later.splice(0), { line: before, other: null });
      continue;
    }
    if (before) lines.push({ line: before, other: after });
    if (after) later.push({ line: after, other: before });
  }
  return [...lines, ...later];
}

function runOf(lines: readonly DiffLine[], from: number, kind: DiffLine['kind']): DiffLine[] {
  const run: DiffLine[] = [];
  for (let at = from; lines[at]?.kind === kind; at += 1) {
    const line = lines[at];
    if (line) run.push(line);
  }
  return run;
}

export interface Word {
  /** Where it starts in the line. */
  readonly start: number;
  readonly text: string;
  readonly changed: boolean;
}

/** Longer lines are shown as changed whole: comparing them by words costs more than it tells. */
const MOST_CHARACTERS = 2_000;

/** The words of a changed line, with those marked that are not in the other; null if the lines have little in common. */
export function changedWords(line: string, other: string, side: 'added' | 'removed'): Word[] | null {
  if (line.length > MOST_CHARACTERS || other.length > MOST_CHARACTERS) return null;
  const [before, after] = side === 'removed' ? [line, other] : [other, line];
  const words: Word[] = [];
  let start = 0;
  let kept = 0;
  for (const part of diffWordsWithSpace(before, after)) {
    if (side === 'removed' ? part.added : part.removed) continue;
    const changed = part.added || part.removed;
    words.push({ start, text: part.value, changed });
    start += part.value.length;
    if (!changed) kept += part.value.trim().length;
  }
  return kept * 3 < line.trim().length ? null : words;
}
