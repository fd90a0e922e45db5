// The library: every skill with all its versions, changed through one door and never lost.
import { dirname, join } from 'node:path';
import { type Database, nearest, OpenSpaceError, realWorld, type World } from '../lib/index.ts';
import { type AdoptedFolder, adoptFolders, type ReadFolder } from './adopt.ts';
import { type BlamedLine, blameFile } from './blame.ts';
import { packSkill, unpackSkill } from './bundle.ts';
import { commitDraft, requireSkill } from './commit.ts';
import { diffFiles } from './diff.ts';
import { SIDECARS } from './format.ts';
import { addHistories, type HistoryReport, type SkillHistory } from './histories.ts';
import { type RecoveryReport, recover } from './journal.ts';
import { type LibraryContext, RootLocks } from './library-context.ts';
import { LibraryPages } from './pages.ts';
import { resolveRoots, type SkillRoot } from './roots.ts';
import { openSearchIndex, type SearchHit, type SearchIndex } from './search-index.ts';
import type { CommitResult, Draft, Skill, SkillFiles, SkillId, Version, VersionId } from './skill.ts';
import {
  type Cause,
  type FlagResult,
  promote,
  restore,
  rollback,
  setFlag,
  type UndoResult,
  undo,
} from './states.ts';
import { type Including, type ListOptions, type SkillPage, SkillStore } from './store.ts';
import type { Change } from './store-rows.ts';
import { type SyncReport, syncRoots } from './sync.ts';

export interface LibraryOptions {
  readonly db: Database;
  /** Where skill folders live. Two roots with the same real path count once, with the lower precedence. */
  readonly roots: readonly SkillRoot[];
  /** Path of the root in which new skills are shown once they are trusted. Without it they stay in the library. */
  readonly learntRoot?: string;
  /** Where the roots' locks are kept. Default: `locks` beside the database. */
  readonly locksFolder?: string;
  readonly world?: World;
}

/** A page of search hits never shows what `list` would hide. */
export interface LibrarySearchOptions {
  readonly limit?: number;
  readonly collapse?: boolean;
  readonly vector?: { readonly embedderId: string; readonly query: Float32Array };
  readonly accept?: (skillId: SkillId) => boolean;
}

/**
 * All skills and their history. Reading is immediate and loads only what it returns; changing is journalled:
 * a process killed at any point leaves the old or the new state, and the folders follow at the next start.
 * Several processes may share one library; the slower of two changes to one skill gets `stale-head`.
 */
export interface Library {
  /** Usable skills by name, a page at a time; `include` adds those that are usually hidden. */
  list(options?: ListOptions): SkillPage;
  count(): Record<'usable' | Including, number>;
  /** Folders that a skill of the same name in an earlier root hides. */
  shadowed(): readonly { skillId: SkillId; name: string; folder: string; by: string }[];
  /** Throws `not-found`. */
  getSkill(skillId: string): Skill;
  /** By skill id, version id, or name; of several with the name the one that would be used. */
  findSkill(nameOrId: string): Skill | undefined;
  /** Like `findSkill`, but throws `not-found` with the nearest name. */
  pickSkill(nameOrId: string): Skill;
  getVersion(versionId: string): Version;
  findVersion(versionId: string): Version | undefined;
  /** Newest first. */
  versions(skillId: string): readonly Version[];
  /** Versions that were made from this one, in whichever skill. */
  children(versionId: string): readonly VersionId[];
  /** What was done to the skill and by whom, newest first. */
  changes(skillId: string): readonly Change[];
  /** Why a skill is quarantined or archived. */
  flagReason(skillId: SkillId, flag: 'archived' | 'quarantined'): string | undefined;
  /** All files of a version. Throws `not-found`. */
  read(versionId: string): SkillFiles;
  readFile(versionId: string, path: string): Uint8Array | undefined;
  filesOf(versionId: string): readonly { path: string; sizeBytes: number }[];
  /** Best first; only skills that `list` would show. */
  search(query: string, options?: LibrarySearchOptions): readonly SearchHit[];
  /** Views of the whole library for faces that show much of it at once. */
  readonly pages: LibraryPages;
  /** The search index itself, for vectors. */
  readonly index: SearchIndex;
  /** Unified diff of two versions; without `before`, of a version against its first parent. */
  diff(after: string, before?: string): string;
  /** Each line of a file with the version that brought it; undefined if the version has no such text file. */
  blame(versionId: string, path: string): readonly BlamedLine[] | undefined;

