// What the hub commands work with: the user's hubs and sources, where skills are installed, and a client.
import { join, resolve } from 'node:path';
import type { Config } from '../../../config/index.ts';
import { hubSettings } from '../../../engine/hub/index.ts';
import { openLibraryOf } from '../../../engine/index.ts';
import {
  apiUrlOf,
  createHubClient,
  currentHub,
  folderTarget,
  type HubClient,
  type HubState,
  type Installer,
  keyFor,
  libraryTarget,
  openSource,
  readHubState,
  type SourceWorld,
  toAddress,
} from '../../../hub/index.ts';
import { createLogger, createRedactor, OpenSpaceError, plainSpawner, realWorld } from '../../../lib/index.ts';
import type { CliContext } from '../../context.ts';

/** Flags that say where from and where to. */
export interface TargetFlags {
  readonly from?: string;
  readonly to?: string;
  readonly trust?: boolean;
}

export interface Desk {
  readonly config: Config;
  readonly installer: Installer;
  close(): void;
}

/** A client for the hub at `address`, else for the current one. Throws `config` if there is none. */
export function clientFor(
  config: Config,
  context: CliContext,
  address?: string,
): { client: HubClient; state: HubState } {
  const state = readHubState(config.home);
  const apiUrl = address === undefined ? currentHub(hubSettings(config), state) : apiUrlOf(address);
  if (apiUrl === undefined)
    throw new OpenSpaceError('config', 'You are not logged in to a hub.', {
      hint: 'openspace hub login <address> --invite <token>, or start your own: openspace hub serve',
    });
  const apiKey = keyFor(hubSettings(config), state, apiUrl);
  return { client: createHubClient({ baseUrl: apiUrl, apiKey, signal: context.signal }), state };
}

/** What git needs of the environment: to be found, and to know the user. */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LANG|LC_.*|TMPDIR|SSH_AUTH_SOCK|SSH_AGENT_PID|GIT_SSH|GIT_SSH_COMMAND|GIT_ASKPASS|.*_PROXY|.*_proxy|SSL_CERT_FILE|SystemRoot|USERPROFILE|APPDATA)$/;

export async function openDesk(context: CliContext, flags: TargetFlags): Promise<Desk> {
  const config = await context.loadConfig();
  const state = readHubState(config.home);
  const cacheFolder = join(config.home, 'cache', 'hub');
  const env = Object.fromEntries(
    Object.entries(context.env).flatMap(([name, value]) =>
      value !== undefined && PASSED_ON.test(name) ? [[name, value]] : [],
    ),
  );
  const sourceWorld: SourceWorld = {
    fetch: globalThis.fetch,
    spawner: plainSpawner,
    env,
    cacheFolder,
    signal: context.signal,
    log: createLogger({ level: 'warn', write: context.stderr, redactor: createRedactor() }),
    keyFor: (apiUrl) => keyFor(hubSettings(config), state, apiUrl),
  };
  const hub = currentHub(hubSettings(config), state);
  const addresses =
    flags.from === undefined
      ? [...(hub === undefined ? [] : [`hub:${hub}`]), ...state.sources]
      : [toAddress(flags.from, context.cwd)];
  const sources = addresses.map((address) => openSource(address, sourceWorld));
  const common = { sources, sourceWorld, world: realWorld, cacheFolder };
  if (flags.to !== undefined)
    return {
      config,
      installer: { ...common, target: folderTarget(resolve(context.cwd, flags.to)) },
      close: () => undefined,
    };
  const { library, close } = openLibraryOf(config);
  await library.sync();
  return {
    config,
    installer: { ...common, target: libraryTarget(library, config.home, { trust: flags.trust === true }) },
    close,
  };
}
