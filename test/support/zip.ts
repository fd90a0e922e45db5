// Archives as an attacker would make them.
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A zip as our own packer would never write it: each entry's name and attributes as given. */
export async function zipOf(
  entries: readonly { name: string; data?: string; mode?: number }[],
): Promise<Uint8Array> {
  const zip = new ZipFile();
  // Names that yazl refuses are put in afterwards: same length, so that no offset moves.
  for (const [index, { name, data = 'x', mode = 0o100644 }] of entries.entries())
    zip.addBuffer(Buffer.from(data), `${index}`.padEnd(Buffer.byteLength(name), 'n'), {
      mode,
      compress: false,
    });
  zip.end();
  const bytes = Buffer.from(await buffer(zip.outputStream));
  for (const [index, { name }] of entries.entries()) {
    const placeholder = Buffer.from(`${index}`.padEnd(Buffer.byteLength(name), 'n'));
    for (let at = bytes.indexOf(placeholder); at !== -1; at = bytes.indexOf(placeholder, at + 1))
      bytes.write(name, at);
  }
  return new Uint8Array(bytes);
}
