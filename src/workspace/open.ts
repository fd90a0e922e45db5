// Opens the snapshot in which an attempt works, by the best way that this system has.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import {
  directView,
  errnoOf,
  type FolderView,
  isInside,
  makeOwnedFolder,
  OpenSpaceError,
  type OwnedFolder,
  plainSpawner,
  realWorld,
  type Spawner,
  sweepOwnedFolders,
  type World,
} from '../lib/index.ts';
import { type ApplyResult, applyChanges, recoverApplying } from './apply.ts';
import { keepCase } from './cases.ts';
import {
  type Change,
  ChangeTracker,
  diskTimeNs,
  findCopyChanges,
  findOverlayChanges,
  takeStamps,
} from './changes.ts';
import { canShareBlocks, copyFolder, isSmall } from './copy.ts';
import { readMergeable } from './entry.ts';
import { openOverlay } from './overlay.ts';
import { planChanges } from './plan.ts';
import { pruneUndo, undoFolder } from './undo-store.ts';

export type SnapshotKind = 'overlay' | 'clone' | 'copy' | 'direct';

export interface WorkspaceOptions {
  /** The user's folder. */
  readonly path: string;
  readonly dataHome: string;
  readonly runId: string;
  /** Files below the folder that are shown empty (env files with keys), relative. */
  readonly hidden?: readonly string[];
  /** True if the sandbox can show a folder at another place (bubblewrap can, Seatbelt can't). */
  readonly canShowElsewhere?: boolean;
  /** One way and no other, for tests and settings. */
  readonly kind?: SnapshotKind;
  readonly spawner?: Spawner;
  readonly world?: World;
}

/** A change for people: `diff` is a unified diff of texts, or says what kind of change it is. */
export interface ShownChange {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
  readonly diff: string;
}

/** An attempt's folder. */
export interface Workspace {
  readonly kind: SnapshotKind;
  /** Where our process reads and writes it, and where programs see it. */
  readonly view: FolderView;
  /** What is not as it should be, for people: why there is no snapshot. */
  readonly notes: readonly string[];
  /** Call it between tool calls: merges with edits that the user makes meanwhile get better. */
  checkpoint(): void;
  diff(): readonly ShownChange[];
  /** Changes that decide what runs later: `apply` holds them back unless they are accepted. */
  held(): readonly { readonly path: string; readonly reason: string }[];
  /** Brings the changes into the user's folder. Call it once; the snapshot stays until `close`. Throws `too-large`, with nothing applied. */
  apply(options?: { accept?: (path: string, reason: string) => boolean }): ApplyResult;
  /** Keeps the start of this run as a case for replay, without secrets. Before `apply`. */
  keepCase(task: string): void;
  /** Throws the snapshot away. Nothing that was not applied reaches the user's folder. */
  close(): Promise<void>;
}

const storesIn = (dataHome: string) => join(dataHome, 'cache', 'workspaces');

/** Removes what killed processes left, and rolls back what they were applying. Returns how much there was. */
export function cleanLeftovers(dataHome: string): { folders: number; rolledBack: readonly string[] } {
  return { folders: sweepOwnedFolders(storesIn(dataHome)).length, rolledBack: recoverApplying(dataHome) };
}

/** Opens a snapshot of the folder. Throws `not-found` for a folder that is not there, `unsupported` if `kind` can't be had. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const path = realFolder(options.path);
  undoFolder(options.dataHome, options.runId); // refuses an odd id before anything is made
  cleanLeftovers(options.dataHome);
  pruneUndo(options.dataHome);
  mkdirSync(storesIn(options.dataHome), { recursive: true, mode: 0o700 });
  const store = makeOwnedFolder(storesIn(options.dataHome));
  try {
    const snapshot = await openSnapshot(path, store.path, options);
    return new SnapshotWorkspace(path, store, snapshot, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    if (lstatSync(real).isDirectory()) return real;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
  }
  throw new OpenSpaceError('not-found', `There is no folder ${path}.`, {
    hint: 'Name a folder with --workspace.',
  });
}

interface Snapshot {
  readonly kind: SnapshotKind;
  readonly view: FolderView;
  readonly find: () => readonly string[];
  readonly notes: readonly string[];
  /** What changed in the user's folder before this is in the snapshot as it is. */
  readonly openedAtNs: bigint;
  close(): Promise<void>;
}

