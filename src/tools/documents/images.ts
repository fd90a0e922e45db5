// Pictures inside and beside documents: their kind and size, from their first bytes.
import type { ExtractedImage } from './extract.ts';

export interface PictureInfo {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif';
  readonly extension: 'png' | 'jpeg' | 'gif';
  readonly width: number;
  readonly height: number;
}

const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

/** Kind and pixels of a PNG, JPEG or GIF; undefined for anything else. */
export function pictureInfo(data: Uint8Array): PictureInfo | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return sized('image/png', 'png', bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  }
  if (bytes.length > 10 && bytes.toString('latin1', 0, 4) === 'GIF8') {
    return sized('image/gif', 'gif', bytes.readUInt16LE(6), bytes.readUInt16LE(8));
  }
  return bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpegInfo(bytes) : undefined;
}

function jpegInfo(bytes: Buffer): PictureInfo | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return sized('image/jpeg', 'jpeg', bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function sized(
  mediaType: PictureInfo['mediaType'],
  extension: PictureInfo['extension'],
  width: number,
  height: number,
): PictureInfo | undefined {
  return width > 0 && height > 0 ? { mediaType, extension, width, height } : undefined;
}

/** A picture of a document for a model that sees; undefined if it is of another kind or too large. */
export function readImage(name: string, data: Uint8Array | undefined): ExtractedImage | undefined {
  if (data === undefined || data.length > MAX_IMAGE_BYTES) return undefined;
  const info = pictureInfo(data);
  return info === undefined ? undefined : { name, mediaType: info.mediaType, data: new Uint8Array(data) };
}
