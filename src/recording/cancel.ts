// A wish to end a run, left in its folder by whichever process of the home; the run's own process looks for it.
import { join } from 'node:path';
import { isPresent, writeFileAtomic } from '../lib/index.ts';

export const CANCEL_FILE = 'cancel';

/** How often a run looks for the wish, in ms. */
const POLL_MS = 250;

/** Asks the process of a run to stop it. Without effect on a run that has ended. */
export function askToCancel(folder: string): void {
  writeFileAtomic(join(folder, CANCEL_FILE), '', { mode: 0o600 });
}

/** Calls `onAsked` once, as soon as somebody has asked. Returns what ends the watch. */
export function watchForCancel(folder: string, onAsked: () => void): () => void {
  const timer = setInterval(() => {
    if (!isPresent(join(folder, CANCEL_FILE))) return;
    clearInterval(timer);
    onAsked();
  }, POLL_MS);
  timer.unref(); // the run keeps its process alive, not the watch
  return () => clearInterval(timer);
}
