// Makes a large SKILL.md short, without a model: its longest sections become pages that an agent reads when it needs them.
import { estimateTokens } from '../../lib/index.ts';
import { parseSkillMd, SKILL_FILE } from '../format.ts';
import type { SkillFiles } from '../skill.ts';
import { decodeText, encodeText } from '../skill-text.ts';
import { type Section, splitSections } from './sections.ts';

/** From here on a text is worth shrinking; the format advises at most so many tokens. */
const LARGE_TOKENS = 5_000;
const WANTED_TOKENS = 3_500;
/** A section below this is no page of its own. */
const PAGE_TOKENS = 300;

export interface Shrunk {
  readonly files: SkillFiles;
  readonly tokensBefore: number;
  readonly tokensAfter: number;
  /** Titles of the sections that moved. */
  readonly moved: readonly string[];
}

/** Undefined if the text is not large, or has no sections to move. No word is lost: moved text is in `references/`. */
export function shrinkSkillFiles(files: SkillFiles): Shrunk | undefined {
  const bytes = files.get(SKILL_FILE);
  const text = bytes === undefined ? undefined : decodeText(bytes);
  if (text === undefined) return undefined;
  const { body } = parseSkillMd(text);
  const tokensBefore = estimateTokens(body);
  if (tokensBefore <= LARGE_TOKENS) return undefined;
  const sections = [...splitSections(body, 2)];
  const result = new Map(files);
  const moved: string[] = [];
  let tokens = tokensBefore;
  for (const section of longestFirst(sections)) {
    if (tokens <= WANTED_TOKENS) break;
    const page = `references/${pageName(section.title)}.md`;
    if (result.has(page) || hasRelativeLink(section.text)) continue;
    const stub = `${headingOf(section)}\n\nRead [${page}](${page}) for this part.\n`;
    sections[sections.indexOf(section)] = { ...section, text: stub };
    result.set(page, encodeText(`${section.text.trim()}\n`));
    moved.push(section.title);
    tokens -= estimateTokens(section.text) - estimateTokens(stub);
  }
  if (moved.length === 0 || tokens > tokensBefore * 0.8) return undefined;
  const front = text.slice(0, text.length - body.length);
  result.set(SKILL_FILE, encodeText(front + sections.map((section) => section.text).join('\n')));
  return { files: result, tokensBefore, tokensAfter: tokens, moved };
}

function longestFirst(sections: readonly Section[]): readonly Section[] {
  return sections
    .filter(({ level, text }) => level === 2 && estimateTokens(text) >= PAGE_TOKENS)
    .sort((a, b) => b.text.length - a.text.length);
}

const headingOf = ({ level, title }: Section) => `${'#'.repeat(level)} ${title}`;

/** A link to a file beside SKILL.md would lead nowhere from a page in another folder. */
const hasRelativeLink = (text: string) => /\]\((?![a-z]+:|#)[^)]+\)/i.test(text);

function pageName(title: string): string {
  const name = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return name === '' ? 'part' : name;
}
