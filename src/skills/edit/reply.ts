// A model's reply before it is taken for an edit: reasoning, tokens, fences and the summary line are taken off.
import { locateFrontMatter, readFrontMatter } from '../front-matter.ts';
import { trimText } from '../skill-text.ts';

export type EditFormat = 'full' | 'search-replace' | 'patch';

const REASONING = /^\s*<(think|thinking|reasoning|thought|reflection|scratchpad)>/i;
const STRAY_END = /<\/(?:think|thinking|reasoning|thought|reflection|scratchpad)>/i;
const ENVELOPE = /\*\*\* (?:Begin (?:Patch|Files)|File:)|<{7} SEARCH/;

/** Takes off what a model thought aloud in front of its answer. Such tags further down belong to the answer. */
export function stripReasoning(reply: string): string {
  let text = reply;
  for (let tag = REASONING.exec(text); tag !== null; tag = REASONING.exec(text)) {
    const end = text.toLowerCase().indexOf(`</${tag[1]?.toLowerCase()}>`);
    if (end === -1) return ''; // never came to an answer
    text = text.slice(end + (tag[1]?.length ?? 0) + 3);
  }
  const stray = STRAY_END.exec(text); // some servers swallow the opening tag
  if (stray === null) return text;
  const before = text.slice(0, stray.index);
  return ENVELOPE.test(before) || before.trimStart().startsWith('---')
    ? text
    : text.slice(stray.index + stray[0].length);
}

const WHOLE_FENCE = /^`{3,}\w*[^\S\n]*\n([\s\S]*)\n[^\S\n]*`{3,}$/;

/** Trims, and takes off a code fence if all of the text stands in one. */
export function stripFence(text: string): string {
  const trimmed = trimText(text);
  const inner = WHOLE_FENCE.exec(trimmed)?.[1];
  return inner === undefined ? trimmed : trimText(inner);
}

const SUMMARY = /^[\s*_]*CHANGE[\s_-]?SUMMARY\s*[:：]\s*(.+)$/i;

/** Splits off a first line `CHANGE_SUMMARY: …`. Without one the text stays as it is and the summary is empty. */
export function takeChangeSummary(text: string): { text: string; summary: string } {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => trimText(line) !== '');
  const found = SUMMARY.exec(trimText(lines[first] ?? ''))?.[1];
  if (found === undefined) return { text, summary: '' };
  const summary = found.replace(/^[*_\s]+|[*_\s]+$/g, '');
  return { text: trimText(lines.slice(first + 1).join('\n')), summary };
}

/** True if the text is all of a SKILL.md: front matter with a name, from the first line on. */
export function isWholeSkill(text: string): boolean {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') return false;
  const name = readFrontMatter(text.slice(place.start, place.end)).fields.get('name');
  return typeof name === 'string' && name !== '';
}

/** Start of a line, `*** File: path`; the path may stand on the next line. */
export const FILE_HEADER = /(?<![^\n])\*\*\*\s*File:\s*([^\n]+)/g;

/** Which of the three formats a text is written in. Anything else counts as `full`, to be refused there if it is prose. */
export function detectEditFormat(text: string): EditFormat {
  const trimmed = trimText(text);
  if (isWholeSkill(trimmed) || /^\*\*\* (?:Begin Files|File:)/.test(trimmed)) return 'full';
  if (text.includes('*** Begin Patch')) return 'patch';
  if (text.includes('*** Begin Files') || trimmed.search(FILE_HEADER) !== -1) return 'full';
  return text.includes('<<<<<<< SEARCH') ? 'search-replace' : 'full';
}

const MARKER =
  /^\s*(?:\*\*\* (?:Begin|End) (?:Files|Patch)|\*\*\* (?:File|Add File|Update File|Delete File|Move to):|<{7} SEARCH|>{7} REPLACE|<EVOLUTION_(?:COMPLETE|FAILED)>)/;

const MARKER_SIGNS = ['*** ', '<<<<<<< SEARCH', '>>>>>>> REPLACE', '<EVOLUTION_'];

/** Protocol markers in a text that are not an example in a code fence. */
export function leakedMarkers(text: string): string[] {
  if (!MARKER_SIGNS.some((sign) => text.includes(sign))) return [];
  const found: string[] = [];
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && fence === undefined) fence = mark;
    else if (mark !== undefined && fence !== undefined && mark.startsWith(fence)) fence = undefined;
    else if (fence === undefined && MARKER.test(line)) found.push(line.trim());
  }
  return found;
}

export type CleanReply = { ok: true; text: string; summary: string } | { ok: false; error: string };

/** What is left of a reply that can be an edit. Refusals and empty replies are none. */
export function cleanReply(reply: string): CleanReply {
  const thought = stripReasoning(reply);
  if (thought.includes('<EVOLUTION_FAILED>'))
    return { ok: false, error: 'The reply declines to edit (<EVOLUTION_FAILED>).' };
  const bare = stripFence(thought.replaceAll('<EVOLUTION_COMPLETE>', ''));
  const { text, summary } = takeChangeSummary(bare);
  const edit = summary === '' ? text : stripFence(text);
  if (edit.trim() === '') return { ok: false, error: 'The reply is empty: it holds no edit.' };
  return { ok: true, text: edit, summary };
}
