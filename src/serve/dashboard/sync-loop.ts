// Takes changes in the skill folders in from time to time, without taking much of the time.

import { toMessage } from '../../lib/index.ts';
import type { Api } from '../api/api.ts';

/** Pause between two looks, in ms; longer where a look takes long, so that it is at most a fiftieth of the time. */
const PAUSE_MS = 10_000;
const PAUSE_FACTOR = 50;

export interface SyncLoop {
  start(): void;
  stop(): void;
}

export function keepInSync(api: Api, tell: (text: string) => void): SyncLoop {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastProblem = '';
  const look = async () => {
    const began = performance.now();
    try {
      await api.sync();
      lastProblem = '';
    } catch (error) {
      // The door of a background job: a busy library or an unreadable folder may be well the next time. Said once.
      const problem = toMessage(error);
      if (problem !== lastProblem) tell(`dashboard: ${problem}\n`);
      lastProblem = problem;
    }
    const tookMs = performance.now() - began;
    if (!stopped) timer = setTimeout(() => void look(), Math.max(PAUSE_MS, tookMs * PAUSE_FACTOR));
    timer?.unref();
  };
  return {
    start() {
      timer = setTimeout(() => void look(), 0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
