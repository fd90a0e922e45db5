// Puts the MCP server together: settings, tasks, and the transport that was chosen.
import { type Config, secretsOf } from '../../config/index.ts';
import { createRedactor, realWorld } from '../../lib/index.ts';
import type { ToolWorld } from './call-tool.ts';
import { mayUseHub } from './hub-hint.ts';
import { openTaskDesk, startTaskProcess } from './task-desk.ts';

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
}

/** Tasks that may wait, of all clients together and of one. */
const WAITING = 100;
const WAITING_PER_CLIENT = 50;

/** Serves until the client is gone or the signal aborts. Throws `config` and `usage`. */
export async function serveMcp(options: ServeMcpOptions): Promise<void> {
  const { loadConfig, signal, tell, version } = options;
  const config = loadConfig();
  const redactor = createRedactor(secretsOf(config));
  const desk = openTaskDesk({
    home: config.home,
    world: realWorld,
    limits: {
      parallel: config.get('mcp.parallel_tasks') ?? 4,
      waiting: WAITING,
      waitingPerClient: WAITING_PER_CLIENT,
    },
    start: startTaskProcess({ home: config.home, cwd: config.cwd, env: config.env }),
  });
  const world: ToolWorld = {
    config: loadConfig,
    desk,
    redact: (text) => redactor.text(text),
    configFile: options.configFile,
    model: options.model,
  };
  const server = { world, version, hub: () => mayUseHub(config) };
  const whenLeft = config.get('mcp.when_client_leaves') === 'cancel' ? 'cancel' : 'leave';
  try {
    if (options.transport === 'stdio') {
      const { serveOverStdio } = await import('./stdio.ts');
      await serveOverStdio({ server, signal, warn: (text) => tell(`mcp: ${redactor.text(text)}\n`) });
    } else {
      const { serveOverHttp } = await import('./http.ts');
      await serveOverHttp({
        server,
        signal,
        tell,
        home: config.home,
        host: options.host ?? config.get('mcp.host') ?? '127.0.0.1',
        port: options.port ?? config.get('mcp.port') ?? 8080,
        useToken: options.token !== false,
        onClientGone: (client) => {
          if (whenLeft === 'cancel') desk.cancelClient(client);
        },
      });
    }
  } finally {
    desk.close(whenLeft);
  }
}
