// All families of the simulated world, and tasks made of them by seed.
import { createRandom } from '../random.ts';
import type { Family, Situation, StartFile, WorldTask } from '../task.ts';
import { FILE_FAMILIES } from './files.ts';
import { TEXT_FAMILIES } from './texts.ts';
import { TOOL_FAMILIES } from './tools.ts';

export const FAMILIES: readonly Family[] = [...TEXT_FAMILIES, ...TOOL_FAMILIES, ...FILE_FAMILIES];

/** Where the note lies, if there is one. */
export const NOTE_PATH = 'docs/notes.md';
/** Share of tasks with a note that tells how. */
const NOTE_SHARE = 0.35;

/** The same family, seed, set and number give the same task. Sets (`cold`, `held-out`, …) share no task. */
export function makeTask(
  family: Family,
  { seed, set, number, situation }: { seed: number; set: string; number: number; situation?: Situation },
): WorldTask {
  const random = createRandom(seed, set, family.id, number);
  const drawn: Situation = random.chance(family.trapShare) ? 'trap' : 'plain';
  const kind = situation ?? drawn;
  const hasNote = random.chance(NOTE_SHARE) && family.lessons.right !== undefined;
  const made = family.make(random, kind);
  const labels = Object.entries(made.labels).map(([label, value]) => `${label}: \`${value}\`.`);
  const files: Record<string, string | StartFile> = {
    ...made.files,
    'docs/team.md': filler('The team', random.whole(6, 12)),
    'docs/style.md': filler('How we write', random.whole(6, 12)),
  };
  if (hasNote) files[NOTE_PATH] = `# Notes\n\n${family.lessons.right}\n`;
  return {
    id: `${family.id}/${set}/${number}`,
    family: family.id,
    situation: kind,
    text: `${random.pick(family.wish)}\n${labels.join(' ')}`,
    files,
    checks: made.checks,
    hasNote,
  };
}

/** The first tasks of a set, of every family. */
export function makeTasks(options: {
  readonly seed: number;
  readonly set: string;
  readonly perFamily: number;
  readonly families?: readonly Family[];
}): readonly WorldTask[] {
  const { seed, set, perFamily, families = FAMILIES } = options;
  return Array.from({ length: perFamily }, (_, number) => number).flatMap((number) =>
    families.map((family) => makeTask(family, { seed, set, number })),
  );
}

/** Pages that have nothing to do with the task: searching them costs. */
function filler(title: string, lines: number): string {
  const line = '- Meetings are on Mondays at ten; whoever can’t come says so the day before.';
  return `# ${title}\n\n${Array.from({ length: lines }, () => line).join('\n')}\n`;
}

export function familyOf(id: string): Family {
  const family = FAMILIES.find((each) => each.id === id);
  if (family === undefined) throw new Error(`no family ${id}`);
  return family;
}
