// What a sandboxed program sees of the file system: an empty world, into which only what it needs is put.
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { errnoOf, type FolderView, isInside } from '../../lib/index.ts';
import { isEnvFile, SECRETS_IN_HOME, SECRETS_OF_SYSTEM, setsSecret } from './secret-places.ts';

/** Done in order; later ones lie on top of earlier ones. */
export type Mount =
  | { readonly type: 'read' | 'write'; readonly from: string; readonly at: string }
  | { readonly type: 'link'; readonly target: string; readonly at: string }
  | { readonly type: 'hidden-folder' | 'hidden-file'; readonly at: string };

export interface MountOptions {
  readonly view: FolderView;
  readonly userHome: string;
  readonly dataHome: string;
  /** Value of PATH: the folders of the tools in it are made readable. */
  readonly path: string;
  /** Folder of this sandbox with `home/` and `tmp/`, which stand for the real ones. */
  readonly scratch: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  readonly hidden: readonly string[];
}

/** Folders of the system that programs need. */
const SYSTEM = [
  '/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/opt', '/nix', '/gnu', '/snap',
  '/home/linuxbrew', '/var/lib/dpkg', '/var/lib/texmf', '/var/cache/fontconfig', '/sys/devices/system/cpu',
]; // biome-ignore format: a long list reads better filled

/** Tool chains that people install into their home. Chosen so that none holds credentials. */
const TOOLS_IN_HOME = [
  '.nvm', '.fnm', '.local/share/fnm', '.volta', '.asdf', '.local/share/mise', '.n', '.bun/bin', '.deno/bin',
  '.npm-global', '.local/share/pnpm', '.yarn/bin', '.config/yarn/global', '.cargo/bin', '.cargo/registry', '.cargo/git',
  '.cargo/env', '.rustup', 'go', '.pyenv', '.local/bin', '.local/lib', '.local/pipx', '.local/share/pipx',
  '.local/share/uv', 'miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', 'micromamba', '.conda/envs', '.rbenv', '.rvm',
  '.sdkman', '.julia', '.dotnet', '.opam', '.ghcup', '.cabal/bin', '.stack/programs', '.gradle/wrapper', '.linuxbrew',
]; // biome-ignore format: a long list reads better filled

/** Files of a repository that start programs when the user next uses git: never written past a snapshot. */
const GIT_CONTROL = ['.git/hooks', '.git/config', '.git/info/attributes', '.git/modules'];
/** Settings of ours and of other agents in a project: a program must not change what it is allowed to do. */
const AGENT_CONTROL = ['.openspace', '.claude', '.cursor', '.gemini', '.codex', '.mcp.json'];

/** The mounts of one sandbox. Looks at the disk, changes nothing. */
export function planMounts(options: MountOptions): Mount[] {
  const { view, userHome, scratch } = options;
  const base: Mount[] = SYSTEM.flatMap(systemMount);
  const home: Mount[] = [
    { type: 'write', from: join(scratch, 'tmp'), at: '/tmp' },
    { type: 'write', from: join(scratch, 'tmp'), at: '/var/tmp' },
    { type: 'write', from: join(scratch, 'home'), at: userHome },
  ];
  const tools = toolFolders(options).map((at): Mount => ({ type: 'read', from: at, at }));
  const extra: Mount[] = [
    ...options.readable.filter(isThere).map((at): Mount => ({ type: 'read', from: at, at })),
    ...options.writable.filter(isThere).map((at): Mount => ({ type: 'write', from: at, at })),
  ];
  // In the namespace of a snapshot the folder is already at its place; elsewhere it is put there.
  const from = view.enter.length > 0 ? view.shown : view.root;
  const workspace: Mount = { type: 'write', from, at: view.shown };
  const shown = [...base, ...tools, ...extra, workspace];
  return [
    ...base,
    ...home,
    ...tools,
    ...extra,
    workspace,
    ...hiddenMounts(options, shown),
    ...guardedMounts(view),
  ];
}

function systemMount(path: string): Mount[] {
  const stats = statOf(path, lstatSync);
  if (stats === undefined) return [];
  if (stats.isSymbolicLink()) return [{ type: 'link', target: readlinkSync(path), at: path }];
  return [{ type: 'read', from: path, at: path }];
}

