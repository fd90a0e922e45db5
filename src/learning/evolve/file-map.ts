// A skill's files in memory, and the tools that an author edits them with. Nothing reaches the disk.
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { isPlainRelativePath } from '../../lib/index.ts';
import {
  decodeText,
  diffFiles,
  encodeText,
  isSkillName,
  lintSkill,
  parseSkillMd,
  SIDECARS,
  SKILL_FILE,
  type SkillFiles,
  scanSkill,
} from '../../skills/index.ts';
import { defineTool, failure, success } from '../../tools/index.ts';
import type { AuthoredKind } from '../prompts.ts';

/** Characters of a file that the author is shown at once. */
export const SHOWN_LENGTH = 12_000;
const PAGE_LENGTH = 12_000;
/** A fix may change this share of a skill's lines, or this many. */
const FIX_SHARE = 0.6;
const FIX_LINES = 25;
const MAX_FILES = 40;
const MAX_BYTES = 200_000;

export type AuthorEnd =
  | { readonly kind: 'finished'; readonly summary: string }
  | { readonly kind: 'declined'; readonly reason: string };

export interface FileMapOptions {
  readonly kind: AuthoredKind;
  readonly files: SkillFiles;
  readonly isNameTaken: (name: string) => boolean;
  /** Called once, when the author is done. */
  readonly onEnd: (end: AuthorEnd) => void;
}

export interface FileMap {
  readonly files: SkillFiles;
  readonly tools: readonly Tool[];
  /** Replaces all files, for an edit that came as text. */
  replace(files: SkillFiles): void;
  /** What speaks against the files as they are; empty if nothing does. */
  objections(): readonly string[];
}

/** Lines added and removed between two states of a skill. */
export function countChangedLines(before: SkillFiles, after: SkillFiles): number {
  return diffFiles(before, after, { contextLines: 0 })
    .split('\n')
    .filter((line) => /^[+-](?!\+\+ |-- )/.test(line)).length;
}

const lineCount = (files: SkillFiles) =>
  [...files.values()].reduce((sum, bytes) => sum + (decodeText(bytes)?.split('\n').length ?? 0), 0);
const byteCount = (files: SkillFiles) => [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);

/** Opens a copy of the files for an author. */
export function openFileMap(options: FileMapOptions): FileMap {
  const state = new EditedFiles(options);
  return {
    get files() {
      return state.files;
    },
    tools: [...readingTools(state), ...editingTools(state), ...endingTools(state)],
    replace: (files) => {
      state.files = new Map(files);
    },
    objections: () => state.objections(),
  };
}

class EditedFiles {
  files: Map<string, Uint8Array>;
  readonly options: FileMapOptions;
  /** How far each file was read: what was not seen can't be written over. */
  readonly seen = new Map<string, number>();

  constructor(options: FileMapOptions) {
    this.options = options;
    this.files = new Map(options.files);
    for (const path of options.files.keys()) this.seen.set(path, SHOWN_LENGTH);
  }

  text(path: string): string | undefined {
    const bytes = this.files.get(path);
    return bytes === undefined ? undefined : decodeText(bytes);
  }

  isWhollySeen(path: string): boolean {
    return (this.seen.get(path) ?? Number.POSITIVE_INFINITY) >= (this.text(path)?.length ?? 0);
  }

