// Reading a file that is about to be changed.
import { openForReading } from './access.ts';
import { decodeText, type TextForm } from './encoding.ts';

/** Larger files are not edited as a whole and get no diff. */
export const MAX_CHANGE_BYTES = 16 * 1024 * 1024;

export type ChangeSource =
  | { readonly kind: 'text'; readonly text: string; readonly form: TextForm; readonly bytes: Buffer }
  | { readonly kind: 'binary' }
  | { readonly kind: 'too-large'; readonly sizeBytes: number };

/** The whole file, if it is text of a reasonable size. `target` comes from `resolvePath`. */
export async function readForChange(target: string): Promise<ChangeSource> {
  const { handle, sizeBytes } = await openForReading(target);
  try {
    if (sizeBytes > MAX_CHANGE_BYTES) return { kind: 'too-large', sizeBytes };
    const bytes = await handle.readFile();
    const decoded = decodeText(bytes);
    return decoded === undefined ? { kind: 'binary' } : { kind: 'text', ...decoded, bytes };
  } finally {
    await handle.close();
  }
}
