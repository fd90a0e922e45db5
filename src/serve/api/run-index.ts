// Runs as lists show them: those on disk and imported ones in one order, read once and kept once they have ended.
import { join } from 'node:path';
import { type ImportedRun, importedRuns, knowledgeOfRuns, type LearningDeps } from '../../learning/index.ts';
import { isPlainRelativePath } from '../../lib/index.ts';
import { type RunEntry, readEntry, readLines, runIds, runsFolder } from '../../recording/index.ts';
import type { Library } from '../../skills/index.ts';
import type { RouteInput } from './context.ts';
import type { ResponseOf, RunItem } from './contract.ts';
import type { Snapshots } from './snapshot.ts';
import { cursorOf, partsOfCursor, textPart, usageToJson } from './to-json.ts';

export interface RunIndex {
  page(query: RouteInput<'runs'>['query']): ResponseOf<'runs'>;
  /** The newest on disk, running ones as they are now. */
  newest(limit: number): readonly RunItem[];
  /** One of them; undefined if there is no such recording. */
  find(runId: string): RunItem | undefined;
  /** The folder of a run's recording; undefined if there is none. */
  folder(runId: string): string | undefined;
  /** An imported run as a list shows it. */
  imported(run: ImportedRun): RunItem;
}

/** Ended runs that are remembered; the ones longest unused are forgotten. */
const MOST_KEPT = 20_000;
/** Runs looked at for one page of a filtered list: the rest comes with the next page. */
const MOST_LOOKED_AT = 2_000;
const LAST_POSSIBLE = '\u{10ffff}';

export function openRunIndex(options: {
  readonly home: string;
  readonly library: Library;
  readonly learning: LearningDeps;
  readonly snapshots: Snapshots;
}): RunIndex {
  return new OpenRunIndex(options);
}

type RunsQuery = RouteInput<'runs'>['query'];

class OpenRunIndex implements RunIndex {
  readonly #home: string;
  readonly #library: Library;
  readonly #learning: LearningDeps;
  readonly #snapshots: Snapshots;
  readonly #ended = new Map<string, RunEntry>();

  constructor(options: Parameters<typeof openRunIndex>[0]) {
    this.#home = options.home;
    this.#library = options.library;
    this.#learning = options.learning;
    this.#snapshots = options.snapshots;
  }

  page(query: RunsQuery): ResponseOf<'runs'> {
    const { limit, cursor } = query;
    const place = cursor === undefined ? [] : partsOfCursor(cursor);
    const disk = this.#diskPage(query, cursor === undefined ? undefined : textPart(place, 0));
    const before = { startedAt: textPart(place, 1), runId: textPart(place, 2) };
    const past = this.#importedPage(query, cursor === undefined ? undefined : before);
    const merged = mergeByTime(disk.items, past);
    // Beyond the last run that the disk was searched for nothing may be shown yet.
    const known =
      disk.end === undefined ? merged : merged.filter((run) => run.started_at >= (disk.end ?? ''));
    const items = known.slice(0, limit);
    const isMore = known.length > limit || disk.end !== undefined || past.length > limit;
    return { items, next: isMore ? this.#cursorAfter(items, place, disk) : null };
  }

  #cursorAfter(items: readonly RunItem[], place: readonly (string | number)[], disk: DiskPage): string {
    const lastOnDisk = items.findLast(({ source }) => source === 'openspace');
    const lastImported = items.findLast(({ source }) => source === 'imported');
    const searchedAll = disk.items.every((run) => items.includes(run));
    return cursorOf(
      searchedAll
        ? (disk.lastLookedAt ?? textPart(place, 0))
        : (lastOnDisk?.run_id ?? (textPart(place, 0) || LAST_POSSIBLE)),
      lastImported?.started_at ?? (textPart(place, 1) || '9999'),
      lastImported?.run_id ?? textPart(place, 2),
    );
  }

  /** One more than the page takes, so that it is known whether there are more. */
  #diskPage(query: RunsQuery, before: string | undefined): DiskPage {
    const entries: RunEntry[] = [];
    const wanted = this.#filterOf(query);
    let looked = 0;
    let lastLookedAt: string | undefined;
    for (const runId of runIds(this.#home)) {
      if (before !== undefined && runId >= before) continue;
      if (looked === MOST_LOOKED_AT)
        return { items: this.#toItems(entries), lastLookedAt, end: this.#startOf(lastLookedAt) };
      looked += 1;
      lastLookedAt = runId;
      const entry = this.#entry(runId);
      if (entry !== undefined && wanted(entry)) entries.push(entry);
      if (entries.length > query.limit) break;
    }
    return { items: this.#toItems(entries), lastLookedAt, end: undefined };
  }

  #startOf(runId: string | undefined): string | undefined {
    return runId === undefined ? undefined : this.#entry(runId)?.header.startedAt;
  }

  #filterOf({ q, status, purpose, skill }: RunsQuery): (entry: RunEntry) => boolean {
    const words = q?.toLowerCase();
    const ofSkill = skill === undefined ? undefined : this.#runsWith(skill);
    return ({ header, status: now }) =>
      (words === undefined || header.task.toLowerCase().includes(words)) &&
      (status === undefined || now === status) &&
      (purpose === undefined ? header.purpose !== 'replay' : header.purpose === purpose) &&
      (ofSkill === undefined || ofSkill.has(header.runId));
  }

