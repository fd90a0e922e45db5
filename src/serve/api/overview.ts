// The overview: is the library getting better, what did it cost, what changed, what waits.
import { learningMoney, runDays, runSpan, spendingByDay, toolHealth } from '../../learning/index.ts';
import type { ApiContext } from './context.ts';
import type { Day, Overview } from './contract.ts';
import { proposalItem } from './proposals.ts';
import { changeToJson } from './to-json.ts';

const DAY_MS = 86_400_000;
const MOST_SHOWN = 8;

/** Worked out once for each state of the database. Running runs are looked at each time. */
export function showOverview(api: ApiContext, days: number): Overview {
  const snapshot = api.snapshots.current();
  const today = api.world.now().toISOString().slice(0, 10);
  const figures = snapshot.of(`overview:${days}:${today}`, () => takeFigures(api, days));
  const recent = api.runs.page({ limit: MOST_SHOWN }).items;
  return {
    ...figures,
    recent_runs: recent,
    runs: { ...figures.runs, running: recent.filter(({ status }) => status === 'running').length },
  };
}

function takeFigures(api: ApiContext, days: number): Overview {
  const { learning, library, snapshots } = api;
  const { db, store } = learning;
  const { counts, items, sorted } = snapshots.current();
  const all = runSpan(db);
  const waiting = [...store.proposedBySkill().values()].reduce((sum, count) => sum + count, 0);
  const { usable, trial, quarantined, shadowed, archived, unready, pinned } = counts;
  const used = items.filter(
    (item) => item.uses > 0 && (item.standing === 'trusted' || item.standing === 'trial'),
  );
  return {
    skills: {
      usable,
      all: counts.all,
      trial,
      quarantined,
      shadowed,
      archived,
      unready,
      pinned,
      used: used.length,
    },
    runs: {
      ...{ total: all.all.runs, running: 0, success: all.all, tokens: all.tokens },
      ...{ with_skills: all.withSkills, without_skills: all.withoutSkills },
    },
    trend: trendOf(api, days),
    learning: learningFigures(api),
    waiting: { proposals: waiting, quarantined, trials: trial },
    days: daysOf(api, days),
    top_skills: sorted('success')
      .filter((item) => used.includes(item))
      .slice(0, MOST_SHOWN),
    recent_runs: [],
    recent_changes: library.pages.changes({ limit: MOST_SHOWN }).map(changeToJson),
    recent_proposals: store
      .changePage({ states: ['proposed', 'committed', 'rejected', 'undone'], limit: MOST_SHOWN })
      .map((change) => proposalItem(api, change)),
    broken_tools: toolHealth(db)
      .filter(({ isBroken }) => isBroken)
      .slice(0, MOST_SHOWN)
      .map(({ toolKey, calls, recentRate, lastError }) => ({
        ...{ tool: toolKey, calls, recent_rate: recentRate, last_error: lastError },
      })),
  };
}

/** Midnight (UTC) of the day so many days before today. */
const dayStart = (api: ApiContext, daysAgo: number) => {
  const today = Math.floor(api.world.now().getTime() / DAY_MS) * DAY_MS;
  return new Date(today - daysAgo * DAY_MS);
};

function trendOf(api: ApiContext, days: number): Overview['trend'] {
  const { db } = api.learning;
  const start = dayStart(api, days - 1).toISOString();
  const now = runSpan(db, start);
  const before = runSpan(db, dayStart(api, 2 * days - 1).toISOString(), start);
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

function daysOf(api: ApiContext, days: number): Day[] {
  const since = dayStart(api, days - 1);
  const runs = new Map(runDays(api.learning.db, since.toISOString()).map((day) => [day.day, day]));
  const spent = spendingByDay(api.learning.db, since);
  const versions = api.library.pages.versionsByDay(since.toISOString());
  return Array.from({ length: days }, (_, index) => {
    const date = new Date(since.getTime() + index * DAY_MS).toISOString().slice(0, 10);
    const run = runs.get(date);
    return {
      ...{ date, runs: run?.runs ?? 0, done: run?.done ?? 0, with_skills: run?.withSkills ?? 0 },
      ...{ with_skills_done: run?.withSkillsDone ?? 0, tokens: run?.tokens ?? 0 },
      ...{ learning_tokens: spent.get(date)?.tokens ?? 0, learning_usd: spent.get(date)?.costUsd ?? null },
      versions: versions.get(date) ?? 0,
    };
  });
}
