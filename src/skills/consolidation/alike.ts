// Which skills say much the same: likeness of their words, and small groups of skills that are all alike.

import { createAnalyzer } from '../search/words.ts';
import type { SkillId } from '../skill.ts';

/** What is compared of a skill. */
export interface ComparedSkill {
  readonly skillId: SkillId;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly body: string;
}

export interface AlikePair {
  readonly first: SkillId;
  readonly second: SkillId;
  /** Cosine of their telling words, 0..1. */
  readonly likeness: number;
}

/** The title says what a skill is for: its words count more than the body's. */
const TITLE_WEIGHT = 3;
/** Body beyond this adds no new subject. */
const MAX_BODY_CHARACTERS = 40_000;
/** Words that more skills than this have tell nothing apart, and would make a large library slow. */
const COMMON_ENTRIES = 300;

/** Pairs with at least `least` likeness, most alike first. Deterministic. */
export function alikePairs(skills: readonly ComparedSkill[], least: number): readonly AlikePair[] {
  const vectors = toVectors(skills);
  const postings = new Map<string, { at: number; value: number }[]>();
  const pairs: AlikePair[] = [];
  skills.forEach((skill, at) => {
    const sums = new Map<number, number>();
    for (const [term, value] of vectors[at] ?? []) {
      const list = postings.get(term) ?? [];
      for (const other of list) sums.set(other.at, (sums.get(other.at) ?? 0) + value * other.value);
      if (list.length < COMMON_ENTRIES) list.push({ at, value });
      postings.set(term, list);
    }
    for (const [other, likeness] of sums) {
      const first = skills[other];
      if (first !== undefined && likeness >= least)
        pairs.push({ first: first.skillId, second: skill.skillId, likeness: Math.min(1, likeness) });
    }
  });
  return pairs.sort(
    (a, b) => b.likeness - a.likeness || compare(a.first, b.first) || compare(a.second, b.second),
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function toVectors(skills: readonly ComparedSkill[]): readonly ReadonlyMap<string, number>[] {
  const analyzer = createAnalyzer();
  const counted = skills.map(({ name, description, tags, body }) => {
    const counts = new Map<string, number>();
    const add = (text: string, weight: number) => {
      for (const { stem } of analyzer.terms(text)) counts.set(stem, (counts.get(stem) ?? 0) + weight);
    };
    add(`${name}\n${description}\n${tags.join('\n')}`, TITLE_WEIGHT);
    add(body.slice(0, MAX_BODY_CHARACTERS), 1);
    return counts;
  });
  const entries = new Map<string, number>();
  for (const counts of counted)
    for (const term of counts.keys()) entries.set(term, (entries.get(term) ?? 0) + 1);
  return counted.map((counts) => {
    const vector = new Map<string, number>();
    let squares = 0;
    for (const [term, count] of counts) {
      const value = (1 + Math.log(count)) * Math.log(1 + skills.length / (entries.get(term) ?? 1));
      vector.set(term, value);
      squares += value * value;
    }
    const length = Math.sqrt(squares) || 1;
    for (const [term, value] of vector) vector.set(term, value / length);
    return vector;
  });
}

export interface AlikeGroup {
  readonly members: readonly SkillId[];
  /** Of the two members that are least alike. */
  readonly likeness: number;
}

export interface GroupOptions {
  /** Most members of a group. */
  readonly most: number;
  /** False keeps these members apart, for example because together they would be too large. */
  readonly fits: (members: readonly SkillId[]) => boolean;
  /** Pairs this much alike are joined whatever the number. */
  readonly always: number;
  /** Less alike ones only until so many skills have been folded into others. */
  readonly enough: number;
}

/**
 * Joins pairs, most alike first, into groups in which every two members are a pair (complete linkage): a chain of
 * neighbours whose ends have nothing in common is not a group.
 */
export function groupAlike(pairs: readonly AlikePair[], options: GroupOptions): readonly AlikeGroup[] {
  const known = new Map(pairs.map(({ first, second, likeness }) => [keyOf(first, second), likeness]));
  const groups = new Map<SkillId, readonly SkillId[]>();
  const groupOf = (skillId: SkillId) => groups.get(skillId) ?? [skillId];
  const least = (members: readonly SkillId[]) =>
    Math.min(
      ...members.flatMap((one, at) =>
        members.slice(at + 1).map((other) => known.get(keyOf(one, other)) ?? 0),
      ),
    );
  let folded = 0;
  for (const { first, second, likeness } of pairs) {
    if (likeness < options.always && folded >= options.enough) break;
    const [one, other] = [groupOf(first), groupOf(second)];
    if (one === other || one.includes(second)) continue;
    const members = [...one, ...other];
    if (members.length > options.most || least(members) <= 0 || !options.fits(members)) continue;
    for (const member of members) groups.set(member, members);
    folded += 1;
  }
  return [...new Set(groups.values())].map((members) => ({ members, likeness: least(members) }));
}

const keyOf = (first: string, second: string) =>
  first < second ? `${first} ${second}` : `${second} ${first}`;
