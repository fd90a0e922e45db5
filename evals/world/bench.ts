// The whole experiment: cold runs, learning, held-out tasks; no skills, learnt skills, shuffled skills, and parts switched off.
import { decodeText, encodeText, parseSkillMd, SKILL_FILE } from '../../src/skills/index.ts';
import { FAMILIES, makeTasks } from './families/index.ts';
import { type Learner, type Off, openLearner } from './learner.ts';
import { createLearningRoles } from './learning-roles.ts';
import { reviewerRole } from './reviewer.ts';
import { type MeteredModel, openWorldHome, type TaskResult, type WorldHome } from './run.ts';
import { createStandIn } from './stand-in.ts';
import { type ArmFigures, figuresOf } from './table.ts';
import type { Family } from './task.ts';

export interface BenchOptions {
  readonly seed: number;
  readonly families?: readonly Family[];
  /** Tasks of each family that are learnt from, and that are judged. */
  readonly cold: number;
  readonly heldOut: number;
  readonly off?: readonly Off[];
  /** A real model in place of the stand-in. */
  readonly model?: MeteredModel;
  readonly say?: (text: string) => void;
}

export interface LearningFigures {
  readonly arm: string;
  /** Of analysis, authors, reviews and replays. */
  readonly tokens: number;
  readonly costUsd: number;
  /** What became of changes and versions. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly skills: number;
}

export interface BenchReport {
  readonly seed: number;
  readonly cold: ArmFigures;
  readonly arms: readonly ArmFigures[];
  readonly learning: readonly LearningFigures[];
  /** Held-out results of every arm. */
  readonly results: Readonly<Record<string, readonly TaskResult[]>>;
  /** What the author wrote in the full pipeline. */
  readonly written: Readonly<Record<string, number>>;
}

/** Days between two rounds of tasks: what was refused may be proposed again in the next. */
const DAYS_A_ROUND = 15;

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { families = FAMILIES, say = () => undefined } = options;
  const heldOut = makeTasks({ seed: options.seed, set: 'held-out', perFamily: options.heldOut, families });
  const results: Record<string, readonly TaskResult[]> = {};
  const learning: LearningFigures[] = [];
  const judge = async (home: WorldHome, arm: string, useSkills = true) => {
    const done: TaskResult[] = [];
    for (const task of heldOut) done.push(await home.run(task, { useSkills }));
    results[arm] = done;
    const tokens = done.reduce((sum, result) => sum + result.tokens, 0) / Math.max(1, done.length);
    say(
      `${arm}: ${done.filter(({ passed }) => passed).length} of ${done.length}, ${Math.round(tokens)} tokens a task`,
    );
  };
  let cold: readonly TaskResult[] = [];
  let written: Record<string, number> = {};
  for (const off of [undefined, ...(options.off ?? [])]) {
    const arm = off === undefined ? 'learnt skills' : `without ${off}`;
    const roles = createLearningRoles(options.seed);
    const model = options.model ?? createStandIn([reviewerRole, ...roles.roles]);
    const home = await openWorldHome(model);
    const learner = openLearner(home, model, off);
    try {
      const learnt = await learn(home, learner, roles.tell, model, { ...options, families });
      learning.push({ arm, ...learnt.figures });
      say(`${arm}: learnt ${learnt.figures.skills} skills, ${JSON.stringify(learnt.figures.outcomes)}`);
      await judge(home, arm);
      if (off !== undefined) continue;
      cold = learnt.cold;
      written = countBy(roles.written.map(({ kind }) => kind));
      await judge(home, 'no skills', false);
      await shuffled(learner, model, (other) => judge(other, 'shuffled skills'));
    } finally {
      learner.close();
      await home.close();
    }
  }
  const order = [
    'no skills',
    'learnt skills',
    'shuffled skills',
    ...(options.off ?? []).map((off) => `without ${off}`),
  ];
  return {
    seed: options.seed,
    cold: figuresOf('cold, learning on the way', cold),
    arms: order.map((arm) => figuresOf(arm, results[arm] ?? [])),
    ...{ learning, results, written },
  };
}

