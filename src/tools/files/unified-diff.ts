// The unified diff that people see of a change.
import { capOutput } from '../../lib/index.ts';

const MAX_DIFF_BYTES = 64 * 1024;
/** A diff of two very different texts can take long; it is for people and may be left out. */
const MAX_DIFF_MS = 500;

/** `undefined` if nothing changed or the diff would take too long. */
export async function unifiedDiff(path: string, before: string, after: string): Promise<string | undefined> {
  if (before === after) return undefined;
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  const diff = createTwoFilesPatch(path, path, before, after, undefined, undefined, {
    context: 3,
    timeout: MAX_DIFF_MS,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return diff === undefined ? undefined : capOutput(diff, MAX_DIFF_BYTES);
}
