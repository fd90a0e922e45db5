// The skill library of a data home, opened with the folders that the settings name.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, learntSkillFolder, skillFolders } from '../config/index.ts';
import { type Database, openDatabase, type World } from '../lib/index.ts';
import { type Library, openLibrary } from '../skills/index.ts';

export interface SkillLibrary {
  readonly db: Database;
  readonly library: Library;
  close(): void;
}

/** The database of a data home; the caller closes it. */
export function openHomeDatabase(config: Config): Database {
  return openDatabase({ path: join(config.home, 'openspace.db') });
}

/** Opens database and library. Throws `foreign-data`, `newer-data`, `corrupt`, `disk`. */
export function openSkillLibrary(config: Config, world: World): SkillLibrary {
  const learnt = learntSkillFolder(config);
  mkdirSync(learnt, { recursive: true });
  const db = openHomeDatabase(config);
  try {
    const library = openLibrary({ db, roots: rootsOf(config, learnt), learntRoot: learnt, world });
    return {
      db,
      library,
      close() {
        library.close();
        db.close();
      },
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The folder for learnt skills is one of the roots, even where the settings name it nowhere else. */
function rootsOf(config: Config, learnt: string) {
  const folders = skillFolders(config);
  if (folders.some(({ path }) => path === learnt)) return folders;
  return [
    ...folders,
    {
      path: learnt,
      kind: 'configured' as const,
      writable: true,
      trusted: true,
      precedence: folders.length,
      origin: config.originOf('skills.capture_dir'),
    },
  ];
}
