// Office files as what they are: zip archives of named parts. Reading is bounded, so that no archive can fill the memory.
import yauzl from 'yauzl';
import yazl from 'yazl';
import { OpenSpaceError } from '../../lib/index.ts';

const MAX_ENTRIES = 20_000;
const MAX_PART_BYTES = 128 * 1024 * 1024;
const MAX_TOTAL_BYTES = 384 * 1024 * 1024;

/** Parts by name, unpacked when they are read. */
export interface OfficePackage {
  readonly names: readonly string[];
  /** The part's bytes, or undefined if there is none. Throws `too-large` beyond the limits, whatever the archive claims. */
  read(name: string): Promise<Buffer | undefined>;
  readText(name: string): Promise<string | undefined>;
}

export async function openPackage(bytes: Uint8Array): Promise<OfficePackage> {
  const zip = await yauzl.fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
    lazyEntries: true,
  });
  if (zip.entryCount > MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES} parts`);
  const entries = new Map<string, yauzl.Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName.replace(/^\/+/, ''), entry);
  let total = 0;
  const read = async (name: string): Promise<Buffer | undefined> => {
    const entry = entries.get(name.replace(/^\/+/, ''));
    if (entry === undefined) return undefined;
    if (entry.isEncrypted())
      throw new OpenSpaceError('invalid', 'The document is protected with a password.');
    const stream = await zip.openReadStreamPromise(entry, {});
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      total += chunk.length;
      if (size > MAX_PART_BYTES || total > MAX_TOTAL_BYTES) {
        throw tooLarge(`it unpacks to more than ${MAX_PART_BYTES / 1024 / 1024} MB`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    names: [...entries.keys()],
    read,
    readText: async (name) => {
      const part = await read(name);
      return part === undefined ? undefined : new TextDecoder().decode(part);
    },
  };
}

const tooLarge = (what: string) =>
  new OpenSpaceError('too-large', `The document is too large to be read: ${what}.`);

/** The same parts give the same bytes: entries carry a fixed time. */
export async function writePackage(parts: ReadonlyMap<string, string | Uint8Array>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  const options = { mtime: new Date('2000-01-01T00:00:00Z'), mode: 0o100644 };
  for (const [name, content] of parts) zip.addBuffer(Buffer.from(content as string), name, options);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
