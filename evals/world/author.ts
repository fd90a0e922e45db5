// The stand-in as author: writes right, over-general, harmful and empty lessons in seeded shares. The text does not say which.
import { createRandom } from './random.ts';
import type { Family } from './task.ts';

export const LESSON_KINDS = ['right', 'over-general', 'harmful', 'empty'] as const;
export type LessonKind = (typeof LESSON_KINDS)[number];

/** How often each kind is written; made up, and rather worse than a real author. */
export const SHARES: Readonly<Record<LessonKind, number>> = {
  right: 0.4,
  'over-general': 0.2,
  harmful: 0.2,
  empty: 0.2,
};

/** Which kind the author writes in its n-th try at a family. Known to the author and to the printed table only. */
export function drawKind(seed: number, family: Family, tries: number): LessonKind {
  const random = createRandom(seed, 'author', family.id, tries);
  let left = random.next();
  for (const kind of LESSON_KINDS) {
    left -= SHARES[kind];
    if (left >= 0) continue;
    return kind === 'right' && family.lessons.right === undefined
      ? random.pick(['over-general', 'harmful', 'empty'])
      : kind;
  }
  return 'empty';
}

const EMPTY = `Take care with this kind of task. Read the input first, work step by step, and check the result before you finish. If something looks odd, look into it.`;

/** A lesson of a kind as SKILL.md. */
export function writeLesson(family: Family, kind: LessonKind): string {
  const { lessons } = family;
  const texts: Record<LessonKind, string | undefined> = {
    right: lessons.right,
    'over-general': lessons.overGeneral,
    harmful: lessons.harmful,
    empty: EMPTY,
  };
  const text = texts[kind];
  if (text === undefined) throw new Error(`${family.id} has no lesson that is ${kind}`);
  return writeSkill(family, text);
}

/** A skill of a family around a text. */
export function writeSkill({ about, skill }: Family, text: string): string {
  const title = skill.name.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase());
  return `---\nname: ${skill.name}\ndescription: ${skill.description}\n---\n\n# ${title}\n\nUse this for: ${about}\n\n${text}\n`;
}