  /**
   * Makes a draft a version: parse, lint, safety, compare with the head, one transaction, folder, search index.
   * A hand edit in the skill's folder becomes a version first; the draft is then `stale-head`.
   */
  commit(draft: Draft): Promise<CommitResult>;
  /** A trial or candidate becomes trusted and the head. Refused with `stale-head` if it was not made from the head. */
  promote(versionId: string, cause: Cause): Promise<CommitResult>;
  /** Takes a version back: it becomes rejected, and the trusted one before it the head. */
  rollback(versionId: string, cause: Cause): Promise<CommitResult>;
  /** Brings a version's files back as a new version. */
  restore(versionId: string, cause: Cause): Promise<CommitResult>;
  /** Takes back the skill's newest change that is not undone yet. Throws `not-found` if there is none. */
  undo(skillId: SkillId, author: string): Promise<UndoResult>;
  /** Puts a skill out of use and takes its files off the disk; all of it stays in the library. */
  archive(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult>;
  /** The same as archiving: nothing is ever deleted. */
  remove(skillId: SkillId, cause: Cause): Promise<FlagResult>;
  pin(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult>;
  quarantine(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult>;
  /** A version as a zip archive. */
  pack(versionId: string): Promise<Uint8Array>;
  /** Commits a zip archive. Refused as a whole if it is unsound, too large or would leave its folder. */
  unpack(bytes: Uint8Array, draft: Omit<Draft, 'files'>): Promise<CommitResult>;
  /**
   * Makes folders from elsewhere skills of their own; they keep the id in their `.skill_id`. Text without front
   * matter is taken in and quarantined; `unsafe` content is refused, what is there already is `unchanged`.
   */
  adopt(
    folders: readonly ReadFolder[],
    state: 'trusted' | 'trial',
    author: string,
  ): Promise<readonly AdoptedFolder[]>;
  /** Brings in skills with their history from elsewhere. What is known already is left alone. */
  addHistories(histories: readonly SkillHistory[]): Promise<HistoryReport>;

  /** Looks at the roots: cheap where nothing changed, so call it before use. */
  sync(): Promise<SyncReport>;
  /** Finishes what a killed process left half done; `openLibrary` and `sync` do it too. */
  recover(): RecoveryReport;
  close(): void;
}

/** Opens the library on an open database, and finishes what an earlier process left half done. */
export function openLibrary(options: LibraryOptions): Library {
  const roots = resolveRoots(options.roots);
  const store = new SkillStore(options.db, roots);
  const locks = options.locksFolder ?? join(dirname(options.db.path), 'locks');
  const context: LibraryContext = {
    store,
    index: openSearchIndex(options.db),
    roots,
    learntRoot: learntRootOf(options, roots),
    locks: new RootLocks(options.db.path === ':memory:' ? undefined : locks),
    world: options.world ?? realWorld,
  };
  recover(context);
  return new OpenLibrary(context);
}

function learntRootOf(options: LibraryOptions, roots: readonly SkillRoot[]): SkillRoot | undefined {
  if (options.learntRoot === undefined) return undefined;
  const [wanted] = resolveRoots([{ path: options.learntRoot, kind: 'user', writable: true, precedence: 0 }]);
  const root = roots.find((each) => each.path === wanted?.path);
  if (root?.writable === true) return root;
  throw new OpenSpaceError(
    'config',
    `New skills can't be put into ${options.learntRoot}: it is ${root === undefined ? 'not one of the skill folders' : 'read-only'}.`,
    { hint: 'Set capture_skill_dir to one of the writable skill folders.' },
  );
}

class OpenLibrary implements Library {
  readonly #context: LibraryContext;
  readonly #store: SkillStore;
  readonly pages: LibraryPages;

  constructor(context: LibraryContext) {
    this.#context = context;
    this.#store = context.store;
    this.pages = new LibraryPages(context.store.db, context.roots);
  }

  get index(): SearchIndex {
    return this.#context.index;
  }

  list(options?: ListOptions): SkillPage {
    return this.#store.list(options);
  }

  count() {
    return this.#store.count();
  }

  shadowed() {
    return this.#store.shadowed();
  }

  getSkill(skillId: string): Skill {
    return requireSkill(this.#context, skillId);
  }

  findSkill(nameOrId: string): Skill | undefined {
    const byId = this.#store.findSkill(nameOrId);
    if (byId !== undefined) return byId;
    const version =
      this.#store.findVersion(nameOrId) ??
      this.#store.findVersion(this.#store.folders.withSidecar(nameOrId)?.versionId ?? '');
    return version === undefined
      ? this.#store.skillsNamed(nameOrId)[0]
      : this.#store.findSkill(version.skillId);
  }

  pickSkill(nameOrId: string): Skill {
    const skill = this.findSkill(nameOrId);
    if (skill !== undefined) return skill;
    const near = nearest(nameOrId, this.#store.names());
    throw new OpenSpaceError('not-found', `There is no skill "${nameOrId}".`, {
      hint:
        near === undefined
          ? 'See what is there: openspace skills list --all'
          : `Did you mean "${near}"? All skills: openspace skills list --all`,
    });
  }

  getVersion(versionId: string): Version {
    return this.#store.requireVersion(versionId);
  }

  findVersion(versionId: string): Version | undefined {
    return this.#store.findVersion(versionId);
  }

  versions(skillId: string): readonly Version[] {
    return this.#store.versions(skillId);
  }

  children(versionId: string): readonly VersionId[] {
    return this.#store.children(versionId);
  }

  changes(skillId: string): readonly Change[] {
    return this.#store.changes(skillId);
  }

  flagReason(skillId: SkillId, flag: 'archived' | 'quarantined'): string | undefined {
    return this.#store.flagReason(skillId, flag);
  }

  read(versionId: string): SkillFiles {
    return this.#store.content.files(this.getVersion(versionId).filesHash);
  }

  readFile(versionId: string, path: string): Uint8Array | undefined {
    return this.#store.content.file(this.getVersion(versionId).filesHash, path);
  }

  filesOf(versionId: string) {
    return this.#store.content.sizes(this.getVersion(versionId).filesHash);
  }

  search(query: string, options: LibrarySearchOptions = {}): readonly SearchHit[] {
    const { limit = 10, accept, ...rest } = options;
    const judged = new Map<SkillId, boolean>();
    const isShown = (skillId: SkillId) => {
      const shown = judged.get(skillId) ?? (this.#store.isListed(skillId) && (accept?.(skillId) ?? true));
      judged.set(skillId, shown);
      return shown;
    };
    return this.#context.index.search(query, { ...rest, limit, accept: isShown });
  }

  diff(after: string, before?: string): string {
    const newer = this.getVersion(after);
    const older = before ?? newer.parents[0];
    return diffFiles(older === undefined ? new Map() : this.read(older), this.read(after));
  }

  blame(versionId: string, path: string): readonly BlamedLine[] | undefined {
    const history = {
      version: (id: VersionId) => this.getVersion(id),
      file: (id: VersionId, name: string) => this.readFile(id, name),
    };
    return blameFile(history, this.getVersion(versionId).versionId, path);
  }

  async commit(draft: Draft): Promise<CommitResult> {
    return commitDraft(this.#context, draft);
  }

  async promote(versionId: string, cause: Cause): Promise<CommitResult> {
    return promote(this.#context, versionId, cause);
  }

  async rollback(versionId: string, cause: Cause): Promise<CommitResult> {
    return rollback(this.#context, versionId, cause);
  }

  async restore(versionId: string, cause: Cause): Promise<CommitResult> {
    return restore(this.#context, versionId, cause);
  }

  async undo(skillId: SkillId, author: string): Promise<UndoResult> {
    return undo(this.#context, skillId, author);
  }

  async archive(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult> {
    return setFlag(this.#context, skillId, 'archived', on, cause);
  }

  async remove(skillId: SkillId, cause: Cause): Promise<FlagResult> {
    return setFlag(this.#context, skillId, 'archived', true, cause);
  }

  async pin(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult> {
    return setFlag(this.#context, skillId, 'pinned', on, cause);
  }

  async quarantine(skillId: SkillId, on: boolean, cause: Cause): Promise<FlagResult> {
    return setFlag(this.#context, skillId, 'quarantined', on, cause);
  }

  async pack(versionId: string): Promise<Uint8Array> {
    return packSkill(this.read(versionId));
  }

  async unpack(bytes: Uint8Array, draft: Omit<Draft, 'files'>): Promise<CommitResult> {
    const files = [...(await unpackSkill(bytes))].filter(([path]) => !SIDECARS.has(path));
    return commitDraft(this.#context, { ...draft, files: new Map(files) });
  }

  async adopt(folders: readonly ReadFolder[], state: 'trusted' | 'trial', author: string) {
    return adoptFolders(this.#context, folders, state, author);
  }

  async addHistories(histories: readonly SkillHistory[]): Promise<HistoryReport> {
    return addHistories(this.#context, histories);
  }

  sync(): Promise<SyncReport> {
    return syncRoots(this.#context);
  }

  recover(): RecoveryReport {
    return recover(this.#context);
  }

  close(): void {
    this.#context.locks.close();
  }
}
