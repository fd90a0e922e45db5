// Applies a model's reply to a skill in memory: FULL, SEARCH/REPLACE or PATCH, all of it or nothing.
import { parseFull } from './edit/full.ts';
import { parsePatch } from './edit/patch.ts';
import { applyHunks } from './edit/patch-apply.ts';
import { assertNoClash, EditError, skillPath } from './edit/paths.ts';
import { cleanReply, detectEditFormat, type EditFormat, isWholeSkill, leakedMarkers } from './edit/reply.ts';
import { applySearchBlocks, parseSearchBlocks, type SearchBlock } from './edit/search-replace.ts';
import { SKILL_FILE } from './format.ts';
import type { SkillFiles } from './skill.ts';
import { decodeText, encodeText } from './skill-text.ts';

export { takeChangeSummary } from './edit/reply.ts';

export type EditResult =
  | {
      ok: true;
      /** All files after the edit. */
      files: SkillFiles;
      format: EditFormat;
      /** Paths that were added, changed or removed; empty if the edit changes nothing. */
      changed: readonly string[];
    }
  | { ok: false; error: string };

/** The files while they are edited: texts are decoded once, when first needed, and encoded once, at the end. */
class Workspace {
  readonly #before: SkillFiles;
  readonly #oldTexts = new Map<string, string | undefined>();
  /** `undefined` for a file that was removed. */
  readonly #edited = new Map<string, string | undefined>();

  constructor(before: SkillFiles) {
    this.#before = before;
  }

  has(path: string): boolean {
    return this.#edited.has(path) ? this.#edited.get(path) !== undefined : this.#before.has(path);
  }

  /** The text as it was before the edit; `undefined` for a binary file or none. */
  oldText(path: string): string | undefined {
    if (!this.#oldTexts.has(path)) {
      const bytes = this.#before.get(path);
      this.#oldTexts.set(path, bytes === undefined ? undefined : decodeText(bytes));
    }
    return this.#oldTexts.get(path);
  }

  /** The text as it is now, to do something with it. Throws if there is none. */
  text(path: string, doing: string): string {
    if (!this.has(path)) throw new EditError(`There is no ${path} to ${doing}.`);
    const text = this.#edited.get(path) ?? this.oldText(path);
    if (text === undefined) throw new EditError(`${path} is not a text and can’t be edited.`);
    return text;
  }

  set(path: string, text: string): void {
    this.#edited.set(path, text);
  }

  remove(path: string): void {
    this.#edited.set(path, undefined);
  }

  /** Paths whose content is another than before, with their text; `undefined` for a removed one. */
  changes(): Map<string, string | undefined> {
    return new Map(
      [...this.#edited].filter(([path, text]) =>
        text === undefined ? this.#before.has(path) : !this.#before.has(path) || text !== this.oldText(path),
      ),
    );
  }

