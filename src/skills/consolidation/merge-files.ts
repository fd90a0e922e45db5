// Makes one skill of two or three, without a model: the first one's text, and what only the others say.
import { estimateTokens, OpenSpaceError, oneLine } from '../../lib/index.ts';
import { parseSkillMd, SKILL_FILE, setFrontMatterField } from '../format.ts';
import { lintSkill } from '../lint.ts';
import type { SkillFiles } from '../skill.ts';
import { decodeText, encodeText } from '../skill-text.ts';
import { demoteHeadings, shareSaidIn, splitSections } from './sections.ts';

export interface MergePart {
  readonly name: string;
  readonly files: SkillFiles;
}

export type Merged = { readonly files: SkillFiles } | { readonly refused: string };

/** Tokens of the merged SKILL.md that an agent loads at once; the rest goes into `references/`. */
const INLINE_TOKENS = 4_000;
const INLINE_LINES = 450;
/** Tokens of all text together: beyond it, two skills are two skills. */
export const MERGED_TOKENS = 14_000;
const DESCRIPTION_CHARACTERS = 1_024;
/** A section of which this share is said already is left out. */
const SAID = 0.8;

/**
 * The first part leads: name, text and files are its own. Of the others it takes description, tags, files, and each
 * section that is not said yet; a part that would make the text too long becomes a page in `references/`. Deterministic.
 */
export function mergeSkillFiles(parts: readonly MergePart[]): Merged {
  const [lead, ...others] = parts;
  const leadText = textOf(lead);
  if (lead === undefined || leadText === undefined || others.length === 0)
    return { refused: 'there are no texts to merge' };
  const leadSkill = parseSkillMd(leadText);
  if (!leadSkill.hasFrontMatter) return { refused: `${lead.name} has no front matter` };
  const files = new Map(lead.files);
  const descriptions = [leadSkill.description ?? ''];
  const tags = [...leadSkill.tags];
  let text = leadText.trimEnd();
  for (const part of others) {
    const own = textOf(part);
    if (own === undefined) return { refused: `SKILL.md of ${part.name} is not text` };
    const skill = parseSkillMd(own);
    descriptions.push(skill.description ?? '');
    tags.push(...skill.tags);
    const conflict = addFiles(files, part.files);
    if (conflict !== undefined) return { refused: `both have a file ${conflict}` };
    const news = newsOf(skill.body, text);
    if (news === '') continue;
    const inline = `${text}\n\n## Variant: ${part.name}\n\n${intro(skill.description)}${news}`;
    if (fitsInline(inline)) text = inline;
    else {
      // Links of a page in another folder would lead nowhere.
      if (part.files.size > 1)
        return { refused: `${part.name} has files of its own and no room for its text` };
      const page = `references/${part.name}.md`;
      if (files.has(page)) return { refused: `both have a file ${page}` };
      files.set(page, encodeText(`# ${part.name}\n\n${intro(skill.description)}${skill.body.trim()}\n`));
      text = `${text}\n\n## Variant: ${part.name}\n\n${intro(skill.description)}Read [${page}](${page}).`;
    }
  }
  const titled = withTitle(`${text}\n`, joinDescriptions(descriptions), tags);
  if (titled === undefined) return { refused: `the front matter of ${lead.name} can't be edited` };
  files.set(SKILL_FILE, encodeText(titled));
  const tokens = [...files.values()].reduce((sum, bytes) => sum + tokensOf(bytes), 0);
  if (tokens > MERGED_TOKENS) return { refused: `together they have about ${tokens} tokens` };
  return refusalOf(files, parts) ?? { files };
}

const textOf = (part: MergePart | undefined) => {
  const bytes = part?.files.get(SKILL_FILE);
  return bytes === undefined ? undefined : decodeText(bytes);
};

const intro = (description: string | undefined) => (description ? `${oneLine(description, 1_000)}\n\n` : '');

const tokensOf = (bytes: Uint8Array) => estimateTokens(decodeText(bytes) ?? '');

function fitsInline(text: string): boolean {
  return estimateTokens(text) <= INLINE_TOKENS && text.split('\n').length <= INLINE_LINES;
}

/** Adds files that are not there yet; the first path that has other content is returned. */
function addFiles(files: Map<string, Uint8Array>, more: SkillFiles): string | undefined {
  for (const [path, bytes] of more) {
    if (path === SKILL_FILE) continue;
    const there = files.get(path);
    if (there !== undefined && Buffer.compare(there, bytes) !== 0) return path;
    files.set(path, bytes);
  }
  return undefined;
}

/** Sections that the text does not say yet, one level below "Variant". A lone title is no news. */
function newsOf(body: string, text: string): string {
  const said = shareSaidIn(text);
  const news = splitSections(body, 2).filter(
    (section) => said(section.text) < SAID && saysMoreThanTitle(section.text),
  );
  return news.map((section) => demoteHeadings(section.text.trim(), section.level === 1 ? 2 : 1)).join('\n\n');
}

const saysMoreThanTitle = (text: string) => text.replace(/^#{1,6}[ \t].*$/gm, '').trim() !== '';

/** The first in full, of the others as much as the format allows. */
function joinDescriptions(descriptions: readonly string[]): string {
  let joined = '';
  const parts = [...new Set(descriptions.map((text) => text.replace(/\s+/g, ' ').trim()))].filter(
    (text) => text !== '',
  );
  for (const part of parts) {
    if (joined.includes(part)) continue;
    const glue = joined === '' ? '' : /[.!?。]$/.test(joined) ? ' Also: ' : '. Also: ';
    const room = DESCRIPTION_CHARACTERS - joined.length - glue.length;
    if (room < 40 && joined !== '') break;
    joined += glue + cutAtWord(part, room);
  }
  return joined;
}

function cutAtWord(text: string, room: number): string {
  if (text.length <= room) return text;
  const cut = text.slice(0, room - 1);
  const space = cut.lastIndexOf(' ');
  return `${space > room / 2 ? cut.slice(0, space) : cut}…`;
}

/** Tags go where the lead keeps them. Undefined if its front matter can't be edited safely. */
function withTitle(text: string, description: string, tags: readonly string[]): string | undefined {
  const all = [...new Set(tags)];
  const hasTags = Object.hasOwn(parseSkillMd(text).metadata, 'tags');
  try {
    const described = setFrontMatterField(text, ['description'], description);
    if (all.length === 0) return described;
    return hasTags
      ? setFrontMatterField(described, ['tags'], all)
      : setFrontMatterField(described, ['metadata', 'tags'], all.join(', '));
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'invalid') return undefined;
    throw error;
  }
}

/** Merging must not bring in anything that lint objects to and no parent had. */
function refusalOf(files: SkillFiles, parts: readonly MergePart[]): { refused: string } | undefined {
  const before = new Set(parts.flatMap((part) => lintSkill(part.files).map(({ rule }) => rule)));
  const news = lintSkill(files).find(
    ({ rule, severity }) => severity !== 'info' && (severity === 'block' || !before.has(rule)),
  );
  return news === undefined ? undefined : { refused: news.message };
}