  #runsWith(skillId: string): ReadonlySet<string> {
    const uses = this.#learning.ledger.usesOf({ skillId }, MOST_KEPT);
    return new Set(uses.filter(({ how }) => how !== 'offered').map(({ runId }) => runId));
  }

  #importedPage(query: RunsQuery, before: { startedAt: string; runId: string } | undefined): RunItem[] {
    const { q: text, status, purpose, skill: skillId, limit } = query;
    if (purpose !== undefined && purpose !== 'task') return [];
    const runs = importedRuns(this.#learning.db, { before, text, status, skillId, limit: limit + 1 });
    return this.#withKnowledge(runs.map((run) => this.imported(run)));
  }

  newest(limit: number): readonly RunItem[] {
    const entries = runIds(this.#home)
      .slice(0, limit)
      .map((runId) => this.#entry(runId));
    return this.#toItems(entries.filter((entry) => entry !== undefined));
  }

  find(runId: string): RunItem | undefined {
    const entry = this.folder(runId) === undefined ? undefined : this.#entry(runId);
    return entry && this.#toItems([entry])[0];
  }

  folder(runId: string): string | undefined {
    if (!isPlainRelativePath(runId) || /[/\\]/.test(runId) || !/^[\w.-]{1,200}$/.test(runId))
      return undefined;
    return this.#entry(runId)?.folder;
  }

  #entry(runId: string): RunEntry | undefined {
    const kept = this.#ended.get(runId);
    if (kept !== undefined) return kept;
    const entry = readEntry(join(runsFolder(this.#home), runId));
    if (entry !== undefined && entry.status !== 'running') {
      this.#ended.set(runId, entry);
      const [oldest] = this.#ended.keys();
      if (this.#ended.size > MOST_KEPT && oldest !== undefined) this.#ended.delete(oldest);
    }
    return entry;
  }

  #toItems(entries: readonly RunEntry[]): RunItem[] {
    return this.#withKnowledge(entries.map(toItem));
  }

  /** Adds what the ledger knows; of a run that goes on its recording says which skills it has. */
  #withKnowledge(items: readonly RunItem[]): RunItem[] {
    const snapshot = this.#snapshots.current();
    const ids = items.map(({ run_id }) => run_id);
    const known = snapshot.of(`knowledge:${ids}`, () => knowledgeOfRuns(this.#learning.db, ids));
    const names = snapshot.byId;
    return items.map((item) => {
      const knowledge = known.get(item.run_id);
      if (knowledge === undefined)
        return item.status === 'running' ? { ...item, skills: this.#liveSkills(item.run_id) } : item;
      const skills = knowledge.had.map(({ skillId, versionId }) => ({
        ...{ skill_id: skillId, version_id: versionId },
        name: names.get(skillId)?.name ?? this.#library.findVersion(versionId)?.name ?? versionId,
      }));
      return { ...item, task_done: knowledge.taskDone, skills };
    });
  }

  /** Skills are chosen at the beginning: a few lines tell. */
  #liveSkills(runId: string): RunItem['skills'] {
    const lines = readLines(join(runsFolder(this.#home), runId), 0, 5);
    const start = lines.map(({ event }) => event).find((event) => event.type === 'attempt-start');
    return (start?.skills ?? []).map(({ skillId, versionId, name }) => ({
      ...{ skill_id: skillId, version_id: versionId, name },
    }));
  }

  imported(run: ImportedRun): RunItem {
    const { runId, task, model, status, purpose, startedAt, endedAt } = run;
    const span = endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
    return {
      ...{ run_id: runId, source: 'imported', task, model, status, purpose, started_at: startedAt },
      ...{ last_event_at: endedAt, took_ms: run.tookMs ?? span, turns: null, usage: null, skills: [] },
      ...{ task_done: null, note: null, error: null },
    };
  }
}

interface DiskPage {
  readonly items: readonly RunItem[];
  readonly lastLookedAt: string | undefined;
  /** When the last run began that was looked at, if there were more than can be looked at for one page. */
  readonly end: string | undefined;
}

/** Newest first; each list keeps its own order, which its cursor goes by. */
function mergeByTime(first: readonly RunItem[], second: readonly RunItem[]): RunItem[] {
  const merged: RunItem[] = [];
  let [at, other] = [0, 0];
  for (;;) {
    const [a, b] = [first[at], second[other]];
    if (a === undefined || b === undefined) return [...merged, ...first.slice(at), ...second.slice(other)];
    const isFirst = a.started_at >= b.started_at;
    merged.push(isFirst ? a : b);
    if (isFirst) at += 1;
    else other += 1;
  }
}

function toItem({ header, status, note, lastEventAt, turns, usage, error }: RunEntry): RunItem {
  const tookMs = lastEventAt === undefined ? null : Date.parse(lastEventAt) - Date.parse(header.startedAt);
  return {
    ...{ run_id: header.runId, source: 'openspace', task: header.task, model: header.model, status },
    ...{ purpose: header.purpose, started_at: header.startedAt, last_event_at: lastEventAt ?? null },
    ...{ took_ms: tookMs === null ? null : Math.max(0, tookMs), turns: turns ?? null },
    ...{ usage: usage === undefined ? null : usageToJson(usage), skills: [], task_done: null },
    ...{ note: note ?? null, error: error ?? null },
  };
}
