// The library at a glance, kept in memory while nothing changes: every skill as a list shows it, with counts and figures.
import type { OpenSpace } from '../../engine/index.ts';
import { figuresOfUses, NO_USE, type UseFigures } from '../../learning/index.ts';
import type { Database } from '../../lib/index.ts';
import type { CatalogueEntry } from '../../skills/index.ts';
import type { SkillItem, SkillsPage, Standing } from './contract.ts';
import { createMemory } from './memory.ts';

export type SkillSort = 'name' | 'updated' | 'uses' | 'success' | 'last-used';
export type SkillState = keyof SkillsPage['counts'];

/** What a moment of the library looked like. Immutable; `of` keeps what is derived from it. */
export interface Snapshot {
  /** By name. */
  readonly items: readonly SkillItem[];
  readonly byId: ReadonlyMap<string, SkillItem>;
  sorted(sort: SkillSort): readonly SkillItem[];
  readonly counts: SkillsPage['counts'];
  facets(state: SkillState): SkillsPage['facets'];
  /** A value that follows from this moment, made at its first use. */
  of<T>(key: string, make: () => T): T;
}

export interface Snapshots {
  /** As it is now, or was up to a moment ago while others write without a pause. */
  current(): Snapshot;
  /** The next `current` sees everything: after a change of our own. */
  invalidate(): void;
  /** Differs whenever the database does. */
  revision(): string;
  /** False while `current` may show what was a moment ago. */
  isSettled(): boolean;
}

/** While others keep writing, at most this share of the time goes into looking again. */
const SHARE_OF_TIME = 0.04;
/** A look that takes no longer is free, in ms: a library of some hundred skills is always shown as it is. */
const FREE_MS = 20;

/** Values kept with one snapshot. */
const MOST_DERIVED = 200;

export function openSnapshots(openSpace: OpenSpace): Snapshots {
  const { db } = openSpace.learning().deps;
  let seen: { snapshot: Snapshot; revision: string; freshUntil: number } | undefined;
  return {
    current() {
      const revision = revisionOf(db);
      const now = performance.now();
      if (seen !== undefined && (seen.revision === revision || now < seen.freshUntil)) return seen.snapshot;
      const snapshot = takeSnapshot(openSpace);
      const tookMs = performance.now() - now;
      seen = { snapshot, revision, freshUntil: now + Math.max(0, tookMs - FREE_MS) / SHARE_OF_TIME };
      return snapshot;
    },
    invalidate() {
      seen = undefined;
    },
    revision: () => revisionOf(db),
    isSettled: () =>
      seen === undefined || performance.now() >= seen.freshUntil || seen.revision === revisionOf(db),
  };
}

/** SQLite counts commits of other connections, and changes of ours. */
function revisionOf(db: Database): string {
  const others = db.get<{ data_version: number }>('PRAGMA data_version')?.data_version;
  const own = db.get<{ n: number }>('SELECT total_changes() AS n')?.n;
  return `${others}:${own}`;
}

function takeSnapshot(openSpace: OpenSpace): Snapshot {
  const { db, store } = openSpace.learning().deps;
  const figures = figuresOfUses(db);
  const proposals = store.proposedBySkill();
  const items = openSpace
    .library()
    .pages.catalogue()
    .map((entry) => toItem(entry, figures.get(entry.skillId) ?? NO_USE, proposals.get(entry.skillId) ?? 0));
  const of = createMemory(MOST_DERIVED);
  return {
    items,
    byId: new Map(items.map((item) => [item.skill_id, item])),
    sorted: (sort) => of(`sorted:${sort}`, () => (sort === 'name' ? items : [...items].sort(ORDERS[sort]))),
    counts: countStates(items),
    facets: (state) => of(`facets:${state}`, () => facetsOf(items.filter((item) => isInState(item, state)))),
    of,
  };
}

export function standingOf(entry: CatalogueEntry): Standing {
  if (entry.archived) return 'archived';
  if (entry.quarantined) return 'quarantined';
  if (entry.shadowed) return 'shadowed';
  if (entry.head !== undefined) return 'trusted';
  return entry.trial === undefined ? 'unready' : 'trial';
}

function toItem(entry: CatalogueEntry, use: UseFigures, proposals: number): SkillItem {
  return {
    ...{ skill_id: entry.skillId, name: entry.name, description: entry.description, tags: [...entry.tags] },
    ...{ standing: standingOf(entry), pinned: entry.pinned, host: entry.place ?? 'library' },
    ...{ folder: entry.folder ?? null, head: entry.head ?? null, trial: entry.trial ?? null },
    ...{ version_id: entry.shown, version_number: entry.shownNumber, versions: entry.versions },
    ...{ origin: entry.origin, author: entry.author },
    ...{ created_at: entry.createdAt, updated_at: entry.updatedAt },
    ...{ uses: use.had.runs, offered: use.offered, applied: use.applied, success: use.had },
    ...{ last_used_at: use.lastUsedAt, proposals },
  };
}

const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Best first by the lower end of the interval: one lucky run does not beat twenty good ones. */
const ORDERS: Record<Exclude<SkillSort, 'name'>, (a: SkillItem, b: SkillItem) => number> = {
  updated: (a, b) => text(b.updated_at, a.updated_at) || text(a.name, b.name),
  uses: (a, b) => b.uses - a.uses || text(a.name, b.name),
  success: (a, b) => b.success.low - a.success.low || b.uses - a.uses || text(a.name, b.name),
  'last-used': (a, b) => text(b.last_used_at ?? '', a.last_used_at ?? '') || text(a.name, b.name),
};

export function isInState(item: SkillItem, state: SkillState): boolean {
  if (state === 'all') return true;
  if (state === 'usable') return item.standing === 'trusted' || item.standing === 'trial';
  if (state === 'pinned') return item.pinned;
  if (state === 'waiting') return item.proposals > 0;
  return item.standing === state;
}

function countStates(items: readonly SkillItem[]): SkillsPage['counts'] {
  const count = (state: SkillState) => items.reduce((sum, item) => sum + (isInState(item, state) ? 1 : 0), 0);
  return {
    ...{ usable: count('usable'), all: items.length, pinned: count('pinned'), waiting: count('waiting') },
    ...{ trusted: count('trusted'), trial: count('trial'), unready: count('unready') },
    ...{ quarantined: count('quarantined'), shadowed: count('shadowed'), archived: count('archived') },
  };
}

const MOST_TAGS = 50;

function facetsOf(items: readonly SkillItem[]): SkillsPage['facets'] {
  return {
    origins: frequencies(items.map(({ origin }) => origin)),
    hosts: frequencies(items.map(({ host }) => host)),
    tags: frequencies(items.flatMap(({ tags }) => tags)).slice(0, MOST_TAGS),
  };
}

function frequencies<T extends string>(values: readonly T[]): { value: T; count: number }[] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || text(a.value, b.value));
}
