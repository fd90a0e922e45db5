// Which files of a folder may go to others: ignore rules, links, secrets, size. Everything left out is named.
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { OpenSpaceError, readTextIfPresent, toDiskError } from '../lib/index.ts';
import { type Finding, SIDECARS, SKILL_FILE, type SkillFiles, scanSkill } from '../skills/index.ts';

export interface PublishReview {
  /** What would be sent. */
  readonly files: SkillFiles;
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
  /** Why nothing may be sent at all; empty if all is well. */
  readonly refusals: readonly Finding[];
  readonly totalBytes: number;
}

export const PUBLISH_LIMITS = {
  maxFiles: 500,
  maxFileBytes: 5_000_000,
  maxTotalBytes: 20_000_000,
  maxDepth: 12,
};

const FOLDERS = new Set(['node_modules', '__pycache__', 'venv', '.git', '.hg', '.svn', 'dist-info']);
/** Files that hold credentials or keys by their very name. */
const SECRET_FILES =
  /^(?:\.env(?:\..*)?|.*\.env|\.?npmrc|\.?netrc|\.?pypirc|id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json)?|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx))$/i;
const DROPPINGS = /^(?:Thumbs\.db|desktop\.ini|.*~|.*\.(?:swp|swo|tmp|bak|pyc|log))$/i;
/** Says which files stay at home, in the form of `.gitignore`. Never sent itself. */
export const IGNORE_FILE = '.openspaceignore';

interface Walk {
  readonly root: string;
  readonly rules: Ignore;
  readonly files: Map<string, Uint8Array>;
  readonly leftOut: { path: string; why: string }[];
  readonly refusals: Finding[];
  totalBytes: number;
}

/** Reads a skill's folder for publishing. Links are never followed. Throws `not-found` if it is no folder with a SKILL.md. */
export function reviewFolder(folder: string): PublishReview {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) throw new OpenSpaceError('not-found', `There is no folder ${folder}.`);
  const root = realpathSync(folder); // the folder itself may be a link, nothing in it
  const rules = ignore();
  for (const name of ['.gitignore', IGNORE_FILE]) rules.add(readTextIfPresent(join(root, name)) ?? '');
  const walk: Walk = { root, rules, files: new Map(), leftOut: [], refusals: [], totalBytes: 0 };
  readInto(walk, '', 0);
  if (!walk.files.has(SKILL_FILE))
    throw new OpenSpaceError('not-found', `There is no ${SKILL_FILE} in ${folder}.`, {
      hint: 'A skill is a folder with a SKILL.md.',
    });
  if (walk.totalBytes > PUBLISH_LIMITS.maxTotalBytes)
    walk.refusals.push(tooLarge('', `${walk.totalBytes} bytes together`));
  return {
    files: walk.files,
    leftOut: walk.leftOut,
    refusals: [...walk.refusals, ...findSecrets(walk.files)],
    totalBytes: walk.totalBytes,
  };
}

/** The same rules for files that are already in memory, as the library holds them. */
export function reviewFiles(files: SkillFiles): PublishReview {
  const kept = new Map<string, Uint8Array>();
  const leftOut: { path: string; why: string }[] = [];
  for (const [path, bytes] of files) {
    const parts = path.split('/');
    const why = parts
      .map((name, at) => reasonToLeaveOut(name, at < parts.length - 1))
      .find((reason) => reason !== undefined);
    if (why === undefined) kept.set(path, bytes);
    else leftOut.push({ path, why });
  }
  const totalBytes = [...kept.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  return { files: kept, leftOut, refusals: findSecrets(kept), totalBytes };
}

function reasonToLeaveOut(name: string, isFolder: boolean): string | undefined {
  if (isFolder && FOLDERS.has(name)) return 'never part of a skill';
  if (!isFolder && SECRET_FILES.test(name)) return 'holds secrets by its name';
  if (!isFolder && SIDECARS.has(name)) return 'our own note about the skill';
  if (!isFolder && DROPPINGS.test(name)) return 'left by a program';
  if (name.startsWith('.')) return 'hidden';
  return undefined;
}

function readInto(walk: Walk, below: string, depth: number): void {
  if (depth > PUBLISH_LIMITS.maxDepth) {
    walk.refusals.push(tooLarge(below, `nested deeper than ${PUBLISH_LIMITS.maxDepth} folders`));
    return;
  }
  const entries = readdirSync(join(walk.root, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const why = entry.isSymbolicLink()
      ? 'a link: what it points to is not part of the skill'
      : entry.isDirectory() || entry.isFile()
        ? reasonToLeaveOut(entry.name, entry.isDirectory())
        : 'not a file';
    const isIgnored = walk.rules.ignores(entry.isDirectory() ? `${path}/` : path);
    if (why !== undefined || isIgnored) walk.leftOut.push({ path, why: why ?? 'named by an ignore file' });
    else if (entry.isDirectory()) readInto(walk, path, depth + 1);
    else readOne(walk, path);
  }
}

function readOne(walk: Walk, path: string): void {
  const full = join(walk.root, path);
  const { size } = lstatSync(full);
  walk.totalBytes += size;
  if (size > PUBLISH_LIMITS.maxFileBytes) walk.refusals.push(tooLarge(path, `${size} bytes`));
  else if (walk.files.size >= PUBLISH_LIMITS.maxFiles)
    walk.refusals.push(tooLarge(path, `more than ${PUBLISH_LIMITS.maxFiles} files`));
  else if (walk.totalBytes <= PUBLISH_LIMITS.maxTotalBytes) {
    try {
      walk.files.set(path, new Uint8Array(readFileSync(full)));
    } catch (error) {
      throw toDiskError(error, `Could not read ${full}`);
    }
  }
}

function tooLarge(file: string, what: string): Finding {
  return {
    rule: 'publish/too-large',
    severity: 'block',
    message: `Too large to publish: ${what}.`,
    ...(file === '' ? {} : { file }),
  };
}

/** Credentials in the files, by the safety rules' shapes; each is a reason not to send anything. */
export function findSecrets(files: SkillFiles): Finding[] {
  return scanSkill(files)
    .filter(({ rule }) => rule === 'safety/secret')
    .map((finding) => ({
      ...finding,
      severity: 'block',
      message: `Line ${finding.line ?? 1} of ${finding.file ?? 'a file'}: ${finding.message}`,
      hint: `Take it out, or keep the file at home by naming it in ${IGNORE_FILE}.`,
    }));
}

/** Throws `unsafe` or `too-large` if the review found a reason. */
export function requirePublishable(review: PublishReview): void {
  const [first] = review.refusals;
  if (first === undefined) return;
  const more = review.refusals.length === 1 ? '' : ` (and ${review.refusals.length - 1} more)`;
  throw new OpenSpaceError(first.rule === 'safety/secret' ? 'unsafe' : 'too-large', first.message + more, {
    hint: first.hint,
  });
}
