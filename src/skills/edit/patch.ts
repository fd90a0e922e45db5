// Reading edits in the PATCH format: `*** Begin Patch`, files to add, delete, update or move, hunks of lines.
import { trimText } from '../skill-text.ts';
import { EditError } from './paths.ts';

export interface HunkLine {
  /** Context, taken away, or put in. */
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

export interface Hunk {
  /** A whole line above the change, after `@@`. */
  readonly anchor: string | undefined;
  /** From a header like `@@ -12,3 +12,4 @@`: the old line, from 1, where the change is. */
  readonly lineHint: number | undefined;
  readonly lines: readonly HunkLine[];
  /** `*** End of File`: the change is at the end. */
  readonly isAtEnd: boolean;
}

export type PatchOperation =
  | { readonly type: 'add'; readonly path: string; readonly content: string }
  | { readonly type: 'delete'; readonly path: string }
  | {
      readonly type: 'update';
      readonly path: string;
      readonly moveTo: string | undefined;
      readonly hunks: readonly Hunk[];
    };

const HEADER = /^\*\*\*\s*(Add|Delete|Update) File:\s*(.+)$/;
const MOVE = /^\*\*\*\s*Move to:\s*(.+)$/;
const END_OF_FILE = /^\*\*\* End of File\s*$/;
const NO_NEWLINE = /^\\ No newline/;
const LINE_NUMBERS = /^-(\d+)(?:,\d+)?\s+\+\d+(?:,\d+)?\s*@@/;

/** A cursor over the lines of one patch. */
interface Reader {
  readonly lines: readonly string[];
  at: number;
}

/** The lines between each `*** Begin Patch` and its `*** End Patch`, all blocks in a row. */
function patchLines(text: string): string[] {
  const inside: string[] = [];
  let isOpen = false;
  let blocks = 0;
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const word = trimText(line);
    if (word === '*** Begin Patch') isOpen = true;
    else if (word === '*** End Patch' && isOpen) {
      isOpen = false;
      blocks += 1;
    } else if (isOpen) inside.push(line);
  }
  if (blocks === 0 || isOpen)
    throw new EditError('The patch must stand between the lines *** Begin Patch and *** End Patch.');
  return inside;
}

const startsOperation = (line: string) => HEADER.test(line) || MOVE.test(line);

function readAdd(reader: Reader, path: string): PatchOperation {
  const content: string[] = [];
  for (; reader.at < reader.lines.length; reader.at += 1) {
    const line = reader.lines[reader.at] ?? '';
    if (startsOperation(line) || END_OF_FILE.test(line)) break;
    content.push(line.startsWith('+') ? line.slice(1) : line); // models forget the plus
  }
  return { type: 'add', path, content: content.join('\n').replace(/\n+$/, '') };
}

/** Empty lines that a model put between hunks: no context of the file. */
function withoutTrailingGap(lines: HunkLine[], gap: number): HunkLine[] {
  return gap > 0 ? lines.slice(0, lines.length - gap) : lines;
}

function readHunk(reader: Reader, header: string | undefined): Hunk {
  const lines: HunkLine[] = [];
  let gap = 0;
  let isAtEnd = false;
  for (; reader.at < reader.lines.length; reader.at += 1) {
    const line = reader.lines[reader.at] ?? '';
    if (line.startsWith('@@') || startsOperation(line)) break;
    if (END_OF_FILE.test(line)) {
      isAtEnd = true;
      reader.at += 1;
      break;
    }
    if (line.startsWith('***')) throw new EditError(`Not a line of a patch: ${line}`);
    if (NO_NEWLINE.test(line)) continue;
    const mark = line[0];
    if (mark === '-' || mark === '+' || mark === ' ') lines.push({ mark, text: line.slice(1) });
    else lines.push({ mark: ' ', text: line }); // models forget the blank in front of context, and of empty lines
    gap = line === '' ? gap + 1 : 0;
  }
  const place = trimText(header?.slice(2) ?? '');
  const numbers = LINE_NUMBERS.exec(place);
  const anchor = numbers === null ? place.replace(/\s*@@$/, '') : '';
  return {
    anchor: anchor === '' ? undefined : anchor,
    lineHint: numbers === null ? undefined : Number(numbers[1]),
    lines: withoutTrailingGap(lines, gap),
    isAtEnd,
  };
}

function readUpdate(reader: Reader, path: string): PatchOperation {
  let moveTo: string | undefined;
  const hunks: Hunk[] = [];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at] ?? '';
    const move = MOVE.exec(line);
    if (move !== null) {
      moveTo = trimText(move[1] ?? '');
      reader.at += 1;
    } else if (HEADER.test(line)) break;
    else if (line.startsWith('@@')) {
      reader.at += 1;
      hunks.push(readHunk(reader, line));
    } else if (line.trim() === '') reader.at += 1;
    else hunks.push(readHunk(reader, undefined));
  }
  return { type: 'update', path, moveTo, hunks };
}

/** The operations of a patch, in order. Several patch blocks count as one. Throws `EditError` with the reason. */
export function parsePatch(text: string): PatchOperation[] {
  const reader: Reader = { lines: patchLines(text), at: 0 };
  const operations: PatchOperation[] = [];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at] ?? '';
    const header = HEADER.exec(line);
    reader.at += 1;
    if (header === null) {
      if (/^[+@-]/.test(line)) throw new EditError(`This line of the patch belongs to no file: ${line}`);
      continue;
    }
    const path = trimText(header[2] ?? '');
    if (header[1] === 'Add') operations.push(readAdd(reader, path));
    else if (header[1] === 'Update') operations.push(readUpdate(reader, path));
    else operations.push({ type: 'delete', path });
  }
  if (operations.length === 0)
    throw new EditError('The patch names no file (*** Add File:, *** Update File:, *** Delete File:).');
  return operations;
}
