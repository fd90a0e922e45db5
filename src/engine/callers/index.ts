// The light door of engine for who calls us: how often each host connected, listed the tools and called one.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  isAbsent,
  makeFolder,
  parseJson,
  readTextIfPresent,
  sha256,
  tryHoldLock,
  writeFileAtomic,
} from '../../lib/index.ts';

const Caller = z.object({
  /** As the client calls itself. */
  name: z.string(),
  connected: z.number(),
  listed: z.number(),
  /** By tool. */
  calls: z.record(z.string(), z.number()),
  errors: z.number(),
  last_error: z.string().optional(),
  last_at: z.string(),
});
export type Caller = z.infer<typeof Caller>;

/** What happened; `call` with the code of its error, if it had one. */
export type CallerEvent =
  | { readonly type: 'connect' | 'list' }
  | { readonly type: 'call'; readonly tool: string; readonly error?: string | undefined };

export interface CallCounter {
  note(client: string, event: CallerEvent): void;
  /** Writes what is not written yet. */
  close(): void;
}

const FLUSH_MS = 1_000;
const NAME_LIMIT = 80;

const callersFolder = (home: string): string => join(home, 'mcp', 'callers');
const fileOf = (home: string, name: string): string =>
  join(callersFolder(home), `${sha256(name).slice(0, 16)}.json`);

/** Counts in memory and writes once a second, so that no call waits for it. Several servers may count at once. */
export function openCallCounter(home: string): CallCounter {
  const waiting = new Map<string, CallerEvent[]>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    if (waiting.size === 0) return;
    const lock = tryHoldLock(join(home, 'locks', 'callers.lock'));
    if (lock === undefined) return later(); // another server writes just now
    try {
      makeFolder(callersFolder(home), 0o700);
      for (const [name, events] of waiting) addEvents(home, name, events);
      waiting.clear();
    } finally {
      lock.release();
    }
  };
  const later = () => {
    timer ??= setTimeout(flush, FLUSH_MS).unref();
  };
  return {
    note(client, event) {
      const name = client.slice(0, NAME_LIMIT);
      const events = waiting.get(name) ?? [];
      events.push(event);
      waiting.set(name, events);
      later();
    },
    close() {
      clearTimeout(timer);
      flush();
      clearTimeout(timer);
    },
  };
}

function addEvents(home: string, name: string, events: readonly CallerEvent[]): void {
  const known = readCaller(fileOf(home, name));
  const caller = known ?? { name, connected: 0, listed: 0, calls: {}, errors: 0, last_at: '' };
  for (const event of events) {
    if (event.type === 'connect') caller.connected += 1;
    if (event.type === 'list') caller.listed += 1;
    if (event.type !== 'call') continue;
    caller.calls[event.tool] = (caller.calls[event.tool] ?? 0) + 1;
    if (event.error === undefined) continue;
    caller.errors += 1;
    caller.last_error = `${event.tool}: ${event.error}`;
  }
  caller.last_at = new Date().toISOString();
  writeFileAtomic(fileOf(home, name), `${JSON.stringify(caller)}\n`, { mode: 0o600 });
}

/** Undefined for a file that is not there or can't be read: counting begins anew. */
function readCaller(path: string): Caller | undefined {
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  return Caller.safeParse(parseJson(text)).data;
}

/** Who has called so far, the last one first. */
export function readCallers(home: string): readonly Caller[] {
  let names: string[];
  try {
    names = readdirSync(callersFolder(home));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => readCaller(join(callersFolder(home), name)))
    .filter((caller) => caller !== undefined)
    .sort((a, b) => b.last_at.localeCompare(a.last_at));
}
