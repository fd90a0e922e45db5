// Opens the API on an open OpenSpace: what the routes share, made once and closed together.
import type { Hono } from 'hono';
import type { OpenSpace } from '../../engine/index.ts';
import { OpenSpaceError, realWorld, type World } from '../../lib/index.ts';
import { createApi } from './app.ts';
import type { ApiContext } from './context.ts';
import { openLive } from './live.ts';
import { liveSource } from './live-source.ts';
import { createMemory } from './memory.ts';
import { openRunIndex } from './run-index.ts';
import { openSnapshots } from './snapshot.ts';
import { openTaskStarter } from './task-starter.ts';

export interface ApiOptions {
  readonly openSpace: OpenSpace;
  readonly version: string;
  readonly world?: World;
  /** Handed on to the processes of tasks. */
  readonly model?: string | undefined;
  readonly configFile?: string | undefined;
  /** For people, on stderr. */
  readonly tell: (text: string) => void;
}

export interface Api {
  readonly app: Hono;
  readonly context: ApiContext;
  /** Takes in what changed in the skill folders. */
  sync(): Promise<void>;
  close(): void;
}

/** Values that are remembered; the ones longest unused are forgotten. */
const MOST_REMEMBERED = 500;

/** Opens the database. Throws as `openDatabase`. */
export function openApi({ openSpace, version, world = realWorld, model, configFile, tell }: ApiOptions): Api {
  const library = openSpace.library();
  const learning = openSpace.learning().deps;
  const { home } = openSpace.config;
  const stop = new AbortController();
  const snapshots = openSnapshots(openSpace);
  const runs = openRunIndex({ home, library, learning, snapshots });
  const live = openLive({
    ...{ version, source: () => liveSource({ library, learning, runs, snapshots }) },
    onError: (error) => tell(`dashboard: ${String(error)}\n`),
  });
  const tasks = openTaskStarter({ config: openSpace.config, world, model, configFile });
  const skill = (id: string) => library.pickSkill(id);
  const context: ApiContext = {
    ...{ openSpace, library, learning, world, version, snapshots, runs, live, tasks, skill },
    signal: stop.signal,
    item(id) {
      const { skillId, name } = skill(id);
      const item = snapshots.current().byId.get(skillId);
      if (item !== undefined) return item;
      throw new OpenSpaceError(
        'not-found',
        `"${name}" belongs to a folder that is not looked at from here.`,
        {
          hint: 'Start the dashboard in that project.',
        },
      );
    },
    remember: createMemory(MOST_REMEMBERED),
  };
  return {
    context,
    app: createApi(context, (text) => tell(`dashboard: ${text}\n`)),
    async sync() {
      const { added, edited, removed } = await library.sync();
      if (added.length + edited.length + removed.length > 0) snapshots.invalidate();
    },
    close() {
      stop.abort();
      live.close();
      tasks.close();
    },
  };
}
