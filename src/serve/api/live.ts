// What happens in this home, told to every open page: looked for only while somebody listens.
import { setMaxListeners } from 'node:events';
import type { LiveEvent, RunItem } from './contract.ts';
import type { ServerEvent } from './sse.ts';

/** Where the stream looks for news. Each is cheap when nothing happened. */
export interface LiveSource {
  /** Differs whenever the database does. */
  revision(): string;
  /** False while pages that ask now may be shown what was a moment ago. */
  isSettled(): boolean;
  /** What is different in the database since the last call; the first call only takes note. */
  databaseNews(): readonly LiveEvent[];
  /** Runs that began, went on or ended since the last call; the first call only takes note. */
  runNews(): readonly RunItem[];
}

export interface Live {
  /** Events from now on; ends with the signal. */
  listen(signal: AbortSignal): AsyncIterable<ServerEvent>;
  /** Tells all listeners. */
  send(event: LiveEvent): void;
  close(): void;
}

export interface LiveOptions {
  readonly version: string;
  readonly source: () => LiveSource;
  /** Told of what went wrong while looking; looking goes on. */
  readonly onError: (error: unknown) => void;
  /** How often it is looked, in ms. Default 500. */
  readonly pollMs?: number;
}

/** Listeners at the same time; each open page is one. */
const MOST_LISTENERS = 100;
/** Events that wait for one listener; more are dropped from the front, since a page looks at everything anew by itself. */
const MOST_WAITING = 1_000;

interface Listener {
  readonly waiting: ServerEvent[];
  wake: () => void;
}

export function openLive({ version, source, onError, pollMs = 500 }: LiveOptions): Live {
  const listeners = new Set<Listener>();
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  const post = (listener: Listener, event: LiveEvent, id: number) => {
    listener.waiting.push({ id, data: JSON.stringify(event) });
    if (listener.waiting.length > MOST_WAITING) listener.waiting.shift();
    listener.wake();
  };
  const send = (event: LiveEvent) => {
    sent += 1;
    for (const listener of listeners) post(listener, event, sent);
  };
  const watch = () => {
    const look = startLooking(source());
    timer = setInterval(() => {
      try {
        for (const event of look()) send(event);
      } catch (error) {
        onError(error); // the door of a background job: the next look may go well
      }
    }, pollMs);
  };
  const leave = (listener: Listener) => {
    listeners.delete(listener);
    listener.wake();
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    async *listen(signal) {
      if (listeners.size >= MOST_LISTENERS) return;
      const listener: Listener = { waiting: [], wake: () => undefined };
      listeners.add(listener);
      if (timer === undefined) watch();
      setMaxListeners(0, signal);
      const onAbort = () => listener.wake();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        post(listener, { type: 'hello', version }, sent);
        while (!signal.aborted) {
          const next = listener.waiting.shift();
          if (next !== undefined) yield next;
          else
            await new Promise<void>((wake) => {
              listener.wake = wake;
            });
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        leave(listener);
      }
    },
    send,
    close() {
      for (const listener of [...listeners]) leave(listener);
    },
  };
}

/** Asks the database only when its revision is another one. Who was told too early is told again. */
function startLooking(source: LiveSource): () => readonly LiveEvent[] {
  source.databaseNews();
  source.runNews();
  let revision = source.revision();
  let isOwed = false;
  return () => {
    const events: LiveEvent[] = source.runNews().map((run) => ({ type: 'run', run }));
    const now = source.revision();
    if (now !== revision) {
      revision = now;
      events.push(...source.databaseNews());
      isOwed = !source.isSettled();
    } else if (isOwed && source.isSettled()) {
      isOwed = false;
      events.push({ type: 'skills', changes: [] }, { type: 'figures' });
    }
    return events;
  };
}
