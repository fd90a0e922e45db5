// Looks now and then whether learning has work, and starts its worker: a run whose worker died is not forgotten.
import type { Config } from '../../config/index.ts';
import { learningWorker } from '../../engine/learning-worker/index.ts';
import { openLibraryOf } from '../../engine/library/index.ts';
import { openQueue } from '../../learning/index.ts';
import { realWorld, toMessage } from '../../lib/index.ts';

const EVERY_MS = 60_000;

/** Starts looking, at once for the first time; the returned function ends it. */
export function watchLearning(
  config: Config,
  options: {
    readonly configFile: string | undefined;
    readonly tell: (text: string) => void;
    readonly everyMs?: number;
  },
): () => void {
  const start = learningWorker(config, options.configFile);
  const look = () => {
    try {
      if (config.get('learning.worker') !== false && hasWork(config)) start();
    } catch (error) {
      options.tell(`learning: ${toMessage(error)}\n`); // the next look may succeed
    }
  };
  look();
  const timer = setInterval(look, options.everyMs ?? EVERY_MS);
  return () => clearInterval(timer);
}

function hasWork(config: Config): boolean {
  const { db, close } = openLibraryOf(config);
  try {
    return openQueue(db, { world: realWorld }).status().pending > 0;
  } finally {
    close();
  }
}
