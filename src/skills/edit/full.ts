// Edits in the FULL format: whole files, one after the other, or one bare SKILL.md.
import { SKILL_FILE } from '../format.ts';
import { trimText } from '../skill-text.ts';
import { FILE_HEADER, isWholeSkill } from './reply.ts';

const BEGIN = '*** Begin Files';
const END = '*** End Files';

interface Header {
  readonly path: string;
  readonly start: number;
  readonly contentStart: number;
}

/** True if `at` stands inside a code fence of the text: opened before, closed after, no other fence opened between. */
function isFenced(text: string, from: number, at: number): boolean {
  let fence: string | undefined;
  for (const match of text.slice(from, at).matchAll(/^[ \t]*(`{3,}|~{3,})([^\n`]*)$/gm)) {
    const [, mark = '', info = ''] = match;
    if (fence === undefined) fence = mark;
    else if (mark.startsWith(fence) && info.trim() === '') fence = undefined;
  }
  if (fence === undefined) return false;
  const next = /^[ \t]*(`{3,}|~{3,})([^\n`]*)$/gm;
  next.lastIndex = at;
  const closing = next.exec(text);
  return closing?.[1]?.startsWith(fence) === true && closing[2]?.trim() === '';
}

function headersOf(text: string): Header[] {
  const headers: Header[] = [];
  for (const match of text.matchAll(FILE_HEADER)) {
    const from = headers.at(-1)?.contentStart ?? 0;
    if (headers.length > 0 && isFenced(text, from, match.index)) continue;
    headers.push({
      path: trimText(match[1] ?? ''),
      start: match.index,
      contentStart: match.index + match[0].length,
    });
  }
  return headers;
}

/**
 * The files of a FULL edit, in order: path as written → content, ending in one line feed. Text before the first
 * `*** File:` is dropped, unless it is a whole SKILL.md. Without any header all of the text is SKILL.md.
 */
export function parseFull(reply: string): Map<string, string> {
  let text = trimText(reply);
  if (text.startsWith(BEGIN)) text = trimText(text.slice(BEGIN.length));
  const headers = headersOf(text);
  const [first] = headers;
  if (first === undefined) return new Map([[SKILL_FILE, reply]]);
  const end = text.lastIndexOf(END);
  const body = end > first.contentStart ? text.slice(0, end) : text;
  const files = new Map<string, string>();
  const preamble = text.slice(0, first.start);
  if (isWholeSkill(preamble)) files.set(SKILL_FILE, `${trimText(preamble)}\n`);
  for (const [index, header] of headers.entries()) {
    if (header.start >= body.length) continue;
    const content = body
      .slice(header.contentStart, headers[index + 1]?.start ?? body.length)
      .replace(/^\n+/, '')
      .replace(/\n+$/, '');
    const isLast = index === headers.length - 1;
    const kept = isLast ? content.replace(/[^\S\n]+$/, '') : content;
    files.set(header.path, kept === '' ? '' : `${kept}\n`);
  }
  return files;
}
