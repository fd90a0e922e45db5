// Installing from any source: found, fetched, checked, put in place, locked; then updated, verified and taken back.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPresent, OpenSpaceError, type World, writeFileAtomic } from '../lib/index.ts';
import { diffFiles, type Finding, packSkill, type SkillFiles, unpackSkill } from '../skills/index.ts';
import { type Checked, checkDownload } from './check-download.ts';
import { hashOfFiles, withoutSidecars } from './content.ts';
import { folderNameFor, installFolder, readInstalled } from './install-folder.ts';
import { type LockEntry, readLock, writeLockEntry } from './lock-file.ts';
import { type Fetched, openSource, type Source, type SourceWorld } from './registries/index.ts';

/** Where skills are put: a folder of the user's, or the library of a data home. */
export interface Target {
  /** Folder of the lock file. */
  readonly root: string;
  read(name: string): Promise<SkillFiles | undefined>;
  /** Throws `already-exists` if something else has the name, unless `replace`. Returns what a person should know. */
  put(
    name: string,
    files: SkillFiles,
    options: PutOptions,
  ): Promise<{ readonly place: string; readonly notes: readonly string[] }>;
}
export interface PutOptions {
  readonly id: string;
  readonly source: string;
  readonly replace: boolean;
  readonly quarantine: boolean;
}

/** A folder as the target: files are written there at once. */
export function folderTarget(root: string): Target {
  return {
    root,
    read: async (name) => readInstalled(join(root, folderNameFor(name, ''))),
    async put(name, files, { id, replace, quarantine }) {
      if (quarantine)
        throw new OpenSpaceError('unsafe', `"${name}" has content that a person has to look at first.`, {
          hint: 'Without --to it goes into the library, quarantined until you release it.',
        });
      return {
        place: installFolder(root, folderNameFor(name, id), files, { skillId: id, replace }),
        notes: [],
      };
    },
  };
}

export interface Installer {
  readonly target: Target;
  readonly sources: readonly Source[];
  readonly sourceWorld: SourceWorld;
  readonly world: World;
  /** Where archives of what was installed are kept, so that going back needs no network. */
  readonly cacheFolder: string;
}

