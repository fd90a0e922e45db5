// What stands at a path: a file, a link, a folder or nothing, and whether two such states are the same.
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lchownSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { isAbsent } from '../lib/index.ts';

export type Entry =
  | { readonly type: 'absent' }
  | { readonly type: 'file'; readonly mode: number; readonly size: number; readonly stamp: string }
  | { readonly type: 'link'; readonly target: string; readonly stamp: string }
  | { readonly type: 'folder'; readonly mode: number; readonly stamp: string }
  /** A pipe, socket or device: never copied. */
  | { readonly type: 'special'; readonly stamp: string };

export const ABSENT: Entry = { type: 'absent' };

/** What is at a path now, links not followed. */
export function entryAt(path: string): Entry {
  const stats = statsAt(path);
  if (stats === undefined) return ABSENT;
  // The change time moves with every change and, other than the modification time, can't be set by programs.
  const stamp = `${stats.ino}:${stats.size}:${stats.ctimeNs}`;
  const mode = Number(stats.mode & 0o7777n);
  if (stats.isFile()) return { type: 'file', mode, size: Number(stats.size), stamp };
  if (stats.isSymbolicLink()) return { type: 'link', target: readlinkSync(path), stamp };
  if (stats.isDirectory()) return { type: 'folder', mode, stamp };
  return { type: 'special', stamp };
}

function statsAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** When the entry last changed, in ns since 1970; 0 for nothing. */
export function changedAtNs(entry: Entry): bigint {
  return entry.type === 'absent' ? 0n : BigInt(entry.stamp.split(':')[2] ?? '0');
}

/** True if nobody has touched the path between the two looks. */
export function isUntouched(a: Entry, b: Entry): boolean {
  return a.type === b.type && (a.type === 'absent' || b.type === 'absent' || a.stamp === b.stamp);
}

/** True if two paths hold the same: kind, content, mode, target. */
export function isSameContent(pathA: string, a: Entry, pathB: string, b: Entry): boolean {
  if (a.type !== b.type) return false;
  if (a.type === 'link' && b.type === 'link') return a.target === b.target;
  if (a.type === 'file' && b.type === 'file') {
    return a.mode === b.mode && a.size === b.size && sameBytes(pathA, pathB);
  }
  return a.type === 'folder' || a.type === 'absent';
}

/** Compares two files of equal size piece by piece. */
export function sameBytes(pathA: string, pathB: string): boolean {
  const a = openSync(pathA, 'r');
  try {
    const b = openSync(pathB, 'r');
    try {
      const [one, two] = [Buffer.alloc(64 * 1024), Buffer.alloc(64 * 1024)];
      for (;;) {
        const count = readSync(a, one);
        const other = readSync(b, two);
        if (count !== other || !one.subarray(0, count).equals(two.subarray(0, count))) return false;
        if (count === 0) return true;
      }
    } finally {
      closeSync(b);
    }
  } finally {
    closeSync(a);
  }
}

/** Copies a file with its mode and, for root, its owner; shares blocks where the disk can. */
export function copyFileWhole(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  const stats = lstatSync(from);
  chmodSync(to, stats.mode & 0o7777);
  if (process.getuid?.() === 0) {
    lchownSync(to, stats.uid, stats.gid);
    chmodSync(to, stats.mode & 0o7777); // a change of owner takes the special bits away
  }
}

/** A text file's content, if it is one and not too long to be merged or shown. */
export function readMergeable(path: string, entry: Entry, maxBytes = 2 * 1024 * 1024): string | undefined {
  if (entry.type !== 'file' || entry.size > maxBytes) return undefined;
  const bytes = readFileSync(path);
  if (bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.byteLength(text) === bytes.length && !text.includes('\ufffd') ? text : undefined;
}
