// Which hub this machine uses, and with which key.
import type { Config } from '../config/index.ts';
import { createHubClient, currentHub, type HubClient, keyFor, readHubState } from '../hub/index.ts';
import { OpenSpaceError } from '../lib/index.ts';

export interface HubAccess {
  readonly apiUrl: string;
  readonly apiKey: string | undefined;
}

/** The hub of the settings (OPENSPACE_API_BASE), else the one logged in to last, else the original's cloud for who has a key. */
export function hubAccess(config: Config): HubAccess | undefined {
  const state = readHubState(config.home);
  const settings = { apiBase: config.get('cloud.api_base'), apiKey: config.get('cloud.api_key') };
  const apiUrl = currentHub(settings, state);
  return apiUrl === undefined ? undefined : { apiUrl, apiKey: keyFor(settings, state, apiUrl) };
}

/** A client that may write. Throws `config` without a hub, `auth` without a key for it. */
export function hubClientWithKey(config: Config, signal: AbortSignal): HubClient {
  const access = hubAccess(config);
  const hint = 'Set OPENSPACE_API_KEY, or log in: openspace hub login <address>';
  if (access === undefined) throw new OpenSpaceError('config', 'No skill hub is set up.', { hint });
  if (access.apiKey === undefined)
    throw new OpenSpaceError('auth', 'There is no key for the skill hub.', { hint });
  return createHubClient({ baseUrl: access.apiUrl, apiKey: access.apiKey, signal });
}
