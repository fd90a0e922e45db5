// The hub's part of search_skills: finds skills there and takes the best into the library, on trial.
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import {
  createHubClient,
  type HubRecord,
  install,
  libraryTarget,
  openHubSource,
  type SourceWorld,
} from '../../hub/index.ts';
import { OpenSpaceError, oneLine, plainSpawner, realWorld, silentLogger } from '../../lib/index.ts';
import type { Library } from '../../skills/index.ts';
import { hubAccess } from '../hub-access.ts';
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
  const { query, limit, config, signal } = search;
  const access = hubAccess(config);
  if (access === undefined) return { results: [], imported: [] };
  try {
    const client = createHubClient({ baseUrl: access.apiUrl, apiKey: access.apiKey, signal });
    const items = await client.call('search', { body: { query: query.slice(0, 4_000), limit } });
    const visible = items.filter((record) => record.visibility === 'public');
    const imported = search.autoImport
      ? await importBest(visible.slice(0, IMPORT_LIMIT), search, access)
      : [];
    const ids = new Set(imported.filter((one) => one.import_status !== 'error').map((one) => one.skill_id));
    return { results: items.map((record, rank) => describeRecord(record, rank, ids)), imported };
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || error.code === 'cancelled') throw error;
    return { results: [], imported: [], note: `The skill hub could not be asked: ${error.message}` };
  }
}

async function importBest(
  records: readonly HubRecord[],
  { config, library, signal }: HubSearch,
  access: { readonly apiUrl: string; readonly apiKey: string | undefined },
): Promise<Fields[]> {
  const cacheFolder = join(config.home, 'cache', 'hub');
  const sourceWorld: SourceWorld = {
    fetch: globalThis.fetch,
    spawner: plainSpawner,
    env: {},
    cacheFolder,
    signal,
    log: silentLogger,
    keyFor: (apiUrl) => (apiUrl === access.apiUrl ? access.apiKey : undefined),
  };
  const source = openHubSource(access.apiUrl, sourceWorld);
  const target = libraryTarget(library, config.home, { trust: false });
  const installer = { target, sources: [source], sourceWorld, world: realWorld, cacheFolder };
  const imported: Fields[] = [];
  for (const { record_id: id, name } of records) {
    try {
      const { status, place } = await install(installer, source, id);
      const word = status === 'unchanged' ? 'already_exists' : 'success';
      imported.push({ skill_id: id, name, import_status: word, local_path: place });
    } catch (error) {
      if (!(error instanceof OpenSpaceError)) throw error;
      imported.push({ skill_id: id, name, import_status: 'error', error: oneLine(error.message, 200) });
    }
  }
  return imported;
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
