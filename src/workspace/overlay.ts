// A copy-on-write view of a folder by the kernel's overlay, in a mount namespace that ends with us (Linux).
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderView, RunningProcess, Spawner } from '../lib/index.ts';

export interface OverlayOptions {
  /** The user's folder. */
  readonly path: string;
  /** Our own empty folder, where changes are kept. */
  readonly store: string;
  /** Files below the folder that are shown empty, relative. */
  readonly hidden: readonly string[];
  readonly spawner: Spawner;
  readonly isRoot: boolean;
}

export interface Overlay {
  readonly view: FolderView;
  /** Folder with what was changed: files as they are now, and marks for what was deleted. */
  readonly upper: string;
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 5_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Mounts inside of a new namespace and keeps that alive with a process that reads our pipe: when we end, even by
 * `kill -9`, the pipe closes, the process ends and the mount is gone with its namespace.
 * Relative paths in the mount options, since a comma or colon in an absolute one would end it.
 */
const HOLD = `set -e
cd "$1"; target="$2"; options="$3"; shift 3
mount -t overlay overlay -o "lowerdir=lower,upperdir=upper,workdir=work$options" "$target"
for file do mount --bind empty "$target/$file"; done
echo ready
exec cat >/dev/null`;

/** Opens the view; answers with the reason where this system can't. */
export async function openOverlay(options: OverlayOptions): Promise<Overlay | { readonly reason: string }> {
  const { path, store, isRoot } = options;
  for (const name of ['upper', 'work']) mkdirSync(join(store, name));
  symlinkSync(path, join(store, 'lower'));
  writeFileSync(join(store, 'empty'), '', { mode: 0o444 });
  const namespace = isRoot ? ['-m'] : ['-U', '-r', '-m'];
  // Renamed folders are copied, so that what changed can be read from the upper folder alone.
  const mountOptions = isRoot ? ',redirect_dir=off,metacopy=off,index=off' : ',userxattr';
  const holder = options.spawner.start({
    command: 'unshare',
    args: [
      ...namespace,
      '--propagation',
      'private',
      '/bin/sh',
      '-c',
      HOLD,
      'sh',
      store,
      path,
      mountOptions,
      ...options.hidden,
    ],
    cwd: '/',
    env: { PATH },
  });
  const problem = await untilReady(holder);
  if (problem !== undefined || holder.pid === undefined) {
    await holder.kill(0);
    return { reason: problem ?? 'unshare could not be started' };
  }
  const pid = String(holder.pid);
  const enter = isRoot
    ? ['/usr/bin/nsenter', '-t', pid, '-m', '--']
    : ['/usr/bin/nsenter', '-t', pid, '-U', '-m', '--preserve-credentials', '--'];
  return {
    view: { shown: path, root: `/proc/${pid}/root${path}`, enter },
    upper: join(store, 'upper'),
    close: () => holder.kill(0),
  };
}

async function untilReady(holder: RunningProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let errors = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-2_000);
  });
  holder.stdout.once('data', () => resolve(undefined));
  void holder.ended.then(({ error }) => resolve((error ?? errors.trim()) || 'the mount failed'));
  const timer = setTimeout(() => resolve('the mount took too long'), READY_TIMEOUT_MS);
  const problem = await promise;
  clearTimeout(timer);
  return problem;
}
