// Skills as zip archives: packing is deterministic, unpacking refuses whatever could do harm.
import { buffer } from 'node:stream/consumers';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { ZipFile as ZipWriter } from 'yazl';
import { errnoOf, isPlainRelativePath, OpenSpaceError, toMessage } from '../lib/index.ts';
import { comparePaths } from './diff.ts';
import type { SkillFiles } from './skill.ts';

export interface BundleLimits {
  readonly maxFiles: number;
  /** Unpacked size of one file and of all together, in bytes. */
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

export const DEFAULT_BUNDLE_LIMITS: BundleLimits = {
  maxFiles: 2_000,
  maxFileBytes: 20 * 2 ** 20,
  maxTotalBytes: 50 * 2 ** 20,
};

// The earliest time a zip entry can hold, in UTC: equal skills give equal bytes, wherever they are packed.
const PACK_TIME = new Date(Date.UTC(1980, 0, 1));

/** Packs a skill as a zip archive. The same files always give the same bytes. */
export async function packSkill(files: SkillFiles): Promise<Uint8Array> {
  const zip = new ZipWriter();
  for (const [path, bytes] of [...files].sort(([a], [b]) => comparePaths(a, b))) {
    if (!isPlainRelativePath(path)) throw new OpenSpaceError('unsafe', `Not a path inside a skill: ${path}`);
    zip.addBuffer(Buffer.from(bytes), path, { mtime: PACK_TIME, mode: 0o100644, forceDosTimestamp: true });
  }
  zip.end();
  return new Uint8Array(await buffer(zip.outputStream));
}

const UNIX = 3;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/** The path of an entry inside the skill, `undefined` for a folder. Refuses whatever could lead outside. */
function pathOf(entry: Entry): string | undefined {
  const name = entry.fileName;
  const path = name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  const mode = entry.versionMadeBy >> 8 === UNIX ? (entry.externalFileAttributes >>> 16) & FILE_TYPE : 0;
  if (mode !== 0 && mode !== REGULAR && mode !== FOLDER)
    throw new OpenSpaceError('unsafe', `The archive holds a link or device: ${name}`);
  if (entry.generalPurposeBitFlag & 1)
    throw new OpenSpaceError('invalid', `The archive is encrypted: ${name}`);
  if (name.startsWith('/') || /[\x00-\x1f\x7f]/.test(name))
    throw new OpenSpaceError('unsafe', `The archive holds a path that a skill may not have: ${name}`);
  if (name.endsWith('/') && path !== '' && isPlainRelativePath(path)) return undefined;
  if (!isPlainRelativePath(path))
    throw new OpenSpaceError('unsafe', `The archive holds a path that leads outside of it: ${name}`);
  return path;
}

function tooLarge(what: string): OpenSpaceError {
  return new OpenSpaceError('too-large', `The archive is too large: ${what}`);
}

const STORED = 0;
const DEFLATED = 8;

/** Unpacks one entry, never to more than it may have: its header may lie. */
async function readEntry(zip: ZipFile, archive: Buffer, entry: Entry, maxBytes: number): Promise<Uint8Array> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = archive.subarray(fileDataStart, fileDataStart + entry.compressedSize);
  const invalid = (why: string) =>
    new OpenSpaceError('invalid', `The archive is damaged: ${entry.fileName} ${why}`);
  if (packed.length !== entry.compressedSize) throw invalid('is cut off');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
    throw invalid('is packed in a way that is not known');
  let bytes: Buffer;
  try {
    bytes =
      entry.compressionMethod === STORED
        ? Buffer.from(packed)
        : inflateRawSync(packed, {
            maxOutputLength: Math.max(1, Math.min(maxBytes, entry.uncompressedSize)),
          });
  } catch (error) {
    throw errnoOf(error) === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(`${entry.fileName} unpacks to more than its header says`)
      : invalid(`can't be unpacked (${toMessage(error)})`);
  }
  if (bytes.length > maxBytes) throw tooLarge(`${entry.fileName} has more than ${maxBytes} bytes`);
  if (bytes.length !== entry.uncompressedSize || crc32(bytes) !== entry.crc32)
    throw invalid('does not have the bytes that its header promises');
  return new Uint8Array(bytes);
}

/** A path may not be a file and a folder at once, nor differ from another in case only: disks would mix them up. */
function assertNoClash(paths: Iterable<string>): void {
  const seen = new Map<string, string>();
  const list = [...paths];
  for (const path of list) {
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) throw new OpenSpaceError('unsafe', `The archive holds ${other} and ${path}`);
    seen.set(folded, path);
  }
  for (const path of list) {
    const parts = path.normalize('NFC').toLowerCase().split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = seen.get(parts.slice(0, depth).join('/'));
      if (folder !== undefined)
        throw new OpenSpaceError('unsafe', `The archive holds ${folder} as a file and as a folder`);
    }
  }
}

async function readAll(
  zip: ZipFile,
  archive: Buffer,
  limits: BundleLimits,
): Promise<Map<string, Uint8Array>> {
  if (zip.entryCount > limits.maxFiles)
    throw tooLarge(`${zip.entryCount} entries, at most ${limits.maxFiles}`);
  const entries: [string, Entry][] = [];
  let claimed = 0;
  for await (const entry of zip.eachEntry()) {
    const path = pathOf(entry);
    if (path === undefined) continue;
    claimed += entry.uncompressedSize;
    if (entry.uncompressedSize > limits.maxFileBytes)
      throw tooLarge(`${path} (${entry.uncompressedSize} bytes)`);
    if (claimed > limits.maxTotalBytes) throw tooLarge(`more than ${limits.maxTotalBytes} bytes unpacked`);
    entries.push([path, entry]);
  }
  assertNoClash(entries.map(([path]) => path));
  const files = new Map<string, Uint8Array>();
  let left = limits.maxTotalBytes;
  for (const [path, entry] of entries) {
    const bytes = await readEntry(zip, archive, entry, Math.min(limits.maxFileBytes, left));
    left -= bytes.length;
    files.set(path, bytes);
  }
  return files;
}

/**
 * Unpacks an archive in memory. Refused as a whole, with nothing half done: paths that leave the folder, links,
 * clashing names (`unsafe`), more than the limits allow (`too-large`), anything that is not a sound zip (`invalid`).
 * Sidecars are left in; the caller decides about them.
 */
export async function unpackSkill(
  bytes: Uint8Array,
  limits: BundleLimits = DEFAULT_BUNDLE_LIMITS,
): Promise<SkillFiles> {
  let zip: ZipFile | undefined;
  try {
    const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    zip = await fromBufferPromise(archive, { strictFileNames: true });
    return await readAll(zip, archive, limits);
  } catch (error) {
    if (error instanceof OpenSpaceError) throw error;
    const message = toMessage(error);
    // yauzl refuses such names itself, before we see them.
    const isUnsafe = /relative path|absolute path|invalid characters in fileName/.test(message);
    throw new OpenSpaceError(isUnsafe ? 'unsafe' : 'invalid', `The archive can't be used: ${message}`, {
      cause: error,
    });
  } finally {
    zip?.close();
  }
}
