// The words that start a program in a bubblewrap sandbox (Linux). Pure.
import { join } from 'node:path';
import type { SpawnRequest } from '../../lib/index.ts';
import type { Mount } from './mounts.ts';
import type { SandboxLimits } from './report.ts';

/** Programs of the system that the sandbox is made of, as absolute paths. */
export interface SandboxPrograms {
  readonly bwrap: string;
  readonly prlimit: string | undefined;
  readonly socat: string | undefined;
}

export interface BubblewrapPlan {
  readonly programs: SandboxPrograms;
  readonly mounts: readonly Mount[];
  /** An empty file that stands for hidden ones. */
  readonly emptyFile: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly limits: SandboxLimits;
  /** Words that put a program into a snapshot's namespace. */
  readonly enter: readonly string[];
  /** Files into which a program writes its id to be counted (cgroup). */
  readonly joinFiles: readonly string[];
  /** Socket of the proxy to the allowed hosts. */
  readonly proxySocket: string | undefined;
}

/** Port on the sandbox's own loopback where its programs find the proxy. */
export const PROXY_PORT = 3128;
const PROXY_PLACE = '/run/openspace/proxy.sock';

/** What root needs to work on files of other owners; everything else is dropped. */
const ROOT_CAPABILITIES = ['CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID'];

/** The arguments for `bwrap` that are the same for every command of a sandbox. */
export function bubblewrapArguments(plan: BubblewrapPlan): string[] {
  const isRoot = plan.user.uid === 0;
  const identity = isRoot
    ? ['--cap-drop', 'ALL', ...ROOT_CAPABILITIES.flatMap((name) => ['--cap-add', name])]
    : ['--unshare-user', '--uid', String(plan.user.uid), '--gid', String(plan.user.gid)];
  const proxy = plan.proxySocket === undefined ? [] : ['--ro-bind', plan.proxySocket, PROXY_PLACE];
  return [
    '--die-with-parent', // killed with us, even by kill -9, and all its programs with it
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--hostname',
    'sandbox',
    ...identity,
    '--tmpfs',
    '/',
    '--dir',
    '/run',
    ...plan.mounts.flatMap((mount) => mountArguments(mount, plan.emptyFile)),
    ...proxy,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--remount-ro',
    '/',
  ];
}

function mountArguments(mount: Mount, emptyFile: string): string[] {
  switch (mount.type) {
    case 'read':
      return ['--ro-bind', mount.from, mount.at];
    case 'write':
      return ['--bind', mount.from, mount.at];
    case 'link':
      return ['--symlink', mount.target, mount.at];
    case 'hidden-file':
      return ['--ro-bind', emptyFile, mount.at];
    case 'hidden-folder':
      return ['--tmpfs', mount.at, '--remount-ro', mount.at];
  }
}

/** A request that starts the same program inside of the sandbox. `cwd` is the path shown inside. */
export function wrapRequest(
  plan: BubblewrapPlan,
  fixed: readonly string[],
  request: SpawnRequest,
): SpawnRequest {
  const inside = [...limitWords(plan), request.command, ...request.args];
  const { programs } = plan;
  const command =
    plan.proxySocket === undefined || programs.socat === undefined
      ? inside
      : ['/bin/sh', '-c', bridgeScript(programs.socat), 'sh', ...inside];
  const words = [...plan.enter, programs.bwrap, ...fixed, '--chdir', request.cwd, '--', ...command];
  const [first = programs.bwrap, ...rest] =
    plan.joinFiles.length === 0 ? words : joining(plan.joinFiles, plan.limits, words);
  return { ...request, command: first, args: rest, cwd: '/' };
}

/** Memory is limited by what a program writes to, not by addresses: runtimes reserve far more than they use. */
function limitWords({ programs, limits, user, joinFiles }: BubblewrapPlan): string[] {
  if (programs.prlimit === undefined || joinFiles.length > 0) return []; // the shell that joins the group sets the rest
  const processes = user.uid === 0 ? [] : [`--nproc=${limits.processes}`]; // root is exempt from it anyway
  return [
    programs.prlimit,
    `--data=${limits.memoryBytes}`,
    `--fsize=${limits.fileBytes}`,
    '--core=0',
    ...processes,
    '--',
  ];
}

/** Runs the words as a member of the groups. Shells count file sizes in blocks of 512 bytes. */
function joining(files: readonly string[], limits: SandboxLimits, words: readonly string[]): string[] {
  const script = `ulimit -c 0 && ulimit -f ${Math.floor(limits.fileBytes / 512)} && ${files.map((_, index) => `echo $$ > "$${index + 1}"`).join(' && ')} && shift ${files.length} && exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh', ...files, ...words];
}

/** Carries the sandbox's loopback port to our socket, and waits until it listens. */
function bridgeScript(socat: string): string {
  const port = PROXY_PORT.toString(16).toUpperCase().padStart(4, '0');
  return [
    `${socat} TCP-LISTEN:${PROXY_PORT},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:${PROXY_PLACE} </dev/null >/dev/null 2>&1 &`,
    `n=0; while ! grep -q ':${port} ' /proc/net/tcp && [ $n -lt 200 ]; do n=$((n+1)); sleep 0.005; done`,
    'exec "$@"',
  ].join('\n');
}

/** Where the files of a sandbox's own lie. */
export const scratchPaths = (scratch: string) => ({
  home: join(scratch, 'home'),
  tmp: join(scratch, 'tmp'),
  emptyFile: join(scratch, 'empty'),
  proxySocket: join(scratch, 'proxy.sock'),
});
