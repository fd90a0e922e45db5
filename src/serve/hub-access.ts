// A client for the hub that may write.
import type { Config } from '../config/index.ts';
import { hubConnection } from '../engine/hub/index.ts';
import { createHubClient, type HubClient } from '../hub/index.ts';
import { OpenSpaceError } from '../lib/index.ts';

/** A client that may write. Throws `config` without a hub, `auth` without a key for it. */
export function hubClientWithKey(config: Config, signal: AbortSignal): HubClient {
  const access = hubConnection(config);
  const hint = 'Set OPENSPACE_API_KEY, or log in: openspace hub login <address>';
  if (access === undefined) throw new OpenSpaceError('config', 'No skill hub is set up.', { hint });
  if (access.apiKey === undefined)
    throw new OpenSpaceError('auth', 'There is no key for the skill hub.', { hint });
  return createHubClient({ baseUrl: access.apiUrl, apiKey: access.apiKey, signal });
}
