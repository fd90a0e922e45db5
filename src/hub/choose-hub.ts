// Which hub this machine uses, and with which key.
import { apiUrlOf } from './client.ts';
import type { HubState } from './hub-state.ts';

/** Where a key without an address belongs, as with the original. */
const ORIGINAL_CLOUD = 'https://open-space.cloud/api/v1';

/** What the user's settings say (OPENSPACE_API_BASE, OPENSPACE_API_KEY). */
export interface HubSettings {
  readonly apiBase: string | undefined;
  readonly apiKey: string | undefined;
}

/** Address of the API in use: the settings', else the one logged in to last, else the original's cloud for who has a key. */
export function currentHub({ apiBase, apiKey }: HubSettings, state: HubState): string | undefined {
  if (apiBase !== undefined) return apiUrlOf(apiBase);
  if (state.default_hub !== null) return state.default_hub;
  return apiKey === undefined ? undefined : ORIGINAL_CLOUD;
}

/** The key for a hub: the one saved by logging in, else the settings' for the settings' hub. */
export function keyFor(
  { apiBase, apiKey }: HubSettings,
  state: HubState,
  apiUrl: string,
): string | undefined {
  const saved = state.hubs[apiUrl]?.key;
  if (saved !== undefined) return saved;
  const ownHub = apiBase === undefined ? ORIGINAL_CLOUD : apiUrlOf(apiBase);
  return apiUrl === ownHub ? apiKey : undefined;
}
