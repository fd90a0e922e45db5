// What a file that is no text seems to be, from its first bytes.

interface Kind {
  readonly name: string;
  readonly at: number;
  readonly magic: readonly number[];
  /** Set for pictures that models can look at. */
  readonly mediaType?: string;
}

const ascii = (text: string) => [...Buffer.from(text, 'latin1')];

const KINDS: readonly Kind[] = [
  { name: 'a PNG picture', at: 0, magic: [0x89, ...ascii('PNG')], mediaType: 'image/png' },
  { name: 'a JPEG picture', at: 0, magic: [0xff, 0xd8, 0xff], mediaType: 'image/jpeg' },
  { name: 'a GIF picture', at: 0, magic: ascii('GIF8'), mediaType: 'image/gif' },
  { name: 'a WebP picture', at: 8, magic: ascii('WEBP'), mediaType: 'image/webp' },
  { name: 'a PDF document', at: 0, magic: ascii('%PDF-') },
  { name: 'a ZIP archive (or DOCX, XLSX, PPTX, JAR)', at: 0, magic: [0x50, 0x4b, 3, 4] },
  { name: 'a gzip archive', at: 0, magic: [0x1f, 0x8b] },
  { name: 'an XZ archive', at: 0, magic: [0xfd, ...ascii('7zXZ')] },
  { name: 'a bzip2 archive', at: 0, magic: ascii('BZh') },
  { name: 'a Zstandard archive', at: 0, magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'a 7z archive', at: 0, magic: [...ascii('7z'), 0xbc, 0xaf] },
  { name: 'a tar archive', at: 257, magic: ascii('ustar') },
  { name: 'an SQLite database', at: 0, magic: ascii('SQLite format 3') },
  { name: 'a program (ELF)', at: 0, magic: [0x7f, ...ascii('ELF')] },
  { name: 'a program (Mach-O)', at: 0, magic: [0xcf, 0xfa, 0xed, 0xfe] },
  { name: 'a program (Windows)', at: 0, magic: ascii('MZ') },
  { name: 'a WAV recording', at: 8, magic: ascii('WAVE') },
  { name: 'an MP4 video', at: 4, magic: ascii('ftyp') },
  { name: 'an old Office document', at: 0, magic: [0xd0, 0xcf, 0x11, 0xe0] },
];

/** Name and, for pictures that models can see, media type. */
export function describeBinary(start: Uint8Array): { name: string; mediaType?: string } {
  const kind = KINDS.find(({ at, magic }) => magic.every((byte, index) => start[at + index] === byte));
  if (kind === undefined) return { name: 'binary data' };
  return { name: kind.name, ...(kind.mediaType === undefined ? {} : { mediaType: kind.mediaType }) };
}
