// The live stream: what the server tells makes the pages read anew what it concerns.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import type { LiveEvent } from '../../../src/serve/api/contract.ts';
import { addressOf, type JsonRoute } from '../api/client.ts';
import { SKILL_READS } from '../api/queries.ts';

/** `down`: the server is gone or refuses; the page shows the last it knew. */
export type LiveState = 'connecting' | 'live' | 'down';
export const LiveContext = createContext<LiveState>('connecting');
export const useLiveState = (): LiveState => useContext(LiveContext);

type FixEnd = Extract<LiveEvent, { type: 'fix-end' }>;

/** Reads that a kind of event makes old. */
const OLD: Record<LiveEvent['type'], readonly JsonRoute[]> = {
  hello: [],
  run: ['runs', 'overview'],
  skills: SKILL_READS,
  proposals: ['proposals', 'proposal', 'overview', 'skill', 'skills'],
  figures: ['overview', 'skill', 'skills', 'skillUses', 'run', 'runs'],
  'fix-end': SKILL_READS,
};

/** Events come in bursts while tasks run; reads are made anew at most this often. */
const GATHER_MS = 400;

/** Connects once for the whole app; the browser reconnects by itself. */
export function useLiveStream(onFixEnd: (event: FixEnd) => void): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const tellFixEnd = useRef(onFixEnd);
  tellFixEnd.current = onFixEnd;
  useEffect(() => {
    const source = new EventSource(addressOf('events', {}));
    const gatherer = gatherInvalidations(client);
    let greeted = false;
    source.onmessage = (message: MessageEvent<string>) => {
      const event: LiveEvent = JSON.parse(message.data);
      setState('live');
      if (event.type === 'hello') {
        if (greeted) gatherer.all();
        greeted = true;
      }
      if (event.type === 'fix-end') tellFixEnd.current(event);
      gatherer.add(OLD[event.type]);
      if (event.type === 'run') gatherer.addRun(event.run.run_id);
    };
    source.onerror = () => setState('down');
    return () => {
      source.close();
      gatherer.stop();
    };
  }, [client]);
  return state;
}

function gatherInvalidations(client: QueryClient) {
  const names = new Set<JsonRoute>();
  const runs = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const name of names) void client.invalidateQueries({ queryKey: [name] });
    for (const id of runs) void client.invalidateQueries({ queryKey: ['run', { id }] });
    names.clear();
    runs.clear();
  };
  const later = () => {
    timer ??= setTimeout(flush, GATHER_MS);
  };
  return {
    add(more: readonly JsonRoute[]) {
      for (const name of more) names.add(name);
      if (more.length > 0) later();
    },
    addRun(id: string) {
      runs.add(id);
      later();
    },
    all() {
      void client.invalidateQueries();
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
