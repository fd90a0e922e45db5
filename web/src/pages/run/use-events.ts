// A run's events: those so far, read page by page, and then those that come, live.
import { useEffect, useState } from 'react';
import type { RunEvent } from '../../../../src/serve/api/contract.ts';
import { addressOf, call } from '../../api/client.ts';

const PAGE = 1_000;
/** Live events come faster than a page can be drawn; they are shown together. */
const GATHER_MS = 120;

export interface Events {
  readonly events: readonly RunEvent[];
  readonly isLoading: boolean;
  readonly error: Error | null;
}

const NONE: Events = { events: [], isLoading: true, error: null };

/** `isRunning`: go on with the live stream when all past events are read. */
export function useRunEvents(runId: string, isRunning: boolean): Events {
  const [state, setState] = useState<Events>(NONE);
  useEffect(() => {
    const stop = new AbortController();
    setState(NONE);
    void follow(runId, isRunning, stop.signal, (change) => setState(change)).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      setState((before) => ({
        ...before,
        isLoading: false,
        error: error instanceof Error ? error : new Error(String(error)),
      }));
    });
    return () => stop.abort();
  }, [runId, isRunning]);
  return state;
}

type Change = (change: (before: Events) => Events) => void;

async function follow(runId: string, isRunning: boolean, signal: AbortSignal, change: Change): Promise<void> {
  let from = 0;
  for (let next: number | null = 0; next !== null; ) {
    const page: { events: RunEvent[]; next: number | null } = await call(
      'runTimeline',
      { id: runId, query: { from: next, limit: PAGE } },
      signal,
    );
    const last = page.events.at(-1);
    if (last) from = last.seq + 1;
    change((before) => add(before, page.events));
    // A page that brings nothing is the last one, whatever it says.
    next = page.events.length === 0 ? null : page.next;
  }
  change((before) => ({ ...before, isLoading: false }));
  if (isRunning && !signal.aborted) listen(runId, from, signal, change);
}

function listen(runId: string, from: number, signal: AbortSignal, change: Change): void {
  const source = new EventSource(addressOf('runEvents', { id: runId, query: { from } }));
  const waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const events = waiting.splice(0);
    change((before) => add(before, events));
  };
  source.onmessage = (message: MessageEvent<string>) => {
    const event: RunEvent = JSON.parse(message.data);
    waiting.push(event);
    timer ??= setTimeout(flush, GATHER_MS);
    // The server ends the stream then; without this the browser would connect again and again.
    if (event.type === 'run-end') source.close();
  };
  signal.addEventListener(
    'abort',
    () => {
      source.close();
      clearTimeout(timer);
    },
    { once: true },
  );
}

/** After a reconnect the server may repeat events: each is taken once. */
function add(before: Events, more: readonly RunEvent[]): Events {
  const last = before.events.at(-1)?.seq ?? -1;
  const fresh = more.filter((event) => event.seq > last);
  return fresh.length === 0 ? before : { ...before, events: [...before.events, ...fresh] };
}