  /** All files after the edit. */
  files(): Map<string, Uint8Array> {
    const after = new Map(this.#before);
    for (const [path, text] of this.changes()) {
      if (text === undefined) after.delete(path);
      else after.set(path, encodeText(text));
    }
    return after;
  }
}

function replacePassages(files: Workspace, path: string, blocks: readonly SearchBlock[]): void {
  const result = applySearchBlocks(files.text(path, 'edit'), blocks, path);
  if (result.error !== undefined) throw new EditError(result.error);
  files.set(path, result.text);
}

/** A whole SKILL.md in a code fence, with talk around it. */
function fencedSkill(text: string): string | undefined {
  const fence =
    /(?:^|\n)(`{3,})(?:markdown|md|yaml)?[ \t]*\r?\n(---[ \t]*\r?\n[\s\S]*?)\n\1[ \t]*(?=\r?\n|$)/.exec(text);
  const inner = fence?.[2];
  return inner !== undefined && isWholeSkill(inner) ? `${inner}\n` : undefined;
}

/** SKILL.md begins with its front matter and ends in a line feed. */
function asSkillFile(content: string): string {
  const text = content.replace(/^\s+(?=---)/, '');
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function applyFull(files: Workspace, text: string): void {
  const parsed = parseFull(text.replaceAll('\r\n', '\n'));
  const [only] = parsed.values();
  if (parsed.size === 1 && parsed.has(SKILL_FILE) && only !== undefined && !isWholeSkill(only.trimStart())) {
    const { blocks } = parseSearchBlocks(only);
    const skill = blocks.length > 0 ? undefined : fencedSkill(text);
    if (skill === undefined && blocks.length === 0)
      throw new EditError(
        'The reply is no edit: it is neither a whole SKILL.md (with front matter and a name), nor files, a patch or SEARCH/REPLACE blocks.',
      );
    if (skill !== undefined) parsed.set(SKILL_FILE, skill);
  }
  for (const [written, content] of parsed) {
    const path = skillPath(written);
    const { blocks } = parseSearchBlocks(content);
    if (blocks.length > 0 && files.has(path)) replacePassages(files, path, blocks);
    else files.set(path, path === SKILL_FILE ? asSkillFile(content) : content);
  }
}

function applySearchReplace(files: Workspace, text: string): void {
  const { blocks, incomplete } = parseSearchBlocks(text);
  if (blocks.length === 0)
    throw new EditError(
      'There is no complete block <<<<<<< SEARCH … ======= … >>>>>>> REPLACE in the reply.',
    );
  if (incomplete > 0)
    throw new EditError(
      `${incomplete} of ${incomplete + blocks.length} SEARCH/REPLACE blocks are not complete (======= or >>>>>>> REPLACE is missing).`,
    );
  replacePassages(files, SKILL_FILE, blocks);
}

function applyPatch(files: Workspace, text: string): void {
  for (const operation of parsePatch(text)) {
    const path = skillPath(operation.path);
    if (operation.type === 'add') {
      const content = operation.content === '' ? '' : `${operation.content}\n`;
      if (files.has(path) && files.text(path, 'add to') !== content)
        throw new EditError(`${path} is there already: change it with *** Update File.`);
      files.set(path, content);
    } else if (operation.type === 'delete') {
      if (!files.has(path)) throw new EditError(`There is no ${path} to delete.`);
      files.remove(path);
    } else {
      const updated = applyHunks(files.text(path, 'update'), operation.hunks, path);
      const target = operation.moveTo === undefined ? path : skillPath(operation.moveTo);
      if (target !== path && files.has(target))
        throw new EditError(`${path} can’t be moved to ${target}: that is there already.`);
      files.remove(path);
      files.set(target, updated);
    }
  }
}

/** What no edit may leave behind: no SKILL.md, one without a name, markers of the protocol, clashing paths. */
function assertSound(work: Workspace, after: SkillFiles): void {
  assertNoClash(after.keys());
  const changes = work.changes();
  if (!after.has(SKILL_FILE)) throw new EditError('After this edit the skill has no SKILL.md.');
  if (changes.has(SKILL_FILE) && !isWholeSkill(changes.get(SKILL_FILE) ?? ''))
    throw new EditError('After this edit SKILL.md has no front matter with a name.');
  for (const [path, text = ''] of changes) {
    const leaked = leakedMarkers(text);
    if (leaked.length === 0) continue;
    const known = new Set(leakedMarkers(work.oldText(path) ?? ''));
    const added = leaked.find((marker) => !known.has(marker));
    if (added !== undefined)
      throw new EditError(`A line of the edit protocol would get into ${path}: ${added}`);
  }
}

/**
 * Applies a model's reply to a copy of the files. Prose, refusals and empty replies are no edits; an error names the
 * block and shows the nearest lines, ready to be sent back to the model. With no files a FULL reply makes a new skill.
 */
export function applyEdit(files: SkillFiles, reply: string): EditResult {
  const clean = cleanReply(reply);
  if (!clean.ok) return clean;
  const format = detectEditFormat(clean.text);
  const work = new Workspace(files);
  try {
    if (format === 'patch') applyPatch(work, clean.text);
    else if (format === 'search-replace') applySearchReplace(work, clean.text);
    else applyFull(work, clean.text);
    const after = work.files();
    assertSound(work, after);
    return { ok: true, files: after, format, changed: [...work.changes().keys()] };
  } catch (error) {
    if (error instanceof EditError) return { ok: false, error: error.message };
    throw error;
  }
}
