// Opens a Seatbelt sandbox (macOS). It can't show a folder at another place, so a snapshot is shown where it lies.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  isPresent,
  makeOwnedFolder,
  OpenSpaceError,
  plainSpawner,
  type SpawnRequest,
  sweepOwnedFolders,
} from '../../lib/index.ts';
import { scratchPaths } from './bubblewrap.ts';
import { copyGitIdentity } from './git-identity.ts';
import { findEnvFiles } from './mounts.ts';
import { followPrograms, outsideRequest, type Sandbox, type SandboxOptions } from './programs.ts';
import { type AllowProxy, openProxy } from './proxy.ts';
import { seatbeltProfile, wrapInSeatbelt } from './seatbelt.ts';
import { SECRETS_IN_HOME } from './secret-places.ts';

const TOOLS = [
  '.nvm',
  '.volta',
  '.asdf',
  '.bun',
  '.deno',
  '.cargo/bin',
  '.rustup',
  'go',
  '.pyenv',
  '.local/bin',
];

/** Opens the sandbox. Throws `unsupported` where `sandbox-exec` is missing. */
export async function openSeatbelt(options: SandboxOptions): Promise<Sandbox> {
  if (!isPresent('/usr/bin/sandbox-exec')) {
    throw new OpenSpaceError('unsupported', 'sandbox-exec is not there.', { hint: 'It is part of macOS.' });
  }
  const parent = join(options.dataHome, 'cache', 'sandboxes');
  sweepOwnedFolders(parent);
  const scratch = makeOwnedFolder(parent);
  const paths = scratchPaths(scratch.path);
  for (const folder of [paths.home, paths.tmp]) mkdirSync(folder, { mode: 0o700 });
  copyGitIdentity(options.userHome, paths.home);
  const allowHosts = options.allowHosts ?? [];
  let proxy: AllowProxy | undefined;
  if (allowHosts.length > 0) {
    const { allowPrivate } = options;
    proxy = await openProxy({
      listen: 0,
      allowHosts,
      ...(allowPrivate === undefined ? {} : { allowPrivate }),
    });
  }
  const { root } = options.view;
  const profile = seatbeltProfile({
    writable: [root, scratch.path, ...(options.writable ?? [])],
    readable: [...TOOLS.map((name) => join(options.userHome, name)), ...(options.readable ?? [])],
    userHome: options.userHome,
    hidden: [
      ...SECRETS_IN_HOME.map((name) => join(options.userHome, name.replace(/\/$/, ''))),
      ...findEnvFiles(root).map((file) => join(root, file)),
      ...(options.hidden ?? []),
    ],
    proxyPort: proxy?.port,
  });
  const prepare = (request: SpawnRequest): SpawnRequest => {
    const address = proxy === undefined ? undefined : `http://127.0.0.1:${proxy.port}`;
    const proxyEnv = address === undefined ? {} : { http_proxy: address, https_proxy: address };
    const cwd = statSync(request.cwd, { throwIfNoEntry: false })?.isDirectory() ? request.cwd : root;
    return { ...request, cwd, env: { ...request.env, ...proxyEnv, HOME: paths.home, TMPDIR: paths.tmp } };
  };
  const programs = followPrograms(options.spawner ?? plainSpawner, (request) =>
    options.exits?.take(request) === true
      ? outsideRequest(options.view, request)
      : wrapInSeatbelt(profile, prepare(request)),
  );
  return {
    spawner: programs.spawner,
    report: {
      kind: 'seatbelt',
      files: true,
      network: proxy === undefined ? 'none' : 'hosts',
      memory: 'no',
      processes: 'no',
      contained: false,
      notes: ['macOS has no limit on memory and processes of a group.'],
    },
    async close() {
      await programs.close();
      await proxy?.close();
      scratch.close();
    },
  };
}
