// The tool `edit_file`: exact replacements in a file, all or none.
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { OpenSpaceError, plural, writeFileAtomic } from '../../lib/index.ts';
import { defineTool, failure, formatSize, quotePath, success } from '../tool.ts';
import { type FileAccess, resolvePath, showPath } from './access.ts';
import { readForChange } from './change.ts';
import { encodeText } from './encoding.ts';
import { describeMiss, lineAt } from './nearest-lines.ts';
import { unifiedDiff } from './unified-diff.ts';

const edit = z.strictObject({
  old_string: z
    .string()
    .min(1)
    .describe('Text to replace, exactly as in the file, with enough lines around to be unique.'),
  new_string: z.string().describe('Text to put in its place.'),
  replace_all: z.boolean().default(false).describe('Replace every occurrence instead of the only one.'),
});
const parameters = z.strictObject({
  path: z.string().min(1).describe('File to change, relative to the workspace or absolute.'),
  edits: z
    .array(edit)
    .min(1)
    .max(100)
    .describe('Replacements, made one after another; all or none is written.'),
});
type Edit = z.output<typeof edit>;

/** Changes files in the workspace and the writable roots; encoding, line ends and permissions are kept. */
export function editTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'edit_file',
    description:
      'Replaces exact text in a file. Each old_string must occur exactly once unless replace_all is set. If one replacement is not possible, nothing is written.',
    source: 'files',
    readOnly: false,
    parameters,
    async run({ path, edits }, context) {
      const target = resolvePath(path, 'write', context.workspace, access);
      const shown = showPath(target, context.workspace);
      const source = await readForChange(target);
      if (source.kind === 'binary') throw new OpenSpaceError('invalid', `${quotePath(shown)} is not text.`);
      if (source.kind === 'too-large') {
        const size = formatSize(source.sizeBytes);
        throw new OpenSpaceError(
          'too-large',
          `${quotePath(shown)} is too large to edit (${size}); use run_shell.`,
        );
      }
      const applied = applyEdits(source.text, edits);
      if (!applied.ok) return failure(`${shown} was not changed. ${applied.reason}`);
      writeFileAtomic(target, encodeText(applied.text, source.form), { keepAttributes: true });
      const diff = await unifiedDiff(shown, source.text, applied.text);
      const lines = applied.lines.slice(0, 10).join(', ') + (applied.lines.length > 10 ? ', …' : '');
      return success(`Changed ${shown}: ${plural(applied.lines.length, 'replacement')} (line ${lines}).`, {
        path: shown,
        replacements: applied.lines.length,
        ...(diff === undefined ? {} : { diff }),
      });
    },
  });
}

export type Applied =
  | {
      readonly ok: true;
      readonly text: string /** Where each replacement begins, in the text as it was just before it. */;
      readonly lines: readonly number[];
    }
  | { readonly ok: false; readonly reason: string };

/** Makes the replacements one after another. A line feed in `old_string` also stands for CR LF; the file's line ends stay. */
export function applyEdits(text: string, edits: readonly Edit[]): Applied {
  const lines: number[] = [];
  let current = text;
  for (const [index, one] of edits.entries()) {
    const which = edits.length === 1 ? '' : `Edit ${index + 1} of ${edits.length}: `;
    if (one.old_string === one.new_string)
      return { ok: false, reason: `${which}old_string and new_string are the same.` };
    const found = findAll(current, one.old_string);
    const [first] = found;
    if (first === undefined) return { ok: false, reason: which + describeMiss(current, one.old_string) };
    if (found.length > 1 && !one.replace_all) {
      const places = found.slice(0, 8).map(({ start }) => lineAt(current, start));
      const more = found.length > places.length ? ', …' : '';
      const reason = `old_string occurs ${found.length} times (lines ${places.join(', ')}${more}). Add lines around it to make it unique, or set replace_all.`;
      return { ok: false, reason: which + reason };
    }
    lines.push(...found.map(({ start }) => lineAt(current, start)));
    current = replaceRanges(current, found, one.new_string);
  }
  return { ok: true, text: current, lines };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function findAll(text: string, wanted: string): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    found.push({ start: at, end: at + wanted.length });
  }
  if (found.length > 0 || !wanted.includes('\n') || !text.includes('\r\n')) return found;
  // Literal text with one optional character in it: no backtracking, whatever the model sends.
  const source = wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replace(/\r?\n/g, '\\r?\\n');
  return Array.from(text.matchAll(new RegExp(source, 'g')), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

function replaceRanges(text: string, ranges: readonly Range[], replacement: string): string {
  // New lines end as the file's lines do, unless the replacement says otherwise itself.
  const usesCrLf = text.includes('\r\n') && !/(?<!\r)\n/.test(text);
  const fitted = usesCrLf ? replacement.replace(/\r?\n/g, '\r\n') : replacement;
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of ranges) {
    const original = text.slice(start, end);
    pieces.push(text.slice(from, start));
    pieces.push(!usesCrLf && original.includes('\r\n') ? replacement.replace(/\r?\n/g, '\r\n') : fitted);
    from = end;
  }
  return pieces.join('') + text.slice(from);
}
