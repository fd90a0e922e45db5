// Which hub this machine uses, and with which key.
import type { Config } from '../config/index.ts';
import { apiUrlOf, createHubClient, type HubClient, readHubState } from '../hub/index.ts';
import { OpenSpaceError } from '../lib/index.ts';

/** Where a key without an address belongs, as with the original. */
const ORIGINAL_CLOUD = 'https://open-space.cloud/api/v1';

export interface HubAccess {
  readonly apiUrl: string;
  readonly apiKey: string | undefined;
}

/** The hub of the settings (OPENSPACE_API_BASE), else the one logged in to last, else the original's cloud for who has a key. */
export function hubAccess(config: Config): HubAccess | undefined {
  const state = readHubState(config.home);
  const base = config.get('cloud.api_base');
  const key = config.get('cloud.api_key');
  const configured = base === undefined ? undefined : apiUrlOf(base);
  const apiUrl = configured ?? state.default_hub ?? (key === undefined ? undefined : ORIGINAL_CLOUD);
  if (apiUrl === undefined) return undefined;
  const isConfigured = apiUrl === (configured ?? ORIGINAL_CLOUD);
  return { apiUrl, apiKey: state.hubs[apiUrl]?.key ?? (isConfigured ? key : undefined) };
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
