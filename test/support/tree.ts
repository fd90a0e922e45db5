// A folder as text: every path with its kind, mode, size, times and content hash. Two equal texts are two equal folders.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Lines `path mode kind content`, sorted. `times` adds modification times; `contentBytes` limits what is hashed of a file. */
export function describeTree(root: string, options: { times?: boolean; contentBytes?: number } = {}): string {
  const lines: string[] = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stats = lstatSync(join(root, path));
      const time = options.times === true ? ` ${stats.mtimeMs}` : '';
      lines.push(
        `${path} ${stats.mode.toString(8)} ${contentOf(join(root, path), stats.size, options.contentBytes)}${time}`,
      );
      if (stats.isDirectory()) visit(path);
    }
  };
  visit('');
  return lines.join('\n');
}

function contentOf(path: string, size: number, limit = Number.MAX_SAFE_INTEGER): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `→ ${readlinkSync(path)}`;
  if (!stats.isFile()) return 'folder';
  if (size > limit) return `${size} bytes in ${stats.blocks} blocks`;
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
