// A folder that is kept in one place and shown to programs at another: how paths go from one to the other.
import { isAbsolute, join, normalize, relative } from 'node:path';
import { isInside } from './files.ts';

/**
 * How a folder is seen. Our own process reads and writes it under `root`; programs, models and people know it as `shown`.
 * Where nothing stands between them both are the same path.
 */
export interface FolderView {
  readonly shown: string;
  readonly root: string;
  /** Words put before a command so that it runs where `shown` is the kept folder (`nsenter …`). Mostly empty. */
  readonly enter: readonly string[];
}

/** The view of a folder that is worked in directly. */
export function directView(folder: string): FolderView {
  return { shown: folder, root: folder, enter: [] };
}

/** The path under which our process reaches what is shown as `path`. Relative paths start at the folder. */
export function toRootPath(view: FolderView, path: string): string {
  const shown = normalize(isAbsolute(path) ? path : join(view.shown, path));
  return isInside(view.shown, shown) ? join(view.root, relative(view.shown, shown)) : shown;
}

/** The path under which others see what our process reaches as `path`. */
export function toShownPath(view: FolderView, path: string): string {
  if (isInside(view.root, path)) return join(view.shown, relative(view.root, path));
  // A link may lead out of the folder, but still within another process's view of the files (`/proc/<pid>/root`).
  const window = view.root.endsWith(view.shown) ? view.root.slice(0, -view.shown.length) : '';
  return window !== '' && path.startsWith(`${window}/`) ? path.slice(window.length) : path;
}
