// Opens the library and the ledger of a data home, with the skill folders that the settings name.

import { join } from 'node:path';
import { type Config, learntSkillFolder, skillFolders } from '../config/index.ts';
import { type Ledger, openLedger } from '../learning/ledger/index.ts';
import { type Database, openDatabase, type World } from '../lib/index.ts';
import { type Library, openLibrary, type SkillRoot } from '../skills/index.ts';

export interface LibraryHandles {
  readonly db: Database;
  readonly library: Library;
  readonly ledger: Ledger;
  close(): void;
}

/** Opens both on the home's one database. The caller closes them; what it opened on failure is closed here. */
export function openLibraryOf(config: Config, options: { readonly world?: World } = {}): LibraryHandles {
  const db = openDatabase({ path: join(config.home, 'openspace.db') });
  try {
    const learntRoot = learntSkillFolder(config);
    const library = openLibrary({
      ...options,
      db,
      roots: withLearnt(skillFolders(config), learntRoot),
      learntRoot,
      locksFolder: join(config.home, 'locks'),
    });
    const close = () => {
      library.close();
      db.close();
    };
    return { db, library, ledger: openLedger(db), close };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A capture folder that is none of the skill folders is one all the same: what is learnt must be found again. */
function withLearnt(roots: readonly SkillRoot[], learntRoot: string): SkillRoot[] {
  return [...roots, { path: learntRoot, kind: 'configured', writable: true, precedence: roots.length }];
}
