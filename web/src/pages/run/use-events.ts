// A run's events: those so far, read page by page, and then those that come, live.
import { useEffect, useState } from 'react';
import type { RunEvent } from '../../../../src/serve/api/contract.ts';
import { addressOf, call } from '../../api/client.ts';

const PAGE = 1_000;
/** Live events come faster than a page can be drawn; they are shown together. */
const GATHER_MS = 120;
/** A run that has just been asked for may have no stream yet; it is looked for again after this. */
const AGAIN_MS = 1_000;

export interface Events {
  readonly events: readonly RunEvent[];
  readonly isLoading: boolean;
  readonly error: Error | null;
}

const NONE: Events = { events: [], isLoading: true, error: null };

/** `isRunning` when the page was opened: go on with the live stream when all past events are read, to the run's end. */
export function useRunEvents(runId: string, isRunning: boolean): Events {
  const [wasRunning] = useState(isRunning);
  const [state, setState] = useState<Events>(NONE);
  useEffect(() => {
    const stop = new AbortController();
    setState(NONE);
    void follow(runId, wasRunning, stop.signal, (change) => setState(change)).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      setState((before) => ({
        ...before,
        isLoading: false,
        error: error instanceof Error ? error : new Error(String(error)),
      }));
    });
    return () => stop.abort();
  }, [runId, wasRunning]);
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
  let last = from - 1;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const events = waiting.splice(0);
    change((before) => add(before, events));
  };
  source.onmessage = (message: MessageEvent<string>) => {
    const event: RunEvent = JSON.parse(message.data);
    last = event.seq;
    waiting.push(event);
    timer ??= setTimeout(flush, GATHER_MS);
    // The server ends the stream then; without this the browser would connect again and again.
    if (event.type !== 'run-end') return;
    isOver = true;
    source.close();
  };
  source.onerror = () => {
    // A lost connection the browser takes up again by itself; a refusal it does not.
    if (source.readyState !== EventSource.CLOSED || isOver) return;
    setTimeout(() => {
      if (!signal.aborted) listen(runId, last + 1, signal, change);
    }, AGAIN_MS);
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
