// Putting one entry in place of another in a user's folder, in one step, and only if it is still what was expected.
import { chmodSync, mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, toDiskError } from '../lib/index.ts';
import { copyFileWhole, type Entry, entryAt, isUntouched } from './entry.ts';

/** What is to stand at a path. */
export type Content =
  | { readonly type: 'absent' }
  | { readonly type: 'file'; readonly from: string }
  | { readonly type: 'text'; readonly text: string; readonly mode: number }
  | { readonly type: 'link'; readonly target: string }
  | { readonly type: 'folder'; readonly mode: number };

/**
 * Makes `path` hold the content. False, with nothing changed, if it is no longer what `expected` says, or if a folder
 * that was to go is not empty. `token` names the neighbour that is written first: whoever knows it can sweep it.
 */
export function putInPlace(path: string, expected: Entry, content: Content, token: string): boolean {
  try {
    return put(path, expected, content, token);
  } catch (error) {
    throw toDiskError(error, `Could not change ${path}`);
  }
}

function put(path: string, expected: Entry, content: Content, token: string): boolean {
  const isStill = () => {
    const now = entryAt(path);
    return expected.type === 'folder' ? now.type === 'folder' : isUntouched(expected, now);
  };
  if (!isStill()) return false;
  if (expected.type === 'folder' && content.type !== 'folder' && !removeFolder(path)) return false;
  if (content.type === 'absent') {
    if (expected.type !== 'folder') rmSync(path, { force: true });
    return true;
  }
  if (content.type === 'folder') {
    if (expected.type !== 'folder' && expected.type !== 'absent') rmSync(path);
    mkdirSync(path, { recursive: true });
    chmodSync(path, content.mode);
    return true;
  }
  mkdirSync(dirname(path), { recursive: true });
  const staged = stagedPath(path, token);
  try {
    if (content.type === 'link') symlinkSync(content.target, staged);
    else if (content.type === 'file') copyFileWhole(content.from, staged);
    else {
      writeFileSync(staged, content.text);
      chmodSync(staged, content.mode);
    }
    if (expected.type !== 'folder' && !isStill()) return false;
    renameSync(staged, path);
    return true;
  } finally {
    rmSync(staged, { force: true });
  }
}

/** The neighbour that a file is written to before it takes its place. */
export function stagedPath(path: string, token: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${token}.tmp`);
}

function removeFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
