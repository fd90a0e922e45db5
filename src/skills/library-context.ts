// What the parts of the library share: rows, roots, locks, the search index, time and chance.
import { join } from 'node:path';
import { openProcessLock, type ProcessLock, sha256, type World } from '../lib/index.ts';
import type { SkillRoot } from './roots.ts';
import type { SearchIndex } from './search-index.ts';
import type { SkillStore } from './store.ts';

export interface LibraryContext {
  readonly store: SkillStore;
  readonly index: SearchIndex;
  readonly roots: readonly SkillRoot[];
  /** The root in which new skills are shown; undefined: they stay in the library. */
  readonly learntRoot: SkillRoot | undefined;
  readonly locks: RootLocks;
  readonly world: World;
}

/** One lock for each root: whoever changes folders of a root holds it. */
export class RootLocks {
  readonly #folder: string | undefined;
  readonly #open = new Map<string, ProcessLock>();

  /** `undefined` for a library in memory, which no other process can share. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  run<T>(root: string, body: () => T): T {
    if (this.#folder === undefined) return body();
    let lock = this.#open.get(root);
    if (lock === undefined) {
      lock = openProcessLock(join(this.#folder, `${sha256(root).slice(0, 16)}.lock`));
      this.#open.set(root, lock);
    }
    return lock.run(body);
  }

  close(): void {
    for (const lock of this.#open.values()) lock.close();
    this.#open.clear();
  }
}

/** The root that a folder row names, if this process looks at it. */
export function rootOf(context: LibraryContext, path: string): SkillRoot | undefined {
  return context.roots.find((root) => root.path === path);
}

/** True if the folder may be written: its root says so, and it lies in the root itself and not behind a link. */
export function isOurs(context: LibraryContext, folder: { path: string; root: string }): boolean {
  return rootOf(context, folder.root)?.writable === true && folder.path.startsWith(`${folder.root}/`);
}

export const nowUtc = (context: LibraryContext) => context.world.now().toISOString();