function toolFolders({ userHome, path, view }: MountOptions): string[] {
  const found = new Set<string>();
  for (const name of TOOLS_IN_HOME) {
    const folder = join(userHome, name);
    if (isThere(folder)) found.add(folder);
  }
  for (const entry of path.split(':')) {
    if (!entry.startsWith('/') || !isFolder(entry)) continue;
    const folder = resolve(entry);
    if ([...SYSTEM, ...found, view.shown].some((known) => isInside(known, folder))) continue;
    const prefix = dirname(folder);
    // `<prefix>/bin` needs its `lib`; but a prefix that is a home, or holds one, is more than a tool chain.
    const isChain = basename(folder) === 'bin' && prefix.split(sep).length > 2 && !isInside(prefix, userHome);
    const isHidden = isInside(userHome, prefix) && prefix.split(sep).length - userHome.split(sep).length < 2;
    found.add(isChain && !isHidden && !isInside(prefix, view.shown) ? prefix : folder);
  }
  return [...found];
}

/** `undefined` for what is not there, and for what this user can't reach: its programs can't either. */
function statOf(path: string, stat: typeof statSync | typeof lstatSync = statSync): Stats | undefined {
  try {
    return stat(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const isThere = (path: string) => statOf(path) !== undefined;
const isFolder = (path: string) => statOf(path)?.isDirectory() ?? false;

/** Credentials that one of the mounts would show. */
function hiddenMounts(options: MountOptions, shown: readonly Mount[]): Mount[] {
  const { view, userHome, dataHome } = options;
  const places = [
    ...SECRETS_IN_HOME.map((name) => join(userHome, name)),
    ...SECRETS_OF_SYSTEM,
    ...options.hidden,
    ...(isInside(dataHome, view.shown) ? [] : [dataHome]),
    ...findEnvFiles(view.root).map((file) => join(view.shown, file)),
  ].map((place) => place.replace(/\/$/, ''));
  const mounts: Mount[] = [];
  const isVisible = (path: string) =>
    shown.some((mount) => mount.type !== 'link' && isInside(mount.at, path)) &&
    !mounts.some((mount) => isInside(mount.at, path));
  for (const at of new Set(places)) {
    if (!isVisible(at)) continue;
    const real = isInside(view.shown, at) ? join(view.root, at.slice(view.shown.length)) : at;
    const stats = statOf(real);
    if (stats === undefined) continue;
    // What is hidden through a link is hidden at its end as well.
    const end = real === at ? realpathSync(real) : at;
    if (isVisible(end)) mounts.push({ type: stats.isDirectory() ? 'hidden-folder' : 'hidden-file', at: end });
  }
  return mounts;
}

const SCAN_LIMIT = 4_000;
const SKIPPED = new Set(['node_modules', '.git', '.venv', 'venv', '__pycache__', 'target', 'dist', 'build']);

/** Env files with secrets in the first folders of a project, relative. Bounded: it runs at each start. */
export function findEnvFiles(root: string): string[] {
  const found: string[] = [];
  const queue = [''];
  for (let seen = 0, at = 0; at < queue.length && seen < SCAN_LIMIT; at += 1) {
    const folder = queue[at] ?? '';
    for (const entry of listFolder(join(root, folder))) {
      seen += 1;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && path.split(sep).length < 4) queue.push(path);
      if (entry.isFile() && isEnvFile(entry.name) && holdsSecret(join(root, path))) found.push(path);
    }
  }
  return found;
}

function listFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // gone meanwhile, or not ours to read: then the sandboxed program can't either
  }
}

function holdsSecret(path: string): boolean {
  try {
    return setsSecret(readFileSync(path, 'utf8'));
  } catch {
    return true; // what can't be judged is hidden
  }
}

/** Without a snapshot between it and the user, a program may not change what runs outside of the sandbox later. */
function guardedMounts(view: FolderView): Mount[] {
  if (view.root !== view.shown) return [];
  return [...GIT_CONTROL, ...AGENT_CONTROL]
    .map((name) => join(view.shown, name))
    .filter((path) => statOf(path, lstatSync)?.isSymbolicLink() === false)
    .map((at): Mount => ({ type: 'read', from: at, at }));
}
