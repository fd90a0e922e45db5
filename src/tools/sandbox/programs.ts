// What every kind of sandbox shares: its options, and following its programs until the end.
import {
  type FolderView,
  OpenSpaceError,
  type RunningProcess,
  type Spawner,
  type SpawnRequest,
  toShownPath,
} from '../../lib/index.ts';
import type { SandboxLimits, SandboxReport } from './report.ts';

export interface SandboxOptions {
  /** The folder that may be changed, and how it is seen. */
  readonly view: FolderView;
  /** The user's home: hidden, apart from tool chains; programs get an empty one that lives as long as the sandbox. */
  readonly userHome: string;
  /** OpenSpace's data home: hidden; temporary folders are made in its `cache/`. */
  readonly dataHome: string;
  /** Value of PATH. */
  readonly path: string;
  /** Further folders that may be read, or changed. */
  readonly readable?: readonly string[];
  readonly writable?: readonly string[];
  /** Further files and folders that are not shown. */
  readonly hidden?: readonly string[];
  /** Hosts (`registry.npmjs.org`, `*.example.org`) that programs may reach. None: no network. */
  readonly allowHosts?: readonly string[];
  /** Of these, the ones that may have private addresses. */
  readonly allowPrivate?: readonly string[];
  readonly limits?: Partial<SandboxLimits>;
  /** Commands that a person let out. */
  readonly exits?: Exits;
  /** Starts the programs; the plain one by default. */
  readonly spawner?: Spawner;
}

export interface Sandbox {
  readonly spawner: Spawner;
  readonly report: SandboxReport;
  /** Ends every program and removes the sandbox's folders. */
  close(): Promise<void>;
}

/** A spawner that rewrites requests and, at its close, ends what it has started and waits for it. */
export function followPrograms(
  base: Spawner,
  rewrite: (request: SpawnRequest) => SpawnRequest,
): { spawner: Spawner; close(): Promise<void> } {
  const closing = new AbortController();
  const running = new Set<RunningProcess>();
  const pending = new Set<Promise<unknown>>();
  const spawner: Spawner = {
    async run(request) {
      const signal = AbortSignal.any([request.signal, closing.signal]);
      const result = base.run({ ...request, ...rewrite(request), signal });
      pending.add(result);
      try {
        return await result;
      } finally {
        pending.delete(result);
      }
    },
    start(request) {
      if (closing.signal.aborted) throw new OpenSpaceError('cancelled', 'The run has ended.');
      const child = base.start(rewrite(request));
      running.add(child);
      void child.ended.then(() => running.delete(child));
      return child;
    },
  };
  return {
    spawner,
    async close() {
      closing.abort();
      await Promise.all([...pending, ...[...running].map((child) => child.kill(0))]);
    },
  };
}

/** Commands that run outside of the sandbox because a person said so: each once. */
export interface Exits {
  allow(command: string): void;
  /** True, once, for a request that runs an allowed command. */
  take(request: SpawnRequest): boolean;
}

/** Nothing is let out until `allow` is called. */
export function createExits(): Exits {
  const allowed = new Set<string>();
  return {
    allow: (command) => void allowed.add(command),
    take(request) {
      const command = [...allowed].find((text) => request.args.some((argument) => argument.includes(text)));
      return command !== undefined && allowed.delete(command);
    },
  };
}

/** The request as it runs outside, but still in the snapshot where there is one. */
export function outsideRequest(view: FolderView, request: SpawnRequest): SpawnRequest {
  const [first, ...rest] = view.enter;
  const cwd = toShownPath(view, request.cwd);
  if (first === undefined) return { ...request, cwd: view.root === view.shown ? cwd : request.cwd };
  const go = ['/bin/sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd, request.command, ...request.args];
  return { ...request, command: first, args: [...rest, ...go], cwd: '/' };
}

/** Starts programs without a sandbox, but in the snapshot where there is one. For mode `unsafe`. */
export function viewSpawner(view: FolderView, base: Spawner): Spawner {
  return {
    run: (request) => base.run({ ...request, ...outsideRequest(view, request) }),
    start: (request) => base.start(outsideRequest(view, request)),
  };
}
