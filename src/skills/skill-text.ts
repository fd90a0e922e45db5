// Bytes of a skill's files as text, and text helpers that format, edits and diffs share.
import { isUtf8 } from 'node:buffer';

/** The text of a file, its BOM included; `undefined` for anything that is not UTF-8 text (NUL bytes count as binary). */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes) || bytes.includes(0)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What the original takes for white space: the C0 separators and U+0085 too, but never a BOM. For character classes. */
export const WHITE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const OUTER_SPACE = new RegExp(`^[${WHITE}]+|[${WHITE}]+$`, 'g');

/** Trims as the original does. Quick where nothing is to be trimmed. */
export function trimText(text: string): string {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (first > 0x20 && first < 0x7f && last > 0x20 && last < 0x7f) return text;
  return text === '' ? text : text.replace(OUTER_SPACE, '');
}

/** The line end that a text uses: CRLF if its first line ends so, else LF. */
export function lineEndOf(text: string): '\r\n' | '\n' {
  const first = text.indexOf('\n');
  return first > 0 && text[first - 1] === '\r' ? '\r\n' : '\n';
}

/** Number of the line (from 1) that holds an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
