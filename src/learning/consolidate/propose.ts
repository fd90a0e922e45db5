// What would make the library smaller and better: merges of like skills, archives and shrinks, each with its evidence.
import { type Database, estimateTokens, plural, sha256 } from '../../lib/index.ts';
import {
  type AlikePair,
  alikePairs,
  allSkills,
  decodeText,
  groupAlike,
  type Library,
  mergeSkillFiles,
  parseSkillMd,
  SKILL_FILE,
  type Skill,
  type SkillFiles,
  type SkillId,
  shrinkSkillFiles,
  type VersionId,
} from '../../skills/index.ts';
import type { Share } from '../intervals.ts';
import { noStats, type RunTotals, runTotals, type SkillStats, skillStats } from '../skill-stats.ts';

export interface ProposedSkill {
  readonly skillId: SkillId;
  /** Its head when this was proposed: if it moves, the proposal is void. */
  readonly versionId: VersionId;
  readonly name: string;
}

interface ProposalBase {
  /** The same for the same skills at the same versions. */
  readonly id: string;
  readonly skills: readonly ProposedSkill[];
  /** Why, in sentences with figures. Never empty. */
  readonly evidence: readonly string[];
  /** Estimated tokens of the SKILL.md files before and after. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

/** `skills` of a merge: the leading one first; all of them are archived. */
export type Proposal = ProposalBase &
  (
    | { readonly kind: 'merge'; readonly likeness: number; readonly files: SkillFiles }
    | { readonly kind: 'archive'; readonly why: 'harmful' | 'never-applied' | 'never-used' | 'copy' }
    | { readonly kind: 'shrink'; readonly files: SkillFiles }
  );

export interface ConsolidationOptions {
  /** How many usable skills to come down to, as far as evidence goes. Undefined: only what is clear by itself. */
  readonly target?: number;
  /** Uses from this UTC ISO time on are not known. For measuring. */
  readonly before?: string;
}

/** What is clear by itself. Fitted to nothing: rules that a person would give. */
export const CONSOLIDATION_RULES = {
  mostParents: 3,
  /** Likeness from which two skills are one subject told twice. */
  nearDuplicate: 0.5,
  /** Likeness down to which a target may join what belongs together. */
  sameSubject: 0.1,
  /** Runs since a skill's version appeared, after which "never used" says something. */
  runsUnused: 20,
  /** Runs that had it before it may be called harmful, or never applied. */
  runsJudged: 5,
};

interface Known {
  readonly skill: Skill;
  readonly versionId: VersionId;
  readonly createdAt: string;
  readonly files: SkillFiles;
  readonly filesHash: string;
  readonly tokens: number;
  readonly stats: SkillStats;
  readonly runsSince: number;
}

/** Reads only. Pinned skills, and those with a version on trial, are left alone. */
export function proposeConsolidation(
  { library, db }: { readonly library: Library; readonly db: Database },
  options: ConsolidationOptions = {},
): readonly Proposal[] {
  const filter = options.before === undefined ? {} : { before: options.before };
  const totals = runTotals(db, filter);
  const stats = skillStats(db, filter);
  const usable = [...allSkills(library)];
  const known = new Map(
    usable.flatMap((skill) => {
      const one = toKnown(library, skill, stats.get(skill.skillId), totals);
      return one === undefined ? [] : [[skill.skillId, one] as const];
    }),
  );
  const archives = [...known.values()].flatMap((one) => archiveOf(one, totals) ?? []);
  const copies = copiesOf(without(known, archives));
  const sure = [...archives, ...copies];
  const left = without(known, sure);
  const surplus = options.target === undefined ? 0 : usable.length - sure.length - options.target;
  const merges = mergesOf(left, surplus);
  const stillTooMany = surplus - merges.reduce((sum, { skills }) => sum + skills.length - 1, 0);
  const unused = unusedOf(without(left, merges), options.target === undefined ? undefined : stillTooMany);
  const shrinks = [...without(left, [...merges, ...unused]).values()].flatMap((one) => shrinkOf(one) ?? []);
  return [...sure, ...merges, ...unused, ...shrinks];
}

function toKnown(
  library: Library,
  skill: Skill,
  stats: SkillStats | undefined,
  { startedAt }: RunTotals,
): Known | undefined {
  if (skill.head === undefined || skill.pinned || skill.trial !== undefined) return undefined;
  const { createdAt, filesHash } = library.getVersion(skill.head);
  const files = library.read(skill.head);
  return {
    ...{ skill, versionId: skill.head, createdAt, files, filesHash, tokens: tokensOf(files) },
    stats: stats ?? noStats(skill.skillId),
    runsSince: startedAt.filter((at) => at >= createdAt).length,
  };
}

const tokensOf = (files: SkillFiles) => estimateTokens(textOf(files));

function textOf(files: SkillFiles): string {
  const bytes = files.get(SKILL_FILE);
  return bytes === undefined ? '' : (decodeText(bytes) ?? '');
}

type KnownSkills = ReadonlyMap<SkillId, Known>;

function without(known: KnownSkills, proposals: readonly Proposal[]): KnownSkills {
  const taken = new Set(proposals.flatMap(({ skills }) => skills.map(({ skillId }) => skillId)));
  return new Map([...known].filter(([skillId]) => !taken.has(skillId)));
}

function baseOf(kind: string, members: readonly Known[]) {
  const skills = members.map(({ skill, versionId }) => ({
    skillId: skill.skillId,
    versionId,
    name: skill.name,
  }));
  return {
    id: sha256([kind, ...skills.map(({ versionId }) => versionId)].join(' ')).slice(0, 8),
    skills,
    tokensBefore: members.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

/** Skills that runs did worse with, or that were given out and never followed. */
function archiveOf(one: Known, { done }: RunTotals): Proposal | undefined {
  const { withIt, without, judged, applied, chosen } = one.stats;
  const archive = (why: 'harmful' | 'never-applied', evidence: string[]): Proposal => ({
    ...baseOf('archive', [one]),
    ...{ kind: 'archive', why, evidence, tokensAfter: 0 },
  });
  const base = without.runs >= CONSOLIDATION_RULES.runsJudged ? without : done;
  const baseText = base === without ? 'runs that were offered it and went without' : 'all runs';
  if (withIt.runs >= CONSOLIDATION_RULES.runsJudged && withIt.high < base.low)
    return archive('harmful', [
      `runs with it did their task ${percent(withIt)}; ${baseText} ${percent(base)}`,
    ]);
  if (judged >= CONSOLIDATION_RULES.runsJudged && applied === 0)
    return archive('never-applied', [
      `given to ${plural(chosen, 'run')}, followed in none of ${judged} that were analysed`,
    ]);
  return undefined;
}

export function percent({ rate, low, high, successes, runs }: Share): string {
  if (rate === null) return 'never tried';
  const round = (value: number) => Math.round(value * 100);
  return `${successes} of ${runs} times (${round(low)} to ${round(high)} %)`;
}

/** Of skills with the same files all but the best. */
function copiesOf(known: KnownSkills): readonly Proposal[] {
  const byFiles = new Map<string, Known[]>();
  for (const one of known.values()) byFiles.set(one.filesHash, [...(byFiles.get(one.filesHash) ?? []), one]);
  return [...byFiles.values()].flatMap((same) => {
    const [best, ...copies] = [...same].sort(byWorth);
    return copies.map(
      (copy): Proposal => ({
        ...baseOf('archive', [copy]),
        ...{ kind: 'archive', why: 'copy', tokensAfter: 0 },
        evidence: [`has exactly the files of ${best?.skill.name ?? ''} (${best?.versionId ?? ''})`],
      }),
    );
  });
}

/** The most applied first, then the most chosen, the newest. */
function byWorth(a: Known, b: Known): number {
  return (
    b.stats.applied - a.stats.applied ||
    b.stats.chosen - a.stats.chosen ||
    compare(b.createdAt, a.createdAt) ||
    compare(a.skill.skillId, b.skill.skillId)
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Near-duplicates, and of what is less alike as many as are wanted. */
function mergesOf(known: KnownSkills, enough: number): readonly Proposal[] {
  const rules = CONSOLIDATION_RULES;
  const compared = [...known.values()].map(({ skill, files }) => {
    const { skillId, name, description, tags } = skill;
    return { skillId, name, description, tags, body: parseSkillMd(textOf(files)).body };
  });
  const pairs = alikePairs(compared, enough > 0 ? rules.sameSubject : rules.nearDuplicate);
  const merged = new Map<string, SkillFiles | undefined>();
  const membersOf = (ids: readonly SkillId[]) => ids.flatMap((id) => known.get(id) ?? []).sort(byWorth);
  const mergedOf = (ids: readonly SkillId[]) => {
    const members = membersOf(ids);
    const key = members.map(({ versionId }) => versionId).join(' ');
    if (!merged.has(key)) {
      const result = mergeSkillFiles(members.map(({ skill, files }) => ({ name: skill.name, files })));
      merged.set(key, 'files' in result ? result.files : undefined);
    }
    return merged.get(key);
  };
  const groups = groupAlike(pairs, {
    most: rules.mostParents,
    fits: (ids) => mergedOf(ids) !== undefined,
    ...{ always: rules.nearDuplicate, enough },
  });
  return groups.flatMap(({ members: ids, likeness }) => {
    const files = mergedOf(ids);
    return files === undefined ? [] : [mergeProposal(membersOf(ids), likeness, files, pairs)];
  });
}

function mergeProposal(
  members: readonly Known[],
  likeness: number,
  files: SkillFiles,
  pairs: readonly AlikePair[],
): Proposal {
  const ids = new Set(members.map(({ skill }) => skill.skillId));
  const nameOf = (skillId: SkillId) =>
    members.find(({ skill }) => skill.skillId === skillId)?.skill.name ?? skillId;
  const alike = pairs
    .filter(({ first, second }) => ids.has(first) && ids.has(second))
    .map(
      (pair) =>
        `${nameOf(pair.first)} and ${nameOf(pair.second)} are ${pair.likeness.toFixed(2)} alike in their words (1: the same)`,
    );
  const base = baseOf('merge', members);
  const tokensAfter = tokensOf(files);
  const pages = [...files.keys()].filter((path) => path.startsWith('references/')).length;
  return {
    ...base,
    ...{ kind: 'merge', likeness, files, tokensAfter },
    evidence: [
      ...alike,
      ...members.map(({ skill, stats, runsSince }) => `${skill.name}: ${usesOf(stats, runsSince)}`),
      `SKILL.md from ${base.tokensBefore} tokens to ${tokensAfter}${pages === 0 ? '' : `, with ${plural(pages, 'page')} in references/`}`,
    ],
  };
}

function usesOf({ chosen, applied, withIt }: SkillStats, runsSince: number): string {
  if (chosen === 0) return `in none of ${plural(runsSince, 'run')} since`;
  return `in ${plural(chosen, 'run')}, followed in ${applied}, task done ${percent(withIt)}`;
}

/** Never in any run although there were enough; without a target all of them, else the largest and oldest first. */
function unusedOf(known: KnownSkills, most: number | undefined): readonly Proposal[] {
  const unused = [...known.values()]
    .filter(({ stats, runsSince }) => stats.chosen === 0 && runsSince >= CONSOLIDATION_RULES.runsUnused)
    .sort(
      (a, b) => b.runsSince - a.runsSince || b.tokens - a.tokens || compare(a.skill.skillId, b.skill.skillId),
    );
  return unused.slice(0, most === undefined ? unused.length : Math.max(0, most)).map((one) => ({
    ...baseOf('archive', [one]),
    ...{ kind: 'archive', why: 'never-used', tokensAfter: 0 },
    evidence: [
      `in none of ${plural(one.runsSince, 'run')} since ${one.createdAt.slice(0, 10)}` +
        (one.stats.offered === 0 ? '' : `, though offered to ${one.stats.offered}`),
    ],
  }));
}

function shrinkOf(one: Known): Proposal | undefined {
  const shrunk = shrinkSkillFiles(one.files);
  if (shrunk === undefined) return undefined;
  const { files, moved, tokensBefore, tokensAfter } = shrunk;
  return {
    ...baseOf('shrink', [one]),
    ...{ kind: 'shrink', files, tokensBefore, tokensAfter },
    evidence: [
      `SKILL.md has ${tokensBefore} tokens, all of them loaded at each use; ${tokensAfter} with ${plural(moved.length, 'section')} moved to references/: ${moved.join(', ')}`,
    ],
  };
}