export interface Installed {
  readonly name: string;
  readonly status: 'installed' | 'updated' | 'unchanged';
  readonly place: string;
  readonly entry: LockEntry;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

export interface InstallChoice {
  readonly force?: boolean;
  readonly acceptKey?: boolean;
}

/** Finds what a person means by `wanted` in the sources: an id, `owner/name`, or a name that one source has. */
export async function findOffer(
  installer: Installer,
  wanted: string,
): Promise<{ source: Source; id: string }> {
  const exact: { source: Source; id: string; shown: string }[] = [];
  for (const source of installer.sources) {
    const isHub = source.address.startsWith('hub:');
    if (isHub && (wanted.includes('/') || wanted.includes('__'))) return { source, id: wanted };
    for (const offer of await source.search(wanted, 50))
      if (offer.name === wanted || offer.id === wanted)
        exact.push({ source, id: offer.id, shown: `${offer.record?.owner ?? source.address}/${offer.name}` });
  }
  const [first, ...others] = exact;
  if (first === undefined)
    throw new OpenSpaceError('not-found', `No source has a skill "${wanted}".`, {
      hint: `Look for it with: openspace hub search "${wanted}"`,
    });
  if (others.length > 0)
    throw new OpenSpaceError(
      'usage',
      `There are ${exact.length} skills "${wanted}": ${exact.map(({ shown }) => shown).join(', ')}`,
      {
        hint: 'Name one as owner/name, or its source with --from.',
      },
    );
  return first;
}

/** Fetches, checks and puts a skill in place. Nothing is written before all checks have passed. */
export async function install(
  installer: Installer,
  source: Source,
  id: string,
  choice: InstallChoice = {},
): Promise<Installed> {
  const found = await source.fetch(id);
  const fetched = { ...found, name: folderNameFor(found.name, found.id) };
  const locked = readLock(installer.target.root)[fetched.name];
  const isSameSkill = locked !== undefined && locked.source === source.address;
  return putInPlace(installer, source.address, fetched, {
    ...choice,
    force: choice.force === true || isSameSkill,
    locked: isSameSkill ? locked : undefined,
  });
}

interface Placing extends InstallChoice {
  readonly locked: LockEntry | undefined;
}

async function putInPlace(
  installer: Installer,
  address: string,
  fetched: Fetched,
  placing: Placing,
): Promise<Installed> {
  const { target, world } = installer;
  const { locked } = placing;
  const files = withoutSidecars(fetched.files);
  const checked: Checked = checkDownload(fetched.name, files, {
    filesHash: fetched.filesHash,
    publication: fetched.publication,
    pinnedKey: locked?.publisher_key,
    acceptKey: placing.acceptKey,
  });
  const before = await target.read(fetched.name);
  if (
    locked !== undefined &&
    locked.files_hash === checked.filesHash &&
    before !== undefined &&
    hashOfFiles(before) === checked.filesHash
  )
    return {
      name: fetched.name,
      status: 'unchanged',
      place: target.root,
      entry: locked,
      findings: [],
      notes: [],
    };
  await keepArchive(installer, checked.filesHash, files);
  const { place, notes } = await target.put(fetched.name, files, {
    id: fetched.id,
    source: address,
    replace: placing.force === true,
    quarantine: checked.quarantine,
  });
  const entry: LockEntry = {
    id: fetched.id,
    revision: fetched.revision,
    files_hash: checked.filesHash,
    source: address,
    // A source that says nothing of signatures leaves the pin as it is.
    publisher_key: fetched.publication === undefined ? (locked?.publisher_key ?? null) : checked.publisherKey,
    installed_at: world.now().toISOString(),
    previous:
      locked === undefined || locked.files_hash === checked.filesHash
        ? (locked?.previous ?? null)
        : { id: locked.id, revision: locked.revision, files_hash: locked.files_hash },
  };
  writeLockEntry(target.root, fetched.name, entry);
  return {
    name: fetched.name,
    status: locked === undefined ? 'installed' : 'updated',
    place,
    entry,
    findings: checked.findings,
    notes,
  };
}

const archivePath = ({ cacheFolder }: Installer, hash: string) =>
  join(cacheFolder, 'archives', `${hash}.zip`);

async function keepArchive(installer: Installer, hash: string, files: SkillFiles): Promise<void> {
  writeFileAtomic(archivePath(installer, hash), await packSkill(files));
}

/** Puts exactly what the lock file says in place, and nothing else. Throws `unsafe` for other files than locked. */
export async function installFrozen(installer: Installer): Promise<Installed[]> {
  const lock = readLock(installer.target.root);
  const done: Installed[] = [];
  for (const [name, entry] of Object.entries(lock)) {
    const current = await installer.target.read(name);
    if (current !== undefined && hashOfFiles(current) === entry.files_hash) {
      done.push({ name, status: 'unchanged', place: installer.target.root, entry, findings: [], notes: [] });
      continue;
    }
    const fetched = await openSource(entry.source, installer.sourceWorld).fetch(entry.id, entry.revision);
    const files = withoutSidecars(fetched.files);
    const checked = checkDownload(name, files, {
      filesHash: entry.files_hash,
      publication: fetched.publication,
      pinnedKey: entry.publisher_key,
    });
    const { place, notes } = await installer.target.put(name, files, {
      id: entry.id,
      source: entry.source,
      replace: true,
      quarantine: checked.quarantine,
    });
    done.push({ name, status: 'installed', place, entry, findings: checked.findings, notes });
  }
  return done;
}

export interface Verified {
  readonly name: string;
  readonly state: 'ok' | 'changed' | 'missing';
}

/** Compares what is there with the lock file, without any network. */
export async function verifyInstalled(target: Target): Promise<Verified[]> {
  const verified: Verified[] = [];
  for (const [name, entry] of Object.entries(readLock(target.root))) {
    const files = await target.read(name);
    verified.push({
      name,
      state: files === undefined ? 'missing' : hashOfFiles(files) === entry.files_hash ? 'ok' : 'changed',
    });
  }
  return verified;
}

export interface Update {
  readonly name: string;
  readonly entry: LockEntry;
  readonly newest: { readonly id: string; readonly revision: string | null };
  readonly fetched: Fetched;
  /** Unified diff of what is installed and what would be. */
  readonly diff: string;
  /** The user changed the installed files: updating would lose that. */
  readonly editedHere: boolean;
}

/** What could be updated, with the diff of each. `only`: these names. A source that does not answer is reported. */
export async function findUpdates(
  installer: Installer,
  only: readonly string[],
  onProblem: (name: string, error: OpenSpaceError) => void,
): Promise<Update[]> {
  const updates: Update[] = [];
  for (const [name, entry] of Object.entries(readLock(installer.target.root))) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      const update = await findUpdate(installer, name, entry);
      if (update !== undefined) updates.push(update);
    } catch (error) {
      if (!(error instanceof OpenSpaceError) || error.code === 'cancelled') throw error;
      onProblem(name, error);
    }
  }
  return updates;
}

