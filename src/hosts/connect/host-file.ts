// A host's settings file as text: read without loss or not at all, compared with what was planned, written in place.
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  isAbsent,
  isPresent,
  OpenSpaceError,
  realPathOfFuture,
  toDiskError,
  toMessage,
  writeFileAtomic,
} from '../../lib/index.ts';

/** The text, or undefined if there is no such file. Throws if its bytes can't be kept by editing it as text. */
export function readHostFile(file: string): string | undefined {
  const bytes = readBytes(file);
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  throw new OpenSpaceError('foreign-data', 'it is not UTF-8 text');
}

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (!isAbsent(error)) throw toDiskError(error, `Could not read ${file}`);
    if (!isPresent(file)) return undefined;
    throw new OpenSpaceError('foreign-data', 'it is a link to a missing file');
  }
}

/** Runs `work`; what it refuses is told with the file's name. */
export function about<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || error.code !== 'foreign-data') throw error;
    throw new OpenSpaceError('foreign-data', `${file} is left untouched: ${toMessage(error)}.`, {
      hint: 'Correct the file, or add the entry by hand (docs/guide/hosts.md).',
      cause: error,
    });
  }
}

/** Replaces a file that still has the content it was planned for. A link stays a link; undefined removes it. */
export function writeHostFile(file: string, before: string | undefined, after: string | undefined): void {
  if (about(file, () => readHostFile(file)) !== before) {
    throw new OpenSpaceError(
      'stale-head',
      `${file} was changed in the meantime; nothing was written to it.`,
      {
        hint: 'Run the command again. Close the host first if it keeps writing its settings.',
      },
    );
  }
  if (after === undefined) rmSync(file, { force: true });
  else writeFileAtomic(realPathOfFuture(file), after, { mode: 0o600, keepAttributes: before !== undefined });
}

/** The folders above a path that are not there yet, outermost first. */
export function missingFolders(path: string): readonly string[] {
  const folder = dirname(path);
  return isPresent(folder) || folder === path ? [] : [...missingFolders(folder), folder];
}
