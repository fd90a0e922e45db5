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

type Files = Map<string, Uint8Array>;

function textOf(files: SkillFiles, path: string, doing: string): string {
  const bytes = files.get(path);
  if (bytes === undefined) throw new EditError(`There is no ${path} to ${doing}.`);
  const text = decodeText(bytes);
  if (text === undefined) throw new EditError(`${path} is not a text and can’t be edited.`);
  return text;
}

function replacePassages(files: Files, path: string, blocks: readonly SearchBlock[]): void {
  const result = applySearchBlocks(textOf(files, path, 'edit'), blocks, path);
  if (result.error !== undefined) throw new EditError(result.error);
  files.set(path, encodeText(result.text));
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

function applyFull(files: Files, text: string): void {
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
    else files.set(path, encodeText(path === SKILL_FILE ? asSkillFile(content) : content));
  }
}

function applySearchReplace(files: Files, text: string): void {
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

function applyPatch(files: Files, text: string): void {
  for (const operation of parsePatch(text)) {
    const path = skillPath(operation.path);
    if (operation.type === 'add') {
      const content = operation.content === '' ? '' : `${operation.content}\n`;
      if (files.has(path) && decodeText(files.get(path) ?? new Uint8Array()) !== content)
        throw new EditError(`${path} is there already: change it with *** Update File.`);
      files.set(path, encodeText(content));
    } else if (operation.type === 'delete') {
      if (!files.delete(path)) throw new EditError(`There is no ${path} to delete.`);
    } else {
      const updated = applyHunks(textOf(files, path, 'update'), operation.hunks, path);
      const target = operation.moveTo === undefined ? path : skillPath(operation.moveTo);
      if (target !== path && files.has(target))
        throw new EditError(`${path} can’t be moved to ${target}: that is there already.`);
      files.delete(path);
      files.set(target, encodeText(updated));
    }
  }
}

function changedPaths(before: SkillFiles, after: SkillFiles): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => {
    const old = before.get(path);
    const now = after.get(path);
    return old === undefined || now === undefined || Buffer.compare(old, now) !== 0;
  });
}

/** What no edit may leave behind: no SKILL.md, one without a name, markers of the protocol, clashing paths. */
function assertSound(before: SkillFiles, after: SkillFiles, changed: readonly string[]): void {
  assertNoClash(after.keys());
  const skill = after.get(SKILL_FILE);
  if (skill === undefined) throw new EditError('After this edit the skill has no SKILL.md.');
  if (changed.includes(SKILL_FILE) && !isWholeSkill(decodeText(skill) ?? ''))
    throw new EditError('After this edit SKILL.md has no front matter with a name.');
  for (const path of changed) {
    const text = decodeText(after.get(path) ?? new Uint8Array());
    if (text === undefined) continue;
    const known = new Set(leakedMarkers(decodeText(before.get(path) ?? new Uint8Array()) ?? ''));
    const leaked = leakedMarkers(text).find((marker) => !known.has(marker));
    if (leaked !== undefined)
      throw new EditError(`A line of the edit protocol would get into ${path}: ${leaked}`);
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
  const after: Files = new Map(files);
  try {
    if (format === 'patch') applyPatch(after, clean.text);
    else if (format === 'search-replace') applySearchReplace(after, clean.text);
    else applyFull(after, clean.text);
    const changed = changedPaths(files, after);
    assertSound(files, after, changed);
    return { ok: true, files: after, format, changed };
  } catch (error) {
    if (error instanceof EditError) return { ok: false, error: error.message };
    throw error;
  }
}