async function openSnapshot(path: string, store: string, options: WorkspaceOptions): Promise<Snapshot> {
  const { kind, hidden = [] } = options;
  const reasons: string[] = [];
  if (kind === undefined || kind === 'overlay') {
    const found = await tryOverlay(path, store, options);
    if (typeof found !== 'string') return found;
    reasons.push(`no overlay: ${found}`);
  }
  if (kind !== 'direct' && kind !== 'overlay' && !isInside(path, store)) {
    const shares = canShareBlocks(path, store);
    if (kind !== undefined || shares || isSmall(path)) {
      const tree = join(store, 'tree');
      const openedAtNs = diskTimeNs(store);
      await copyFolder(path, tree, hidden);
      const start = takeStamps(tree);
      const shown = options.canShowElsewhere === true ? path : tree;
      return {
        kind: shares ? 'clone' : 'copy',
        view: { shown, root: tree, enter: [] },
        find: () => findCopyChanges(tree, start),
        notes: reasons,
        openedAtNs,
        close: async () => undefined,
      };
    }
    reasons.push('the folder is too large to be copied');
  }
  if (kind !== undefined && kind !== 'direct') {
    throw new OpenSpaceError('unsupported', `There is no snapshot of this kind here: ${reasons.join('; ')}.`);
  }
  const notes = [...reasons, 'Changes are made in the folder itself and can’t be undone.'];
  return {
    kind: 'direct',
    view: directView(path),
    find: () => [],
    notes,
    openedAtNs: diskTimeNs(store),
    close: async () => undefined,
  };
}

async function tryOverlay(
  path: string,
  store: string,
  options: WorkspaceOptions,
): Promise<Snapshot | string> {
  if (process.platform !== 'linux') return 'only Linux has it';
  if (isInside(path, store)) return 'the data home lies in the folder';
  const overlay = await openOverlay({
    path,
    store,
    hidden: options.hidden ?? [],
    spawner: options.spawner ?? plainSpawner,
    isRoot: process.getuid?.() === 0,
  });
  if ('reason' in overlay) return overlay.reason;
  return {
    kind: 'overlay',
    view: overlay.view,
    find: () => findOverlayChanges(overlay.upper, path, overlay.view.root),
    notes: [],
    openedAtNs: diskTimeNs(store), // the user's folder shows through until the attempt changes a file
    close: () => overlay.close(),
  };
}

class SnapshotWorkspace implements Workspace {
  readonly kind: SnapshotKind;
  readonly view: FolderView;
  readonly notes: readonly string[];
  readonly #path: string;
  readonly #store: OwnedFolder;
  readonly #snapshot: Snapshot;
  readonly #tracker: ChangeTracker;
  readonly #options: WorkspaceOptions;

  constructor(path: string, store: OwnedFolder, snapshot: Snapshot, options: WorkspaceOptions) {
    this.kind = snapshot.kind;
    this.view = snapshot.view;
    this.notes = snapshot.notes;
    this.#path = path;
    this.#store = store;
    this.#snapshot = snapshot;
    this.#options = options;
    const hidden = new Set(options.hidden);
    this.#tracker = new ChangeTracker({
      userRoot: path,
      attemptRoot: snapshot.view.root,
      baseFolder: join(store.path, 'base'),
      find: () => snapshot.find().filter((changed) => !hidden.has(changed)),
      openedAtNs: snapshot.openedAtNs,
    });
  }

  checkpoint(): void {
    try {
      this.#tracker.checkpoint();
    } catch (error) {
      // The run goes on; `apply` will say that it is too much.
      if (!(error instanceof OpenSpaceError) || error.code !== 'too-large') throw error;
    }
  }

  diff(): readonly ShownChange[] {
    return this.#tracker
      .changes()
      .filter(({ after, before }) => after.type !== 'folder' || before?.type === 'file')
      .map((change) => this.#show(change));
  }

  #show(change: Change): ShownChange {
    const { path, before, after, beforeFile } = change;
    const kind = after.type === 'absent' ? 'deleted' : before?.type === 'absent' ? 'added' : 'changed';
    const old =
      beforeFile === undefined || before === undefined ? undefined : readMergeable(beforeFile, before);
    const now = readMergeable(join(this.view.root, path), after);
    const isText =
      (now ?? old) !== undefined &&
      (kind === 'added' || old !== undefined) &&
      (kind === 'deleted' || now !== undefined);
    const diff = isText
      ? createTwoFilesPatch(path, path, old ?? '', now ?? '')
      : `${kind} (${after.type}, not shown as text)\n`;
    return { path, change: kind, diff };
  }

  held(): readonly { path: string; reason: string }[] {
    return this.#plan().flatMap(({ change, action }) =>
      action.type === 'hold' ? [{ path: change.path, reason: action.reason }] : [],
    );
  }

  #plan() {
    return planChanges(this.#tracker.changes(), this.#roots);
  }

  get #roots() {
    return { user: this.#path, attempt: this.view.root };
  }

  apply(options: { accept?: (path: string, reason: string) => boolean } = {}): ApplyResult {
    return applyChanges(this.#plan(), {
      roots: this.#roots,
      runId: this.#options.runId,
      undo: undoFolder(this.#options.dataHome, this.#options.runId),
      world: this.#options.world ?? realWorld,
      ...options,
    });
  }

  keepCase(task: string): void {
    const changes = this.#tracker.changes();
    keepCase({
      dataHome: this.#options.dataHome,
      runId: this.#options.runId,
      task,
      path: this.#path,
      changes,
      world: this.#options.world ?? realWorld,
    });
  }

  async close(): Promise<void> {
    await this.#snapshot.close();
    this.#store.close();
  }
}