async function findUpdate(installer: Installer, name: string, entry: LockEntry): Promise<Update | undefined> {
  const source = openSource(entry.source, installer.sourceWorld);
  const newest = await source.newest(entry.id);
  if (newest === undefined)
    throw new OpenSpaceError('not-found', `"${name}" is not in ${entry.source} any more.`);
  if (
    newest.filesHash === entry.files_hash ||
    (newest.revision !== null && newest.revision === entry.revision && newest.id === entry.id)
  )
    return undefined;
  const fetched = await source.fetch(newest.id, newest.revision);
  const files = withoutSidecars(fetched.files);
  if (hashOfFiles(files) === entry.files_hash) return undefined;
  const current = (await installer.target.read(name)) ?? new Map();
  const editedHere = current.size > 0 && hashOfFiles(current) !== entry.files_hash;
  return { name, entry, newest, fetched, diff: diffFiles(current, files), editedHere };
}

/** Applies an update that was found. */
export async function applyUpdate(
  installer: Installer,
  update: Update,
  choice: InstallChoice = {},
): Promise<Installed> {
  if (update.editedHere && choice.force !== true)
    throw new OpenSpaceError('stale-head', `"${update.name}" was changed here since it was installed.`, {
      hint: 'Publish your change, or give it up with --force.',
    });
  // The skill keeps the name under which it was installed, whatever it calls itself now.
  const fetched = { ...update.fetched, name: update.name };
  return putInPlace(installer, update.entry.source, fetched, {
    ...choice,
    force: true,
    locked: update.entry,
  });
}

/** Puts back what was installed before; doing it twice returns to where it began. Needs no network. */
export async function goBack(installer: Installer, name: string): Promise<Installed> {
  const entry = readLock(installer.target.root)[name];
  if (entry === undefined)
    throw new OpenSpaceError('not-found', `"${name}" was not installed from a source.`);
  const { previous } = entry;
  if (previous === null)
    throw new OpenSpaceError('not-found', `There is no earlier version of "${name}" to go back to.`);
  const path = archivePath(installer, previous.files_hash);
  if (!isPresent(path))
    throw new OpenSpaceError('not-found', `The earlier version of "${name}" is not kept any more.`, {
      hint: `openspace hub install ${previous.id}`,
    });
  const files = await unpackSkill(new Uint8Array(readFileSync(path)));
  const fetched: Fetched = {
    name,
    id: previous.id,
    revision: previous.revision,
    files,
    filesHash: previous.files_hash,
  };
  // The user asks for what was accepted before: its signature was checked then.
  return putInPlace(installer, entry.source, fetched, { force: true, acceptKey: true, locked: entry });
}
