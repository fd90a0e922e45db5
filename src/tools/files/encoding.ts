// Text encodings of files: recognised from the bytes, and written back as they were.
import { OpenSpaceError } from '../../lib/index.ts';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** How a text is stored. */
export interface TextForm {
  readonly encoding: TextEncoding;
  /** Length of the byte order mark, 0 if there is none. */
  readonly bomBytes: number;
}

/** How many bytes at the start of a file decide what it is. */
export const SNIFF_BYTES = 64 * 1024;

/** The form of a text that starts with these bytes, or `undefined` if it is no text. `whole`: there are no more bytes. */
export function detectText(start: Uint8Array, whole: boolean): TextForm | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  if (start.includes(0)) {
    const guessed = guessUtf16(start);
    return guessed === undefined ? undefined : { encoding: guessed, bomBytes: 0 };
  }
  if (isUtf8(start, whole)) return { encoding: 'utf-8', bomBytes: 0 };
  return looksLikeText(start) ? { encoding: 'windows-1252', bomBytes: 0 } : undefined;
}

/** Text without a mark in UTF-16 has its zero bytes on one side: mostly Latin letters are assumed. */
function guessUtf16(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = start.subarray(0, 1024);
  if (sample.length < 4) return undefined;
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const half = sample.length / 2;
  if (odd > half * 0.7 && even === 0) return 'utf-16le';
  if (even > half * 0.7 && odd === 0) return 'utf-16be';
  return undefined;
}

function isUtf8(bytes: Uint8Array, whole: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false; // what a fatal decoder throws for bad bytes
    throw error;
  }
}

/** Old single-byte text has hardly any control characters; compressed data is full of them. */
function looksLikeText(start: Uint8Array): boolean {
  let controls = 0;
  for (const byte of start)
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27) controls += 1;
  return controls * 200 < start.length;
}

/** A whole file as text. `undefined` if it is binary or its bytes do not fit the encoding. */
export function decodeText(bytes: Uint8Array): { text: string; form: TextForm } | undefined {
  const form = detectText(bytes.subarray(0, SNIFF_BYTES), bytes.length <= SNIFF_BYTES);
  if (form === undefined) return undefined;
  try {
    const decoder = new TextDecoder(form.encoding, { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes.subarray(form.bomBytes)), form };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/** The bytes of a text in a given form. Throws `invalid` for characters that the encoding does not have. */
export function encodeText(text: string, form: TextForm): Buffer {
  switch (form.encoding) {
    case 'utf-8': {
      const mark = form.bomBytes > 0 ? Buffer.from([0xef, 0xbb, 0xbf]) : Buffer.alloc(0);
      return Buffer.concat([mark, Buffer.from(text, 'utf8')]);
    }
    case 'utf-16le':
    case 'utf-16be': {
      const bytes = Buffer.from(form.bomBytes > 0 ? `\ufeff${text}` : text, 'utf16le');
      return form.encoding === 'utf-16be' ? bytes.swap16() : bytes;
    }
    case 'windows-1252':
      return encodeWindows1252(text);
  }
}

function encodeWindows1252(text: string): Buffer {
  const all = new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const byteOf = new Map(Array.from(all, (character, byte) => [character, byte]));
  const bytes = Array.from(text, (character) => {
    const byte = byteOf.get(character);
    if (byte === undefined) {
      throw new OpenSpaceError('invalid', `The file is in Windows-1252, which has no "${character}".`, {
        hint: 'Write the whole file with write_file to make it UTF-8.',
      });
    }
    return byte;
  });
  return Buffer.from(bytes);
}
