// What this machine knows of hubs: keys by address, sources, the signing key. One private file in the data home.
import { join } from 'node:path';
import { z } from 'zod';
import { OpenSpaceError, parseJson, readTextIfPresent, writeFileAtomic } from '../lib/index.ts';

export const HUB_STATE_FILE = 'hub.json';

const HubState = z.object({
  version: z.literal(1),
  /** Address of the API of the hub that commands use. */
  default_hub: z.string().nullable(),
  hubs: z.record(
    z.string(),
    z.object({ key: z.string(), account: z.string(), group: z.string().nullable() }),
  ),
  /** Further sources, as `openspace hub add` took them. */
  sources: z.array(z.string()),
  signing_key: z.object({ public_key: z.string(), secret: z.string() }).nullable(),
  /** What of this machine's results a hub has already. */
  shared: z
    .object({
      /** Random: tells this machine's reports from those of the account's other machines. */
      machine: z.string(),
      /** Totals by record id. */
      counts: z.record(z.string(), z.object({ uses: z.int(), successes: z.int() })),
      /** Versions that were offered as proposals. */
      offered: z.array(z.string()),
    })
    .optional(),
});
export type HubState = z.infer<typeof HubState>;

const EMPTY: HubState = { version: 1, default_hub: null, hubs: {}, sources: [], signing_key: null };

/** Reads the file; empty if it is not there. Throws `corrupt`. */
export function readHubState(home: string): HubState {
  const path = join(home, HUB_STATE_FILE);
  const text = readTextIfPresent(path);
  if (text === undefined) return EMPTY;
  const parsed = HubState.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError('corrupt', `${path} can't be read.`, { hint: 'Move it away and log in again.' });
}

/** Writes the file, readable for its owner only: it holds keys. */
export function writeHubState(home: string, state: HubState): void {
  writeFileAtomic(join(home, HUB_STATE_FILE), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}
