// A folder as a source of skills, also the one that a repository was checked out into.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OpenSpaceError, pathInside, readTextIfPresent } from '../../lib/index.ts';
import { parseSkillMd, SKILL_FILE } from '../../skills/index.ts';
import { reviewFolder } from '../publish-files.ts';
import { type Fetched, type Offer, rankOffers, type Source } from './source.ts';

const SKIPPED = new Set(['node_modules', '.git', '.hg', '.svn', '__pycache__', '.venv']);
const MAX_DEPTH = 8;
const MAX_SKILLS = 5_000;

/** Every folder below `root` with a SKILL.md, as relative paths; `.` for the root itself. Links are not followed. */
export function findSkillFolders(root: string): string[] {
  const found: string[] = [];
  const enter = (below: string, depth: number): void => {
    const entries = readdirSync(join(root, below), { withFileTypes: true });
    if (entries.some((entry) => entry.isFile() && entry.name === SKILL_FILE)) {
      found.push(below === '' ? '.' : below);
      return; // what is inside of a skill belongs to it
    }
    if (depth >= MAX_DEPTH) return;
    for (const entry of entries)
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && found.length < MAX_SKILLS)
        enter(below === '' ? entry.name : `${below}/${entry.name}`, depth + 1);
  };
  enter('', 0);
  return found.sort();
}

/** The skills of a folder with what their front matter says. */
export function offersIn(root: string, source: string): Offer[] {
  return findSkillFolders(root).map((id) => {
    const parsed = parseSkillMd(readTextIfPresent(join(root, id, SKILL_FILE)) ?? '');
    return { source, id, name: parsed.name ?? nameOf(root, id), description: parsed.description ?? '' };
  });
}

const nameOf = (root: string, id: string) => basename(id === '.' ? root : id);

/** Reads one skill of a folder. Throws `not-found`, or `denied` for a path that leads outside. */
export function fetchFrom(root: string, source: string, id: string, revision: string | null): Fetched {
  const folder = pathInside(root, id);
  const text = readTextIfPresent(join(folder, SKILL_FILE));
  if (text === undefined) throw new OpenSpaceError('not-found', `${source} has no skill "${id}".`);
  const { files } = reviewFolder(folder);
  return { name: parseSkillMd(text).name ?? nameOf(root, id), id, revision, files };
}

export function openFolderSource(root: string): Source {
  const address = `folder:${root}`;
  return {
    address,
    search: async (query, limit) => rankOffers(offersIn(root, address), query, limit),
    fetch: async (id) => fetchFrom(root, address, id, null),
    newest: async (id) => (findSkillFolders(root).includes(id) ? { id, revision: null } : undefined),
  };
}