async function learn(
  home: WorldHome,
  learner: Learner,
  tell: (task: string, passed: boolean) => void,
  model: MeteredModel,
  { seed, families, cold, say = () => undefined }: BenchOptions & { readonly families: readonly Family[] },
) {
  const results: TaskResult[] = [];
  let tokens = 0;
  let costUsd = 0;
  const tasks = makeTasks({ seed, set: 'cold', perFamily: cold, families });
  for (let round = 0; round < cold; round += 1) {
    for (const task of tasks.slice(round * families.length, (round + 1) * families.length)) {
      const result = await home.run(task, { keep: 'with-checks' });
      tell(task.text, result.passed);
      results.push(result);
      learner.note(result.runId);
    }
    const before = model.spent();
    await learner.work(DAYS_A_ROUND);
    tokens += model.spent().tokens - before.tokens;
    costUsd += model.spent().costUsd - before.costUsd;
    say(`  round ${round + 1}: ${JSON.stringify(learner.outcomes())}`);
  }
  const skills = learner.library.count().usable;
  return { cold: results, figures: { tokens, costUsd, outcomes: learner.outcomes(), skills } };
}

/** The same skills by name and description, but each with another's text: whatever helps then is not what was learnt. */
async function shuffled(
  learner: Learner,
  model: MeteredModel,
  judge: (home: WorldHome) => Promise<void>,
): Promise<void> {
  const texts = learner.library.list({ limit: 1_000 }).skills.flatMap((skill) => {
    const versionId = skill.head ?? skill.trial;
    const bytes = versionId === undefined ? undefined : learner.library.readFile(versionId, SKILL_FILE);
    return bytes === undefined ? [] : [decodeText(bytes) ?? ''];
  });
  const home = await openWorldHome(model);
  try {
    for (const [index, text] of texts.entries()) {
      const other = texts[(index + 1) % texts.length] ?? '';
      const head = text.slice(0, text.length - parseSkillMd(text).body.length);
      await home.openSpace.library().commit({
        ...{ origin: 'imported', parents: [], state: 'trusted', author: 'bench', reason: 'placebo' },
        files: new Map([[SKILL_FILE, encodeText(head + parseSkillMd(other).body)]]),
      });
    }
    await judge(home);
  } finally {
    await home.close();
  }
}

function countBy(items: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** From this share more tokens for learning the table counts as worse: analysis, authors, reviews and replays. */
const DEARER_LEARNING = 1.1;

/** What must hold. */
export function benchFailures({ arms, results, learning }: BenchReport): readonly string[] {
  const of = (name: string) => arms.find(({ arm }) => arm === name);
  const [none, learnt, placebo] = [of('no skills'), of('learnt skills'), of('shuffled skills')];
  if (none === undefined || learnt === undefined || placebo === undefined) return ['an arm is missing'];
  const failures: string[] = [];
  if (learnt.success.value <= none.success.value) failures.push('learning does not raise held-out success');
  if (learnt.tokens.value > 0.6 * none.tokens.value)
    failures.push('learning saves less than 40 % of the tokens');
  if (placebo.success.value > none.success.value) failures.push('shuffled skills help');
  // Where there is nothing to learn, what was done stays done, in as many turns.
  const quiet = (arm: string) => (results[arm] ?? []).filter(({ family }) => family === 'do-nothing');
  const changed = quiet('learnt skills').filter((result) => {
    const before = quiet('no skills').find(({ task }) => task === result.task);
    return before?.passed !== result.passed || before.turns !== result.turns;
  });
  if (changed.length > 0) failures.push('tasks with nothing to learn went differently');
  const learningTokens = (name: string) => learning.find(({ arm }) => arm === name)?.tokens ?? 0;
  for (const { arm, success, tokens } of arms.slice(3)) {
    const isWorse =
      success.value < learnt.success.value ||
      tokens.value > learnt.tokens.value * 1.02 ||
      learningTokens(arm) > learningTokens('learnt skills') * DEARER_LEARNING;
    if (!isWorse) failures.push(`${arm} the table is no worse`);
  }
  return failures;
}
