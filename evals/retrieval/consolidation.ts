// Does consolidation keep what later tasks need? The original's library, consolidated by what was known before a moment.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importOriginal } from '../../src/engine/import-original.ts';
import { applyProposal, openLedger, type Proposal } from '../../src/learning/index.ts';
import { type Database, openDatabase, readTextIfPresent, sha256 } from '../../src/lib/index.ts';
import { type Library, openLibrary, type SkillId } from '../../src/skills/index.ts';
import type { Rank } from './measure.ts';
import type { Pair, Past } from './past.ts';
import { loadQueries } from './queries.ts';

export interface ImportedLibrary {
  readonly library: Library;
  readonly db: Database;
  readonly root: string;
  close(): void;
}

/** The original's library in a home of its own, as `skills import` brings it in. */
export async function openImported(data: string): Promise<ImportedLibrary> {
  const home = mkdtempSync(join(tmpdir(), 'openspace-consolidation-'));
  const root = join(home, 'skills');
  mkdirSync(root);
  const db = openDatabase({ path: join(home, 'openspace.db') });
  const library = openLibrary({
    db,
    roots: [{ path: root, kind: 'user', writable: true, precedence: 0 }],
    learntRoot: root,
  });
  const ledger = openLedger(db);
  await importOriginal({ db, library, ledger, path: join(data, 'gdpval.db') });
  return {
    ...{ library, db, root },
    close() {
      library.close();
      db.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The moment when this share of all tasks had been run at least once. */
export function momentAt(past: Past, share: number): string {
  const first = new Map<string, string>();
  for (const { taskId, at } of past.runs) if (!first.has(taskId)) first.set(taskId, at);
  const times = [...first.values()].sort();
  return times[Math.floor(times.length * share)] ?? '';
}

/** Later pairs whose task was never run before the moment: neither its words nor its outcome were known. */
export function heldOut(past: Past, moment: string): readonly Pair[] {
  const seen = new Set(past.runs.filter(({ at }) => at < moment).map(({ taskId }) => taskId));
  return past.pairs.filter(({ taskId, at }) => at >= moment && !seen.has(taskId));
}

/** Skill in the library → the one that stands for it now: itself, or what it was merged into. */
export type StandsFor = ReadonlyMap<SkillId, SkillId>;

/**
 * Ranks, by words alone and with near-duplicates folded as in a run, of what stands for the wanted skill. `offered`: it
 * must be the hit itself, which is all that a run gets to see; `folded`: being folded into a hit is as good, so that
 * doubles cost the full set nothing. Infinity: not found.
 */
export function ranksIn(
  library: Library,
  pairs: readonly Pair[],
  counts: 'offered' | 'folded',
  standsFor: StandsFor = new Map(),
): readonly Rank[] {
  return pairs.map(({ prompt, skillId }) => {
    const wanted = library.findVersion(skillId)?.skillId;
    if (wanted === undefined) return Infinity;
    const standing = standsFor.get(wanted) ?? wanted;
    const at = rankingOf(library, prompt).findIndex((hit) =>
      counts === 'offered' ? hit[0] === standing : hit.includes(standing),
    );
    return at < 0 ? Infinity : at + 1;
  });
}

/** Each hit with what is folded into it. */
export function rankingOf(library: Library, prompt: string): readonly (readonly SkillId[])[] {
  return library.search(prompt, { limit: 500 }).map((hit) => [hit.skillId, ...hit.folded]);
}

/**
 * Ranks if groups of skills stood for one another without their texts being merged: what grouping alone is worth, since
 * fewer things to tell apart are easier to rank. `groups` may be drawn at random, for comparison.
 */
export function ranksOfGroups(
  library: Library,
  pairs: readonly Pair[],
  groups: readonly (readonly SkillId[])[],
  rankings: ReadonlyMap<string, readonly (readonly SkillId[])[]>,
): readonly Rank[] {
  const groupOf = new Map(
    groups.flatMap((members, at) => members.map((member) => [member, `group ${at}`] as const)),
  );
  return pairs.map(({ prompt, skillId }) => {
    const wanted = library.findVersion(skillId)?.skillId;
    if (wanted === undefined) return Infinity;
    const seen = new Set<string>();
    for (const hit of rankings.get(prompt) ?? []) {
      const [best] = hit;
      if (best !== undefined) seen.add(groupOf.get(best) ?? best);
      const there = hit.some((id) => (groupOf.get(id) ?? id) === (groupOf.get(wanted) ?? wanted));
      if (there) return seen.size;
    }
    return Infinity;
  });
}

/** Accepts all proposals, as `skills consolidate --apply --yes` does. */
export async function acceptAll(library: Library, proposals: readonly Proposal[]) {
  const standsFor = new Map<SkillId, SkillId>();
  const refused: string[] = [];
  for (const proposal of proposals) {
    const result = await applyProposal(library, proposal, 'bench');
    if (!result.ok) refused.push(`${proposal.id}: ${result.reason}`);
    else if (proposal.kind === 'merge' && result.skill !== undefined)
      for (const { skillId } of proposal.skills) standsFor.set(skillId, result.skill.skillId);
  }
  return { standsFor, refused };
}

/** Everything that taking back must restore: heads, states and flags of the skills that were there, and all folder bytes. */
export function snapshotOf({ library, root }: ImportedLibrary, only?: ReadonlySet<SkillId>) {
  const { skills } = library.list({
    ...{ limit: 1_000, include: ['archived', 'quarantined', 'shadowed', 'unready'] as const },
  });
  const kept = skills.filter(({ skillId }) => only?.has(skillId) ?? true);
  const folders = Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length + 1), sha256(readFileSync(path))]),
  );
  return {
    folders,
    ids: new Set(kept.map(({ skillId }) => skillId)),
    skills: Object.fromEntries(
      kept.map(({ skillId, ...skill }) => [skillId, { ...skill, versions: headStates(library, skillId) }]),
    ),
  };
}

/** State of each version, but for a shrunk one that was taken back: nothing in a history is ever deleted. */
function headStates(library: Library, skillId: SkillId): Record<string, string> {
  return Object.fromEntries(
    library
      .versions(skillId)
      .filter(({ origin, state }) => !(origin === 'shrunk' && state === 'rejected'))
      .map(({ versionId, state }) => [versionId, state]),
  );
}

/** Skills of the library that a person would be content with, for each judged query that one of them answers. */
export function judgedQueries(data: string, library: Library) {
  const skillOf = (folder: string) => {
    const sidecar = readTextIfPresent(join(data, 'gdpval-skills', folder, '.skill_id'));
    return sidecar === undefined ? undefined : library.findVersion(sidecar.trim())?.skillId;
  };
  return loadQueries()
    .map(({ query, acceptable }) => ({
      query,
      wanted: acceptable.map(skillOf).filter((id) => id !== undefined),
    }))
    .filter(({ wanted }) => wanted.length > 0);
}

/** Rank of the best acceptable skill, or of what stands for it. */
export function ranksOfQueries(
  library: Library,
  queries: ReturnType<typeof judgedQueries>,
  standsFor: StandsFor = new Map(),
): readonly Rank[] {
  return queries.map(({ query, wanted }) => {
    const standing = new Set(wanted.map((id) => standsFor.get(id) ?? id));
    const at = rankingOf(library, query).findIndex((hit) => hit.some((id) => standing.has(id)));
    return at < 0 ? Infinity : at + 1;
  });
}
