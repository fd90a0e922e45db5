// Paths in a model's edit: made plain, or refused.
import { isPlainRelativePath } from '../../lib/index.ts';
import { SIDECARS } from '../format.ts';

const MAX_NAME_BYTES = 255;

/** A refused edit. Never leaves the edit module. */
export class EditError extends Error {}

/**
 * The path inside the skill that a model means: `./a`, `b/../a` and `a\b` are made plain.
 * Throws `EditError` for one that leads outside, or names a file that is not the skill's own.
 */
export function skillPath(written: string): string {
  const path = written.trim().replaceAll('\\', '/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw new EditError(`The path leads out of the skill: ${written}`);
  }
  const plain = parts.join('/');
  if (path.startsWith('/') || /^[a-z]:/i.test(path))
    throw new EditError(`The path must be relative to the skill’s folder: ${written}`);
  if (!isPlainRelativePath(plain) || /[\x00-\x1f\x7f]/.test(plain))
    throw new EditError(`Not a path of a file: ${JSON.stringify(written)}`);
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES))
    throw new EditError(`The name is too long: ${plain.slice(0, 60)}…`);
  if (SIDECARS.has(plain.toLowerCase()) || parts[0]?.toLowerCase() === '.git')
    throw new EditError(`${plain} is not part of the skill and can’t be edited`);
  return plain;
}

/** Throws if a path is a file and a folder at once, or differs from another in case only. */
export function assertNoClash(paths: Iterable<string>): void {
  const folded = new Map<string, string>();
  for (const path of paths) {
    const other = folded.get(path.toLowerCase());
    if (other !== undefined) throw new EditError(`${path} and ${other} differ in case only`);
    folded.set(path.toLowerCase(), path);
  }
  for (const [path, written] of folded) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = folded.get(parts.slice(0, depth).join('/'));
      if (folder !== undefined)
        throw new EditError(`${folder} can’t be a file and a folder (because of ${written})`);
    }
  }
}
