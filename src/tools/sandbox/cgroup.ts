// Counting a sandbox's programs together: a cgroup of its own, where this process may make one.
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf, isAbsent } from '../../lib/index.ts';
import type { SandboxLimits } from './report.ts';

export interface ControlGroup {
  /** A program that writes its id into each of these belongs to the group. */
  readonly joinFiles: readonly string[];
  readonly limits: { readonly memory: boolean; readonly processes: boolean };
  close(): Promise<void>;
}

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'openspace-';

interface Place {
  readonly folder: string;
  readonly files: Readonly<Record<string, number>>;
  readonly limits: 'memory' | 'processes' | 'both';
}

/** Places for groups: one for each controller (version 1), or one for both (version 2). */
function places(root: string, limits: SandboxLimits): Place[] {
  const both = { 'memory.max': limits.memoryBytes, 'memory.swap.max': 0, 'pids.max': limits.processes };
  if (canWrite(join(root, 'cgroup.procs'))) {
    const controllers = readFileSync(join(root, 'cgroup.subtree_control'), 'utf8').split(/\s+/);
    const has = ['memory', 'pids'].every((name) => controllers.includes(name));
    return has ? [{ folder: root, files: both, limits: 'both' }] : [];
  }
  const one = [
    { folder: join(root, 'pids'), files: { 'pids.max': limits.processes }, limits: 'processes' as const },
    {
      folder: join(root, 'memory'),
      files: { 'memory.limit_in_bytes': limits.memoryBytes },
      limits: 'memory' as const,
    },
  ];
  return one.filter(({ folder }) => canWrite(join(folder, 'cgroup.procs')));
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** Makes the group; `undefined` where this process may not (mostly: it is not root). `name` starts with our process id. */
export function openControlGroup(
  name: string,
  limits: SandboxLimits,
  root: string = ROOT,
): ControlGroup | undefined {
  if (process.platform !== 'linux') return undefined;
  const made: Place[] = [];
  for (const place of places(root, limits)) {
    const folder = join(place.folder, `${PREFIX}${name}`);
    try {
      mkdirSync(folder);
      made.push({ ...place, folder });
      for (const [file, value] of Object.entries(place.files)) setLimit(join(folder, file), value);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error; // read-only or delegated to somebody else: no group then
    }
  }
  if (made.length === 0) return undefined;
  const covers = (what: 'memory' | 'processes') =>
    made.some((place) => [what, 'both'].includes(place.limits));
  return {
    joinFiles: made.map(({ folder }) => join(folder, 'cgroup.procs')),
    limits: { memory: covers('memory'), processes: covers('processes') },
    async close() {
      for (const { folder } of made) {
        // Programs that were just killed are counted until the kernel has buried them.
        for (let tries = 0; !removeGroup(folder) && tries < 200; tries += 1) await setTimeout(5);
      }
    },
  };
}

function setLimit(file: string, value: number): void {
  try {
    writeFileSync(file, String(value));
  } catch (error) {
    if (!isAbsent(error)) throw error; // swap is not counted everywhere
  }
}

/** False if a program still belongs to it; what stays is swept by the next start. */
function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EBUSY') return false;
    if (isAbsent(error)) return true;
    throw error;
  }
}

/** Removes groups whose process is gone. */
export function sweepControlGroups(isAlive: (pid: number) => boolean, root: string = ROOT): void {
  for (const parent of [root, join(root, 'pids'), join(root, 'memory')]) {
    if (!canWrite(parent)) continue;
    for (const entry of readdirSync(parent)) {
      const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(entry)?.[1] ?? Number.NaN);
      if (Number.isInteger(pid) && !isAlive(pid)) removeGroup(join(parent, entry));
    }
  }
}