  objections(): readonly string[] {
    const { kind, files: before, isNameTaken } = this.options;
    const text = this.text(SKILL_FILE);
    if (text === undefined) return [`${SKILL_FILE} is missing.`];
    const { name } = parseSkillMd(text);
    const found = [...lintSkill(this.files), ...scanSkill(this.files)]
      .filter(({ severity }) => severity === 'block')
      .map(
        ({ message, file, line }) =>
          `${message}${file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`}`,
      );
    if (name === undefined || !isSkillName(name))
      found.push('The front matter needs a name in lower case with hyphens.');
    else if (kind !== 'fix' && kind !== 'shrink' && isNameTaken(name))
      found.push(`There is a skill "${name}" already: choose a name that says what is different.`);
    if (countChangedLines(before, this.files) === 0) found.push('Nothing is changed.');
    if (this.files.size > MAX_FILES || byteCount(this.files) > MAX_BYTES)
      found.push(`It is too large: at most ${MAX_FILES} files and ${MAX_BYTES} bytes.`);
    return [...found, ...this.#tooMuch(before)];
  }

  #tooMuch(before: SkillFiles): readonly string[] {
    const { kind } = this.options;
    const changed = countChangedLines(before, this.files);
    if (kind === 'fix' && changed > FIX_LINES && changed > FIX_SHARE * lineCount(before))
      return [`${changed} lines are changed, most of the skill: make smaller edits, and keep what works.`];
    if (kind === 'shrink' && byteCount(this.files) >= byteCount(before))
      return ['It has not become shorter.'];
    return [];
  }
}

function readingTools(state: EditedFiles): readonly Tool[] {
  return [
    defineTool({
      name: 'read_file',
      description: 'Reads one of the skill’s files, a page at a time.',
      source: 'system',
      readOnly: true,
      parameters: z.object({ path: z.string(), offset: z.int().min(0).optional() }),
      async run({ path, offset = 0 }) {
        const text = state.text(path);
        if (text === undefined)
          return failure(`There is no text file ${path}. There are: ${[...state.files.keys()].join(', ')}`);
        const page = text.slice(offset, offset + PAGE_LENGTH);
        const end = offset + page.length;
        // Only pages that join on to what was seen count: a gap stays unseen.
        if (offset <= (state.seen.get(path) ?? 0))
          state.seen.set(path, Math.max(end, state.seen.get(path) ?? 0));
        return success(
          end < text.length ? `${page}\n[${text.length - end} more characters: offset ${end}]` : page,
        );
      },
    }),
    defineTool({
      name: 'search_files',
      description: 'Finds lines of the skill’s files that hold a text.',
      source: 'system',
      readOnly: true,
      parameters: z.object({ text: z.string().min(1) }),
      async run({ text }) {
        const hits = [...state.files.keys()].flatMap((path) =>
          (state.text(path) ?? '')
            .split('\n')
            .flatMap((line, index) =>
              line.toLowerCase().includes(text.toLowerCase())
                ? [`${path}:${index + 1}: ${line.slice(0, 300)}`]
                : [],
            ),
        );
        return success(hits.length === 0 ? 'No line holds that text.' : hits.slice(0, 50).join('\n'));
      },
    }),
  ];
}

function editingTools(state: EditedFiles): readonly Tool[] {
  return [
    defineTool({
      name: 'edit_file',
      description: 'Replaces one passage of a file. The old text must stand there exactly once.',
      source: 'system',
      readOnly: false,
      parameters: z.object({ path: z.string(), old_text: z.string().min(1), new_text: z.string() }),
      async run({ path, old_text: old, new_text: now }) {
        const text = state.text(path);
        if (text === undefined) return failure(`There is no text file ${path}.`);
        const count = text.split(old).length - 1;
        if (count !== 1)
          return failure(
            count === 0
              ? `The old text is not in ${path}. Copy it exactly, with its white space.`
              : `The old text stands ${count} times in ${path}: take more lines around it.`,
          );
        state.files.set(path, encodeText(text.replace(old, () => now)));
        return success(`Changed ${path}.`);
      },
    }),
    defineTool({
      name: 'write_file',
      description: 'Writes a whole file: a new one, or in place of one that you have read to its end.',
      source: 'system',
      readOnly: false,
      parameters: z.object({ path: z.string(), content: z.string() }),
      async run({ path, content }) {
        if (
          !isPlainRelativePath(path) ||
          SIDECARS.has(path) ||
          path.split('/').some((part) => part.startsWith('.'))
        )
          return failure(`${path} can’t be a file of a skill: use a plain relative path.`);
        if (state.files.has(path) && !state.isWhollySeen(path))
          return failure(
            `You have not read ${path} to its end: what you have not seen would be lost. Read on, or use edit_file.`,
          );
        state.files.set(
          path,
          encodeText(content.endsWith('\n') || content === '' ? content : `${content}\n`),
        );
        return success(`Wrote ${path}.`);
      },
    }),
    defineTool({
      name: 'remove_file',
      description: 'Takes a file out of the skill.',
      source: 'system',
      readOnly: false,
      parameters: z.object({ path: z.string() }),
      async run({ path }) {
        if (path === SKILL_FILE) return failure(`A skill without ${SKILL_FILE} is none.`);
        return state.files.delete(path) ? success(`Removed ${path}.`) : failure(`There is no ${path}.`);
      },
    }),
  ];
}

function endingTools(state: EditedFiles): readonly Tool[] {
  return [
    defineTool({
      name: 'finish',
      description: 'Ends the work. Call it in the same turn as the last edit.',
      source: 'system',
      readOnly: false,
      parameters: z.object({
        summary: z.string().min(1).describe('What was changed and why, one sentence.'),
      }),
      async run({ summary }) {
        const objections = state.objections();
        if (objections.length > 0)
          return failure(`Not yet:\n${objections.map((each) => `- ${each}`).join('\n')}`);
        state.options.onEnd({ kind: 'finished', summary });
        return success('Done.');
      },
    }),
    defineTool({
      name: 'decline',
      description: 'Ends the work without a change.',
      source: 'system',
      readOnly: false,
      parameters: z.object({ reason: z.string().min(1) }),
      async run({ reason }) {
        state.options.onEnd({ kind: 'declined', reason });
        return success('Declined.');
      },
    }),
  ];
}
