// Opens the library and the ledger of a data home, with the skill folders that the settings name.
import { join } from 'node:path';
import { type Config, learntSkillFolder, skillFolders } from '../config/index.ts';
import { type Ledger, openLedger } from '../learning/index.ts';
import { type Database, makeFolder, openDatabase, type World } from '../lib/index.ts';
import { type Library, openLibrary } from '../skills/index.ts';

export interface LibraryHandles {
  readonly db: Database;
  readonly library: Library;
  readonly ledger: Ledger;
  close(): void;
}

/** The database of a data home; the caller closes it. */
export function openHomeDatabase(config: Config): Database {
  return openDatabase({ path: join(config.home, 'openspace.db') });
}

/**
 * Opens both on the home's one database. The caller closes them; what it opened on failure is closed here.
 * Throws `foreign-data`, `newer-data`, `corrupt`, `disk`.
 */
export function openLibraryOf(config: Config, options: { readonly world?: World } = {}): LibraryHandles {
  const learntRoot = learntSkillFolder(config);
  makeFolder(learntRoot);
  const db = openHomeDatabase(config);
  try {
    const library = openLibrary({
      ...options,
      db,
      roots: rootsOf(config, learntRoot),
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
function rootsOf(config: Config, learnt: string) {
  const folders = skillFolders(config);
  if (folders.some(({ path }) => path === learnt)) return folders;
  const origin = config.originOf('skills.capture_dir');
  const kind = 'configured' as const;
  return [
    ...folders,
    { path: learnt, kind, writable: true, trusted: true, precedence: folders.length, origin },
  ];
}
