// A git repository as a source: fetched shallowly into the cache, pinned by commit. Nothing in it is ever run.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isPresent, OpenSpaceError, sha256 } from '../../lib/index.ts';
import { fetchFrom, offersIn } from './folder-source.ts';
import { rankOffers, type Source, type SourceWorld } from './source.ts';

const FETCH_TIMEOUT_MS = 120_000;
const COMMIT = /^[0-9a-f]{40}$/;

/** A repository's code must not act: no hooks, no filters, no links, no submodules, no helper protocols, no questions. */
const SAFE_CONFIG = [
  'protocol.ext.allow=never',
  'core.hooksPath=/dev/null',
  'core.symlinks=false',
  'core.fsmonitor=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
].flatMap((value) => ['-c', value]);

export interface GitPlace {
  /** Anything that `git fetch` takes: https, ssh, a local path. */
  readonly url: string;
  /** Branch or tag; undefined: the default branch. */
  readonly ref: string | undefined;
}

export function openGitSource({ url, ref }: GitPlace, world: SourceWorld): Source {
  const address = `git:${url}${ref === undefined ? '' : `#${ref}`}`;
  const head = () => resolveHead(url, ref, world);
  const checkout = (commit: string) => checkOut(url, commit, world);
  return {
    address,
    async search(query, limit) {
      return rankOffers(offersIn(await checkout(await head()), address), query, limit);
    },
    async fetch(id, revision) {
      const commit = revision ?? (await head());
      return fetchFrom(await checkout(commit), address, id, commit);
    },
    async newest(id) {
      const commit = await head();
      const offers = offersIn(await checkout(commit), address);
      return offers.some((offer) => offer.id === id) ? { id, revision: commit } : undefined;
    },
  };
}

async function git(args: readonly string[], cwd: string, world: SourceWorld): Promise<string> {
  const result = await world.spawner.run({
    command: 'git',
    args: [...SAFE_CONFIG, ...args],
    cwd,
    env: { ...world.env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1', LC_ALL: 'C' },
    timeoutMs: FETCH_TIMEOUT_MS,
    signal: world.signal,
  });
  if (result.end === 'cancelled')
    throw new OpenSpaceError('cancelled', 'Cancelled while talking to the repository.');
  if (result.end === 'failed')
    throw new OpenSpaceError('unsupported', `git could not be started: ${result.stderr.trim()}`, {
      hint: 'Install git.',
    });
  if (result.end === 'timeout') throw new OpenSpaceError('timeout', 'The repository does not answer.');
  if (result.exitCode !== 0)
    throw new OpenSpaceError('network', `git ${args[0]} failed: ${result.stderr.trim().slice(0, 500)}`, {
      hint: 'Check the address and your access to it.',
    });
  return result.stdout;
}

async function resolveHead(url: string, ref: string | undefined, world: SourceWorld): Promise<string> {
  if (ref !== undefined && COMMIT.test(ref)) return ref;
  mkdirSync(world.cacheFolder, { recursive: true });
  const wanted =
    ref === undefined ? ['HEAD'] : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
  const lines = (await git(['ls-remote', '--', url, ...wanted], world.cacheFolder, world)).trim().split('\n');
  const commit = lines.at(-1)?.split('\t')[0] ?? ''; // of an annotated tag, the last line is what it points to
  if (!COMMIT.test(commit)) throw new OpenSpaceError('not-found', `${url} has no ${ref ?? 'commits'}.`);
  return commit;
}

/** The files of a commit, in the cache. A commit never changes, so what is there is used again. */
async function checkOut(url: string, commit: string, world: SourceWorld): Promise<string> {
  if (!COMMIT.test(commit)) throw new OpenSpaceError('invalid', `"${commit}" is no commit.`);
  const target = join(world.cacheFolder, `git-${sha256(url).slice(0, 16)}-${commit}`);
  if (isPresent(target)) return target;
  mkdirSync(world.cacheFolder, { recursive: true });
  const staged = mkdtempSync(join(world.cacheFolder, '.fetch-'));
  try {
    await git(['init', '--quiet'], staged, world);
    await git(['fetch', '--quiet', '--depth', '1', '--no-tags', '--', url, commit], staged, world);
    await git(['checkout', '--quiet', '--detach', 'FETCH_HEAD'], staged, world);
    rmSync(join(staged, '.git'), { recursive: true, force: true });
    if (!isPresent(target)) renameSync(staged, target);
    return target;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}
