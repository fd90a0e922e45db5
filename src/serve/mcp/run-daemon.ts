// The life of the daemon: takes its place, says where it is, looks after learning, and leaves nothing behind.
import { rmSync } from 'node:fs';
import type { Config } from '../../config/index.ts';
import { announceDaemon, daemonFile, takeDaemonPlace } from './daemon.ts';
import { watchLearning } from './drain-watch.ts';

interface DaemonOptions {
  readonly version: string;
  readonly configFile?: string | undefined;
  readonly tell: (text: string) => void;
}

/** Runs `serve` as the daemon of the data home. Throws `busy` if there is one. */
export async function runAsDaemon(
  config: Config,
  { version, configFile, tell }: DaemonOptions,
  serve: (onListening: (url: string) => void) => Promise<void>,
): Promise<void> {
  const place = takeDaemonPlace(config.home);
  const stopWatching = watchLearning(config, { configFile, tell });
  try {
    await serve((url) => announceDaemon(config, url, version));
  } finally {
    stopWatching();
    rmSync(daemonFile(config.home), { force: true });
    place.release();
  }
}
