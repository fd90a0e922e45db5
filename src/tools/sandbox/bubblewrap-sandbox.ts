// Opens a bubblewrap sandbox (Linux): finds out whether it works here, makes its folders, proxy and group.
import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  errnoOf,
  isProcessAlive,
  makeOwnedFolder,
  OpenSpaceError,
  plainSpawner,
  type Spawner,
  type SpawnRequest,
  sweepOwnedFolders,
  toShownPath,
} from '../../lib/index.ts';
import {
  type BubblewrapPlan,
  bubblewrapArguments,
  PROXY_PORT,
  type SandboxPrograms,
  scratchPaths,
  wrapRequest,
} from './bubblewrap.ts';
import { type ControlGroup, openControlGroup, sweepControlGroups } from './cgroup.ts';
import { copyGitIdentity } from './git-identity.ts';
import { planMounts } from './mounts.ts';
import { followPrograms, outsideRequest, type Sandbox, type SandboxOptions } from './programs.ts';
import { type AllowProxy, openProxy } from './proxy.ts';
import { DEFAULT_LIMITS, type SandboxReport } from './report.ts';

/** Opens the sandbox. Throws `unsupported`, with what would help, where this machine can't. */
export async function openBubblewrap(options: SandboxOptions): Promise<Sandbox> {
  const found = await findBubblewrap(options.path, options.spawner ?? plainSpawner);
  if ('missing' in found) throw new OpenSpaceError('unsupported', found.missing, { hint: found.hint });
  return openWith(options, found.programs);
}

type Found = { readonly programs: SandboxPrograms } | { readonly missing: string; readonly hint: string };

const PROBE_TIMEOUT_MS = 5_000;
const INSTALL_HINT =
  'Install it: apt-get install bubblewrap socat (Debian, Ubuntu), dnf install bubblewrap socat (Fedora).';

/** Finds the programs and starts one sandbox, since a kernel or a container may forbid it. */
async function findBubblewrap(path: string, spawner: Spawner): Promise<Found> {
  if (process.platform !== 'linux') {
    return { missing: `There is no sandbox for ${process.platform}.`, hint: 'Linux and macOS have one.' };
  }
  const bwrap = findProgram('bwrap', path);
  if (bwrap === undefined) return { missing: 'bubblewrap (bwrap) is not installed.', hint: INSTALL_HINT };
  const probe = await spawner.run({
    command: bwrap,
    args: [
      '--unshare-all',
      '--die-with-parent',
      '--ro-bind',
      '/',
      '/',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      'true',
    ],
    cwd: '/',
    env: { PATH: path },
    timeoutMs: PROBE_TIMEOUT_MS,
    signal: new AbortController().signal,
  });
  if (probe.exitCode !== 0) {
    return {
      missing: `bubblewrap does not work here: ${probe.stderr.trim() || probe.end}`,
      hint: 'The system must allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or start the container with them.',
    };
  }
  return {
    programs: { bwrap, prlimit: findProgram('prlimit', path), socat: findProgram('socat', path) },
  };
}

/** The absolute path of a program, looked for in the system's folders first. */
export function findProgram(name: string, path: string): string | undefined {
  const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', ...path.split(':')];
  return folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

async function openWith(options: SandboxOptions, programs: SandboxPrograms): Promise<Sandbox> {
  const parent = join(options.dataHome, 'cache', 'sandboxes');
  sweepOwnedFolders(parent);
  sweepControlGroups(isProcessAlive);
  const scratch = makeOwnedFolder(parent);
  const paths = scratchPaths(scratch.path);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let group: ControlGroup | undefined;
  let proxy: AllowProxy | undefined;
  try {
    for (const folder of [paths.home, paths.tmp]) mkdirSync(folder, { mode: 0o700 });
    writeFileSync(paths.emptyFile, '', { mode: 0o444 });
    copyGitIdentity(options.userHome, paths.home);
    group = openControlGroup(basename(scratch.path), limits);
    const allowHosts = programs.socat === undefined ? [] : (options.allowHosts ?? []);
    if (allowHosts.length > 0) {
      proxy = await openProxy({
        listen: paths.proxySocket,
        allowHosts,
        ...(options.allowPrivate === undefined ? {} : { allowPrivate: options.allowPrivate }),
      });
    }
  } catch (error) {
    await group?.close();
    scratch.close();
    throw error;
  }
  const plan: BubblewrapPlan = {
    programs,
    mounts: planMounts({
      ...options,
      scratch: scratch.path,
      readable: options.readable ?? [],
      writable: options.writable ?? [],
      hidden: options.hidden ?? [],
    }),
    emptyFile: paths.emptyFile,
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    limits,
    enter: options.view.enter,
    joinFiles: group?.joinFiles ?? [],
    proxySocket: proxy === undefined ? undefined : paths.proxySocket,
  };
  const fixed = bubblewrapArguments(plan);
  const programsOf = followPrograms(options.spawner ?? plainSpawner, (request) =>
    options.exits?.take(request) === true
      ? outsideRequest(options.view, request)
      : wrapRequest(plan, fixed, prepare(request, options, proxy !== undefined)),
  );
  return {
    spawner: programsOf.spawner,
    report: reportOf(plan, group, options),
    async close() {
      await programsOf.close();
      await proxy?.close();
      await group?.close();
      scratch.close();
    },
  };
}

/** The request as it is inside: shown paths, a home and a temp folder that are there, and the way to the proxy. */
function prepare(request: SpawnRequest, options: SandboxOptions, withProxy: boolean): SpawnRequest {
  const address = `http://127.0.0.1:${PROXY_PORT}`;
  const proxy = withProxy
    ? Object.fromEntries(
        ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'].map((name) => [
          name,
          address,
        ]),
      )
    : {};
  return {
    ...request,
    cwd: toShownPath(options.view, request.cwd),
    env: { ...request.env, HOME: options.userHome, TMPDIR: '/tmp', ...proxy },
  };
}

function reportOf(
  plan: BubblewrapPlan,
  group: ControlGroup | undefined,
  options: SandboxOptions,
): SandboxReport {
  const { programs, user } = plan;
  const wantsHosts = (options.allowHosts ?? []).length > 0;
  const notes: string[] = [];
  if (programs.prlimit === undefined) notes.push('No prlimit: apt-get install util-linux.');
  if (wantsHosts && programs.socat === undefined) {
    notes.push('No socat, so no host can be reached: apt-get install socat.');
  }
  if (user.uid === 0 && group?.limits.processes !== true) {
    notes.push(
      'Processes of root can only be counted in a cgroup, and none can be made: run as another user.',
    );
  }
  const perProcess = programs.prlimit === undefined ? 'no' : 'each process';
  const perUser = programs.prlimit === undefined || user.uid === 0 ? 'no' : 'each user';
  return {
    kind: 'bubblewrap',
    files: true,
    network: plan.proxySocket === undefined ? 'none' : 'hosts',
    memory: group?.limits.memory === true ? 'all together' : perProcess,
    processes: group?.limits.processes === true ? 'all together' : perUser,
    contained: true,
    notes,
  };
}
