// Which hub this machine uses, and with which key.
import type { Config } from '../../config/index.ts';
import { currentHub, type HubSettings, keyFor, readHubState } from '../../hub/index.ts';

export interface HubConnection {
  readonly apiUrl: string;
  /** Undefined: only what the hub shows to everybody. */
  readonly apiKey: string | undefined;
}

export const hubSettings = (config: Config): HubSettings => ({
  apiBase: config.get('cloud.api_base'),
  apiKey: config.get('cloud.api_key'),
});

/** The hub of the settings, else the one logged in to last, else the original's cloud for who has a key. */
export function hubConnection(config: Config): HubConnection | undefined {
  const state = readHubState(config.home);
  const apiUrl = currentHub(hubSettings(config), state);
  return apiUrl === undefined ? undefined : { apiUrl, apiKey: keyFor(hubSettings(config), state, apiUrl) };
}
