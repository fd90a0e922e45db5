// Finds what is new in this home for the live stream: changes of skills, proposals, figures, runs.
import type { LearningDeps } from '../../learning/index.ts';
import type { Library } from '../../skills/index.ts';
import type { LiveEvent, RunItem } from './contract.ts';
import type { LiveSource } from './live.ts';
import type { RunIndex } from './run-index.ts';
import type { Snapshots } from './snapshot.ts';
import { changeToJson } from './to-json.ts';

export interface LiveSourceParts {
  readonly library: Library;
  readonly learning: LearningDeps;
  readonly runs: RunIndex;
  readonly snapshots: Snapshots;
}

/** Changes told in one event; a page that is told of so many looks at everything anew. */
const MOST_CHANGES = 50;

export function liveSource({ library, learning, runs, snapshots }: LiveSourceParts): LiveSource {
  let lastChange: number | undefined;
  let proposals = '';
  let figures = '';
  const seenRuns = new Map<string, string>();
  return {
    revision: () => snapshots.revision(),
    isSettled: () => snapshots.isSettled(),
    databaseNews() {
      const events: LiveEvent[] = [];
      const [newest] = library.pages.changes({ limit: 1 });
      const newestId = newest?.changeId ?? 0;
      if (lastChange !== undefined && newestId > lastChange) {
        const changes = library.pages.changes({ after: lastChange, limit: MOST_CHANGES });
        events.push({ type: 'skills', changes: changes.map(changeToJson) });
      }
      lastChange = newestId;
      const { waiting, signature } = proposalsOf(learning);
      if (signature !== proposals) events.push({ type: 'proposals', waiting });
      proposals = signature;
      const nowFigures = figuresOf(learning);
      if (nowFigures !== figures) events.push({ type: 'figures' });
      figures = nowFigures;
      return events;
    },
    runNews() {
      const news: RunItem[] = [];
      for (const run of runs.newest(20)) {
        const signature = `${run.status}:${run.last_event_at}:${run.turns}`;
        const before = seenRuns.get(run.run_id);
        if (before !== signature) news.push(run);
        seenRuns.delete(run.run_id);
        seenRuns.set(run.run_id, signature); // at the end: the first is the one longest not seen
      }
      for (const runId of seenRuns.keys()) {
        if (seenRuns.size <= 200) break;
        seenRuns.delete(runId);
      }
      return news;
    },
  };
}

function proposalsOf({ db }: LearningDeps) {
  const row = db.get<{ waiting: number; decided: number; last: number | null }>(
    `SELECT count(*) FILTER (WHERE state = 'proposed') AS waiting, count(*) AS decided,
       max(coalesce(decided_at, created_at)) AS last FROM learn_changes`,
  );
  const waiting = row?.waiting ?? 0;
  return { waiting, signature: `${waiting}:${row?.decided}:${row?.last}` };
}

function figuresOf({ db, queue }: LearningDeps): string {
  const { pending, running, done, failed } = queue.status();
  const row = db.get<{ runs: number; analyses: number }>(
    'SELECT (SELECT count(*) FROM learn_runs) AS runs, (SELECT count(*) FROM learn_analyses) AS analyses',
  );
  return [pending, running, done, failed, row?.runs, row?.analyses].join(':');
}
