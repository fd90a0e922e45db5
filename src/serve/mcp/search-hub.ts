// The hub's part of search_skills: finds skills there and takes the best into the library, on trial.
import type { Config } from '../../config/index.ts';
import { hubConnection, openHubShelf, type Taken } from '../../engine/hub/index.ts';
import type { HubRecord } from '../../hub/index.ts';
import { OpenSpaceError, oneLine } from '../../lib/index.ts';
import type { Library } from '../../skills/index.ts';
import type { Fields } from './task-report.ts';

/** Skills taken in by one search, as with the original. */
const IMPORT_LIMIT = 3;

export interface HubSearch {
  readonly query: string;
  readonly limit: number;
  readonly autoImport: boolean;
  readonly config: Config;
  readonly library: Library;
  readonly signal: AbortSignal;
}

export interface HubFindings {
  readonly results: readonly Fields[];
  readonly imported: readonly Fields[];
  /** What the caller should know: the hub could not be asked. */
  readonly note?: string;
}

/** Never throws for what the hub does: local results are worth having without it. */
export async function searchHub(search: HubSearch): Promise<HubFindings> {
  const { query, limit, config } = search;
  const hub = hubConnection(config);
  if (hub === undefined) return { results: [], imported: [] };
  try {
    const shelf = openHubShelf(hub, search);
    const items = await shelf.source.client.call('search', { body: { query: query.slice(0, 4_000), limit } });
    const wanted = items
      .filter(({ visibility }) => search.autoImport && visibility === 'public')
      .slice(0, IMPORT_LIMIT)
      .map(({ record_id: id, name }) => ({ id, name }));
    const imported = (await shelf.take(wanted)).map(importFields);
    const ids = new Set(imported.filter((one) => one.import_status !== 'error').map((one) => one.skill_id));
    return { results: items.map((record, rank) => describeRecord(record, rank, ids)), imported };
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || error.code === 'cancelled') throw error;
    return { results: [], imported: [], note: `The skill hub could not be asked: ${error.message}` };
  }
}

/** As the original tells it. */
function importFields(taken: Taken): Fields {
  const { id, name } = taken;
  if ('error' in taken)
    return { skill_id: id, name, import_status: 'error', error: oneLine(taken.error.message, 200) };
  return {
    skill_id: id,
    name,
    import_status: taken.isNew ? 'success' : 'already_exists',
    local_path: taken.place,
  };
}

function describeRecord(record: HubRecord, rank: number, imported: ReadonlySet<unknown>): Fields {
  return {
    skill_id: record.record_id,
    name: record.name,
    description: oneLine(record.description ?? '', 200),
    source: 'cloud',
    // The hub gives an order and no measure: the first is as good as a sure local hit, the others less and less.
    score: Math.round(10_000 / (rank + 2)) / 10_000,
    server_search_rank: record.search_rank ?? rank + 1,
    visibility: record.visibility,
    ...(record.created_by ? { created_by: record.created_by } : {}),
    ...(record.origin ? { origin: record.origin } : {}),
    ...(record.tags?.length ? { tags: record.tags.slice(0, 8) } : {}),
    ...(imported.has(record.record_id) ? { auto_imported: true } : {}),
  };
}
