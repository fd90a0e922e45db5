// Skills of the hub that come into the library: on trial, or quarantined where safety doubts them.
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import {
  type Fetch,
  type Installer,
  install,
  libraryTarget,
  openHubSource,
  queryForTask,
  readLock,
  type SourceWorld,
} from '../../hub/index.ts';
import {
  OpenSpaceError,
  plainSpawner,
  type Redactor,
  realWorld,
  silentLogger,
  type World,
} from '../../lib/index.ts';
import type { Library } from '../../skills/index.ts';
import { type HubConnection, hubConnection } from './connection.ts';

/** Most skills that one task takes from the hub. */
const IMPORT_LIMIT = 2;
/** How long a task waits for the hub, in ms. */
const IMPORT_TIMEOUT_MS = 10_000;

export interface TakeOptions {
  readonly config: Config;
  readonly library: Library;
  readonly signal: AbortSignal;
  readonly world?: World | undefined;
  readonly fetch?: Fetch | undefined;
}

/** One skill that was wanted: in the library now, or why not. */
export type Taken =
  | {
      readonly id: string;
      readonly name: string;
      readonly isNew: boolean;
      readonly place: string;
      readonly notes: readonly string[];
    }
  | { readonly id: string; readonly name: string; readonly error: OpenSpaceError };

/** The hub as a source, and the library as where its skills go. */
export function openHubShelf(hub: HubConnection, options: TakeOptions) {
  const { config, library, signal, world = realWorld, fetch = globalThis.fetch } = options;
  const cacheFolder = join(config.home, 'cache', 'hub');
  const sourceWorld: SourceWorld = {
    ...{ fetch, spawner: plainSpawner, env: {}, cacheFolder, signal, log: silentLogger },
    keyFor: (apiUrl) => (apiUrl === hub.apiUrl ? hub.apiKey : undefined),
  };
  const source = openHubSource(hub.apiUrl, sourceWorld);
  const target = libraryTarget(library, config.home, { trust: false });
  const installer: Installer = { target, sources: [source], sourceWorld, world, cacheFolder };
  return {
    source,
    /** Takes skills in, one after the other; one that is refused does not keep the others out. */
    async take(wanted: readonly { readonly id: string; readonly name: string }[]): Promise<Taken[]> {
      const taken: Taken[] = [];
      for (const { id, name } of wanted) {
        try {
          const { status, place, notes } = await install(installer, source, id);
          taken.push({ id, name, isNew: status !== 'unchanged', place, notes });
        } catch (error) {
          if (!(error instanceof OpenSpaceError) || signal.aborted) throw error;
          taken.push({ id, name, error });
        }
      }
      return taken;
    },
  };
}

export interface TaskImportOptions extends Omit<TakeOptions, 'signal'> {
  readonly redactor: Redactor;
}

/**
 * Looks for skills that fit a task and takes the best in. Needs `hub.import_for_tasks` and a `hub.task_sharing` other
 * than `never`. Returns what the person should know; a hub that fails costs a note, never the task.
 */
export async function importForTask(
  task: string,
  signal: AbortSignal,
  options: TaskImportOptions,
): Promise<readonly string[]> {
  const { config, library, redactor } = options;
  if (config.get('hub.import_for_tasks') !== true) return [];
  const query = queryForTask(task, config.get('hub.task_sharing') ?? 'never', redactor);
  const hub = hubConnection(config);
  if (query === undefined || hub === undefined) return [];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(IMPORT_TIMEOUT_MS)]);
  try {
    const shelf = openHubShelf(hub, { ...options, signal: limited });
    const known = new Set(Object.values(readLock(config.home)).map(({ id }) => id));
    const offers = await shelf.source.search(query, IMPORT_LIMIT);
    const wanted = offers.filter(({ id, name }) => !known.has(id) && library.findSkill(name) === undefined);
    return (await shelf.take(wanted)).map(noteOf);
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || signal.aborted) throw error;
    return [`The skill hub could not be asked: ${error.message}`];
  }
}

function noteOf(taken: Taken): string {
  return 'error' in taken
    ? `"${taken.name}" was not taken from the hub: ${taken.error.message}`
    : `Took "${taken.name}" from the hub. ${taken.notes.join(' ')}`.trim();
}
