// Puts the MCP server together: settings, tasks, and the transport that was chosen.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type Config, secretsOf } from '../../config/index.ts';
import { openCallCounter } from '../../engine/callers/index.ts';
import { createRedactor, isPresent, realWorld } from '../../lib/index.ts';
import type { ToolWorld } from './call-tool.ts';
import type { HttpOptions } from './http.ts';
import { mayUseHub } from './hub-hint.ts';
import { openTaskDesk, startTaskProcess, type TaskDesk } from './task-desk.ts';

export type TransportName = 'stdio' | 'sse' | 'streamable-http';

export interface ServeMcpOptions {
  /** Settings as they are now; asked again for each call. Throws `config`. */
  readonly loadConfig: () => Config;
  readonly transport: TransportName;
  /** For HTTP. Default: the settings `mcp.host` and `mcp.port`. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** False: HTTP without a token, which only a loopback address may have. */
  readonly token?: boolean | undefined;
  readonly configFile?: string | undefined;
  readonly model?: string | undefined;
  readonly version: string;
  readonly signal: AbortSignal;
  /** For people, on stderr. */
  readonly tell: (text: string) => void;
  /** This is the daemon of the data home, over HTTP: others attach to it, and it looks after learning. Throws `busy` if one runs. */
  readonly daemon?: boolean;
}

/** Tasks that may wait, of all clients together and of one. */
const WAITING = 100;
const WAITING_PER_CLIENT = 50;

/** Serves until the client is gone or the signal aborts. Throws `config`, `usage` and `busy`. */
export async function serveMcp(options: ServeMcpOptions): Promise<void> {
  const config = options.loadConfig();
  if (options.transport === 'stdio' && (await attach(config, options))) return;
  // Each host keeps a server of its own for days: without it the heap grows by a third for garbage alone.
  setFlagsFromString('--optimize-for-size');
  const redactor = createRedactor(secretsOf(config));
  const desk = openDesk(config);
  const counter = openCallCounter(config.home);
  const world: ToolWorld = {
    config: options.loadConfig,
    desk,
    counter,
    redact: (text) => redactor.text(text),
    configFile: options.configFile,
    model: options.model,
  };
  const server = { world, version: options.version, hub: () => mayUseHub(config) };
  const whenLeft = config.get('mcp.when_client_leaves') === 'cancel' ? 'cancel' : 'leave';
  try {
    if (options.transport === 'stdio') {
      const { serveOverStdio } = await import('./stdio.ts');
      const warn = (text: string) => options.tell(`mcp: ${redactor.text(text)}\n`);
      await serveOverStdio({ server, signal: options.signal, warn });
      return;
    }
    const http = httpOptions(config, server, options);
    const onClientGone = (client: string) => {
      if (whenLeft === 'cancel') desk.cancelClient(client);
    };
    const { serveOverHttp } = await import('./http.ts');
    if (options.daemon === true) {
      const { runAsDaemon } = await import('./run-daemon.ts');
      await runAsDaemon(config, options, (onListening) =>
        serveOverHttp({ ...http, onClientGone, onListening }),
      );
    } else await serveOverHttp({ ...http, onClientGone });
  } finally {
    desk.close(whenLeft);
    counter.close();
  }
}

const openDesk = (config: Config): TaskDesk =>
  openTaskDesk({
    home: config.home,
    world: realWorld,
    limits: {
      parallel: config.get('mcp.parallel_tasks') ?? 4,
      waiting: WAITING,
      waitingPerClient: WAITING_PER_CLIENT,
    },
    start: startTaskProcess({ home: config.home, cwd: config.cwd, env: config.env }),
  });

function httpOptions(
  config: Config,
  server: HttpOptions['server'],
  { host, port, token, signal, tell }: ServeMcpOptions,
): Omit<HttpOptions, 'onClientGone'> {
  return {
    ...{ server, signal, tell, home: config.home, useToken: token !== false },
    host: host ?? config.get('mcp.host') ?? '127.0.0.1',
    port: port ?? config.get('mcp.port') ?? 8080,
  };
}

/** Passes everything on to the daemon of this data home, if one runs with the same settings. False: none does. */
async function attach(config: Config, { signal, tell }: ServeMcpOptions): Promise<boolean> {
  if (!isPresent(join(config.home, 'mcp', 'daemon.json'))) return false; // the usual case, without loading more
  const { findDaemon, findDaemonFor } = await import('./daemon.ts');
  const daemon = findDaemonFor(config);
  if (daemon === undefined) {
    if (findDaemon(config.home) !== undefined)
      tell('mcp: the daemon has other settings than this host gives; this server works by itself.\n');
    return false;
  }
  const [{ attachToDaemon }, { ensureToken }] = await Promise.all([
    import('./attach.ts'),
    import('./token.ts'),
  ]);
  const warn = (text: string) => tell(`mcp: ${text}\n`);
  await attachToDaemon({ url: daemon.url, token: ensureToken(config.home), signal, warn });
  return true;
}
