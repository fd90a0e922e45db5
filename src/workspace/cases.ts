// Starts of runs, kept for replay: the files that a run could read, without secrets, bounded, equal files once.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join } from 'node:path';
import ignore from 'ignore';
import { z } from 'zod';
import {
  createRedactor,
  isAbsent,
  isPlainRelativePath,
  OpenSpaceError,
  readTextIfPresent,
  removeTree,
  sha256,
  type World,
  writeFileAtomic,
} from '../lib/index.ts';
import type { Change } from './changes.ts';
import { entryAt } from './entry.ts';

/** Bounds of one case, and of all together. */
export const CASE_LIMITS = {
  fileBytes: 1024 * 1024,
  caseBytes: 20 * 1024 * 1024,
  files: 3_000,
  cases: 100,
  bytes: 512 * 1024 * 1024,
};

const fileSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file'),
    path: z.string(),
    mode: z.number(),
    sha256: z.string(),
    size: z.number(),
  }),
  z.object({ type: z.literal('link'), path: z.string(), target: z.string() }),
]);
const caseSchema = z.object({
  version: z.literal(1),
  run_id: z.string(),
  task: z.string(),
  workspace: z.string(),
  at: z.string(),
  files: z.array(fileSchema),
  /** Paths that are not in it, with the reason. */
  left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
});
/** The start of a run. */
export type ReplayCase = z.output<typeof caseSchema>;

const SECRET_NAME =
  /(?:^|\/)(?:\.env(?:\..*)?|\.netrc|\.npmrc|\.pypirc|\.git-credentials|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.pub)?|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ovpn)|.*credentials?(?:\.\w+)?|.*secrets?\.\w+)$/i;
const SKIPPED = new Set([
  '.git',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
  '.openspace',
  'target',
  '.cache',
]);
const casesIn = (dataHome: string) => join(dataHome, 'cases');
const blobPath = (dataHome: string, hash: string) => join(casesIn(dataHome), 'blobs', hash.slice(0, 2), hash);
const casePath = (dataHome: string, runId: string) => join(casesIn(dataHome), `${runId}.json`);

export interface KeepCaseOptions {
  readonly dataHome: string;
  readonly runId: string;
  readonly task: string;
  /** The user's folder. */
  readonly path: string;
  /** What the attempt changed: their starts are known even if the user edits now. */
  readonly changes: readonly Change[];
  readonly world: World;
}

/** Keeps a case and forgets the oldest beyond the limits. */
export function keepCase(options: KeepCaseOptions): ReplayCase {
  const { dataHome } = options;
  const redactor = createRedactor();
  const starts = new Map(options.changes.map((change) => [change.path, change]));
  const files: ReplayCase['files'] = [];
  const leftOut: ReplayCase['left_out'] = [];
  let bytes = 0;
  for (const path of replayPaths(options.path)) {
    const from = starts.get(path)?.beforeFile ?? join(options.path, path);
    const entry = entryAt(from);
    const skip = (reason: string) => leftOut.push({ path, reason });
    if (entry.type === 'link') files.push({ type: 'link', path, target: entry.target });
    if (entry.type !== 'file') continue;
    if (SECRET_NAME.test(path)) skip('it may hold credentials');
    else if (entry.size > CASE_LIMITS.fileBytes || bytes + entry.size > CASE_LIMITS.caseBytes)
      skip('it is too large');
    else {
      const content = readFileSync(from);
      const isSecret =
        isTextFile(path) && redactor.text(content.toString('utf8')) !== content.toString('utf8');
      if (isSecret) skip('it holds a credential');
      else {
        const hash = sha256(content);
        const blob = blobPath(dataHome, hash);
        if (entryAt(blob).type === 'absent') writeFileAtomic(blob, content, { mode: 0o600 });
        files.push({ type: 'file', path, mode: entry.mode, sha256: hash, size: entry.size });
        bytes += entry.size;
      }
    }
    if (files.length >= CASE_LIMITS.files) break;
  }
  const made: ReplayCase = {
    version: 1,
    run_id: options.runId,
    task: redactor.text(options.task),
    workspace: options.path,
    at: options.world.now().toISOString(),
    files,
    left_out: leftOut.slice(0, 200),
  };
  writeFileAtomic(casePath(dataHome, options.runId), `${JSON.stringify(made)}\n`, { mode: 0o600 });
  pruneCases(dataHome);
  return made;
}

const isTextFile = (path: string) =>
  !/^\.(?:png|jpe?g|gif|webp|pdf|zip|gz|xz|woff2?|ttf|mp[34]|sqlite|db)$/i.test(extname(path));

/** Files of a project that a replay needs: not what is ignored, installed or built. */
function* replayPaths(root: string): Generator<string> {
  const rules = ignore().add(readTextIfPresent(join(root, '.gitignore')) ?? '');
  const queue = [''];
  for (let at = 0; at < queue.length; at += 1) {
    const folder = queue[at] ?? '';
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (SKIPPED.has(entry.name) || rules.ignores(entry.isDirectory() ? `${path}/` : path)) continue;
      if (entry.isDirectory()) queue.push(path);
      else yield path;
    }
  }
}

/** Cases, newest first. */
export function listCases(dataHome: string): readonly ReplayCase[] {
  let names: string[];
  try {
    names = readdirSync(casesIn(dataHome)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  return names
    .map((name) => readCase(dataHome, name.slice(0, -'.json'.length)))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** One case. Throws `not-found` or `corrupt`. */
export function readCase(dataHome: string, runId: string): ReplayCase {
  const text = isPlainRelativePath(runId) ? readTextIfPresent(casePath(dataHome, runId)) : undefined;
  if (text === undefined) throw new OpenSpaceError('not-found', `There is no case of the run ${runId}.`);
  try {
    return caseSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new OpenSpaceError('corrupt', `The case of the run ${runId} can't be read.`, { cause: error });
  }
}

/** Lays the files of a case into an empty folder, for a replay. */
export function layOutCase(dataHome: string, runId: string, folder: string): ReplayCase {
  const found = readCase(dataHome, runId);
  for (const file of found.files) {
    if (!isPlainRelativePath(file.path))
      throw new OpenSpaceError('corrupt', `The case holds the path ${file.path}.`);
    const to = join(folder, file.path);
    mkdirSync(dirname(to), { recursive: true });
    if (file.type === 'link') symlinkSync(file.target, to);
    else {
      writeFileSync(to, readFileSync(blobPath(dataHome, file.sha256)));
      chmodSync(to, file.mode);
    }
  }
  return found;
}

/** Forgets the oldest cases beyond the limits, and the files that no case has any more. */
function pruneCases(dataHome: string): void {
  const used = new Set<string>();
  let bytes = 0;
  listCases(dataHome).forEach((item, index) => {
    const fresh = item.files.filter((file) => file.type === 'file' && !used.has(file.sha256));
    bytes += fresh.reduce((sum, file) => sum + (file.type === 'file' ? file.size : 0), 0);
    if (index > 0 && (index >= CASE_LIMITS.cases || bytes > CASE_LIMITS.bytes))
      removeTree(casePath(dataHome, item.run_id));
    else for (const file of item.files) if (file.type === 'file') used.add(file.sha256);
  });
  const blobs = join(casesIn(dataHome), 'blobs');
  if (lstatSync(blobs, { throwIfNoEntry: false }) === undefined) return;
  for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && !used.has(entry.name)) removeTree(join(entry.parentPath, entry.name));
  }
}
