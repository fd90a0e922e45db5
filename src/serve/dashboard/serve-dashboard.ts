// `openspace dashboard`: the API, the original's routes and the web app, in one process on one port.
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import type { OpenSpace } from '../../engine/index.ts';
import { errnoOf, OpenSpaceError, toMessage } from '../../lib/index.ts';
import { openApi } from '../api/api.ts';
import { ensureToken } from '../mcp/token.ts';
import { createGuard, securityHeaders } from './guard.ts';
import { openSessions } from './sessions.ts';
import { keepInSync } from './sync-loop.ts';
import { openWebFiles, page } from './web-files.ts';

export interface DashboardOptions {
  readonly openSpace: OpenSpace;
  readonly version: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** True: a free port is taken where this one is in use. */
  readonly orAnyPort: boolean;
  readonly model?: string | undefined;
  readonly configFile?: string | undefined;
  /** The built web app. Default: the package's. */
  readonly webFolder?: string | undefined;
  /** For people, on stderr. */
  readonly tell: (text: string) => void;
}

export interface Dashboard {
  /** Where it is, without a code. */
  readonly url: string;
  /** False: the web app is not built, only the API answers. */
  readonly hasWeb: boolean;
  /** An address that signs one browser in, once. */
  newAddress(): string;
  close(): Promise<void>;
}

/** Listens when it returns. Throws `config` for an address that can't be listened on, and as `openDatabase`. */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { openSpace, version, host, model, configFile, tell } = options;
  const api = openApi({ openSpace, version, model, configFile, tell });
  const web = openWebFiles(options.webFolder);
  let port = options.port;
  const sessions = openSessions({
    token: ensureToken(openSpace.config.home),
    cookieName: () => `openspace_${port}`,
  });
  const app = new Hono();
  app.use(securityHeaders, createGuard({ sessions, host }));
  app.get('/open', ({ req }) => signIn(sessions.openWith(req.query('code') ?? '')));
  app.route('/', api.app);
  app.get('*', ({ req }) => web.answer(req.path));
  const server = createAdaptorServer({ fetch: app.fetch });
  const sync = keepInSync(api, tell);
  const close = async () => {
    sync.stop();
    api.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  try {
    port = await listen(server, options);
  } catch (error) {
    sync.stop();
    api.close();
    throw error;
  }
  sync.start();
  const url = `http://${urlHost(host)}:${port}`;
  return { url, hasWeb: web.isBuilt, newAddress: () => `${url}/open?code=${sessions.newCode()}`, close };
}

/** Cookie and page in two steps: the address with the code does not stay in the bar or the history. */
function signIn(cookie: string | undefined): Response {
  if (cookie === undefined)
    return page(
      '<h1>This address was used already, or is too old</h1><p>Start <code>openspace dashboard</code> again for a new one.</p>',
      403,
    );
  return new Response(null, {
    ...{ status: 303, headers: { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' } },
  });
}

/** Browsers call every address of this machine by one name. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

async function listen(server: ServerType, options: DashboardOptions): Promise<number> {
  const { host, port, orAnyPort } = options;
  try {
    return await listenOn(server, port, host);
  } catch (error) {
    const isTaken = errnoOf(error) === 'EADDRINUSE';
    if (isTaken && orAnyPort) return listenOn(server, 0, host);
    const why = isTaken ? 'is in use' : `can't be listened on: ${toMessage(error)}`;
    throw new OpenSpaceError('config', `${host}:${port} ${why}.`, {
      ...{ hint: 'Choose another --port or --host.', cause: error },
    });
  }
}

function listenOn(server: ServerType, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(portOf(server.address()) ?? port);
    });
  });
}

const portOf = (address: string | AddressInfo | null) =>
  typeof address === 'object' && address !== null ? address.port : undefined;
