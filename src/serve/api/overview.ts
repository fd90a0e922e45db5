// The overview: is the library getting better, what did it cost, what changed, what waits.
import { learningMoney, runDays, runSpan, spendingByDay, toolHealth } from '../../learning/index.ts';
import type { ApiContext } from './context.ts';
import type { Day, Overview, SkillItem } from './contract.ts';
import { proposalItem } from './proposals.ts';
import { isInState } from './snapshot.ts';
import { changeToJson } from './to-json.ts';

const DAY_MS = 86_400_000;
const MOST_SHOWN = 8;

/** Figures are worked out once for each state of the database. Running runs are looked at each time. */
export function showOverview(api: ApiContext, days: number): Overview {
  const figures = api.snapshots.current().of('overview', () => takeFigures(api));
  const recent = api.runs.page({ limit: MOST_SHOWN }).items;
  return {
    ...figures.rest,
    ...{ trend: trendOf(api, figures, days), days: daysOf(api, figures, days), recent_runs: recent },
    runs: { ...figures.runs, running: recent.filter(({ status }) => status === 'running').length },
  };
}

type Figures = ReturnType<typeof takeFigures>;

function takeFigures(api: ApiContext) {
  const { learning, library, snapshots } = api;
  const { db, store } = learning;
  const { counts, items, sorted } = snapshots.current();
  const runs = runDays(db);
  const all = runSpan(runs);
  const waiting = [...store.proposedBySkill().values()].reduce((sum, count) => sum + count, 0);
  const { usable, trial, quarantined, shadowed, archived, unready, pinned } = counts;
  const isUsed = (item: SkillItem) => item.uses > 0 && isInState(item, 'usable');
  const used = items.filter(isUsed).length;
  return {
    ...{ byDay: new Map(runs.map((day) => [day.day, day])), runDays: runs },
    ...{ spent: spendingByDay(db), versions: library.pages.versionsByDay() },
    runs: {
      ...{ total: all.all.runs, success: all.all, tokens: all.tokens },
      ...{ with_skills: all.withSkills, without_skills: all.withoutSkills },
    },
    rest: {
      skills: { usable, all: counts.all, trial, quarantined, shadowed, archived, unready, pinned, used },
      learning: learningFigures(api),
      waiting: { proposals: waiting, quarantined, trials: trial },
      top_skills: sorted('success').filter(isUsed).slice(0, MOST_SHOWN),
      recent_changes: library.pages.changes({ limit: MOST_SHOWN }).map(changeToJson),
      recent_proposals: store
        .changePage({ states: ['proposed', 'committed', 'rejected', 'undone'], limit: MOST_SHOWN })
        .map((change) => proposalItem(api, change)),
      broken_tools: brokenTools(api),
    },
  };
}

function brokenTools(api: ApiContext): Overview['broken_tools'] {
  const broken = toolHealth(api.learning.db).filter(({ isBroken }) => isBroken);
  return broken.slice(0, MOST_SHOWN).map(({ toolKey, calls, recentRate, lastError }) => ({
    ...{ tool: toolKey, calls, recent_rate: recentRate, last_error: lastError },
  }));
}

/** The UTC date so many days before today. */
function dateAgo(api: ApiContext, daysAgo: number): string {
  return new Date(api.world.now().getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
}

function trendOf(api: ApiContext, figures: Figures, days: number): Overview['trend'] {
  const start = dateAgo(api, days - 1);
  const now = runSpan(figures.runDays, start);
  const before = runSpan(figures.runDays, dateAgo(api, 2 * days - 1), start);
  const mean = ({ tokens, measured }: typeof now) => (measured === 0 ? null : tokens / measured);
  return {
    ...{ now: now.all, before: before.all },
    ...{ tokens_per_run_now: mean(now), tokens_per_run_before: mean(before) },
  };
}

function learningFigures(api: ApiContext): Overview['learning'] {
  const { db, queue, mode } = api.learning;
  const { pending, running, done, failed, spentToday } = queue.status();
  const money = learningMoney(db);
  return {
    ...{ mode, jobs: { pending, running, done, failed } },
    ...{ spent_tokens: money.spentTokens, spent_usd: money.spentUsd },
    ...{ spent_today_tokens: spentToday.tokens, spent_today_usd: spentToday.costUsd },
    ...{ saved_tokens: money.savedTokens, compared_uses: money.comparedUses },
  };
}

function daysOf(api: ApiContext, { byDay, spent, versions }: Figures, days: number): Day[] {
  return Array.from({ length: days }, (_, index) => {
    const date = dateAgo(api, days - 1 - index);
    const run = byDay.get(date);
    return {
      ...{ date, runs: run?.runs ?? 0, done: run?.done ?? 0, with_skills: run?.withSkills ?? 0 },
      ...{ with_skills_done: run?.withSkillsDone ?? 0, tokens: run?.tokens ?? 0 },
      ...{ learning_tokens: spent.get(date)?.tokens ?? 0, learning_usd: spent.get(date)?.costUsd ?? null },
      versions: versions.get(date) ?? 0,
    };
  });
}
