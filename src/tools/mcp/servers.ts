// All configured MCP servers as tools: offered from the cache, started on first use, isolated from each other.
import { join } from 'node:path';
import { z } from 'zod';
import type { Tool, ToolContext, ToolResult } from '../../agent/index.ts';
import {
  type Logger,
  OpenSpaceError,
  type Redactor,
  realWorld,
  type Spawner,
  silentLogger,
  toMessage,
  type World,
} from '../../lib/index.ts';
import { defineTool, failure } from '../tool.ts';
import { openToolCache, type ToolCache } from './cache.ts';
import { type McpConfigProblem, type McpServerConfig, parseMcpServers } from './config.ts';
import type { Connection, ConnectionLimits } from './connection.ts';
import type { ListedTool } from './listing.ts';
import { mcpToolName } from './names.ts';

export interface McpServersOptions {
  /** `{ mcpServers: { name: entry } }` as in the original's `config_mcp.json` and the hosts' files. */
  readonly config: unknown;
  /** The only source of `${VAR}` and of the few variables that servers inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Starts the stdio servers. */
  readonly spawner: Spawner;
  /** Folder in which stdio servers start, unless their entry names one. */
  readonly cwd: string;
  /** OpenSpace's data home: the tool cache is kept in `cache/`, sign-ins in `credentials/`. */
  readonly home: string;
  readonly limits?: Partial<ConnectionLimits>;
  readonly clientVersion?: string;
  readonly world?: World;
  readonly logger?: Logger;
  /** Learns the secrets of the settings, and cleans what servers say about their failures. */
  readonly redactor?: Redactor;
}

export interface McpServerStatus {
  readonly name: string;
  readonly transport: 'stdio' | 'http' | 'sse' | 'auto';
  /** `cached`: its tools are offered but it was not started yet. */
  readonly state: 'unknown' | 'cached' | 'running' | 'stopped' | 'failed' | 'needs-sign-in' | 'misconfigured';
  readonly tools: number;
  readonly starts: number;
  readonly error?: string;
  readonly hint?: string;
}

/** Contract: no server can make these reject, hang or hold up another server; what is wrong is in `status`. */
export interface McpServers {
  /** The tools of all servers. Starts only those that are not in the cache; one that fails has none. */
  tools(signal: AbortSignal): Promise<readonly Tool[]>;
  /** Reads what servers only link to in their results. For the toolset, beside the servers' own tools. */
  resourceTool(): Tool;
  /** Starts every server (or the named ones), lists its tools anew and updates the cache. */
  refresh(signal: AbortSignal, names?: readonly string[]): Promise<readonly McpServerStatus[]>;
  status(): readonly McpServerStatus[];
  /** Signs in to a remote server with OAuth. `open` shows the address to the user. Rejects with `OpenSpaceError`. */
  login(
    name: string,
    options: { open: (address: URL) => void; signal: AbortSignal; timeoutMs?: number },
  ): Promise<void>;
  logout(name: string): Promise<void>;
  /** Ends all connections and programs. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: ConnectionLimits = {
  startTimeoutMs: 60_000,
  callTimeoutMs: 60_000,
  callTotalMs: 30 * 60_000,
  pingTimeoutMs: 3_000,
  maxMessageBytes: 16 * 1024 * 1024,
};

/** What a program needs to find itself and the network; nothing that is a secret. */
const INHERITED = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'TEMP', 'TMP',
  'SYSTEMROOT', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy',
]; // biome-ignore format: a list

export function openMcpServers(options: McpServersOptions): McpServers {
  const { servers, problems } = parseMcpServers(options.config, options.env);
  for (const secret of servers.flatMap((server) => server.secrets)) options.redactor?.add(secret);
  const cache = openToolCache(join(options.home, 'cache', 'mcp-tools.json'));
  const entries = servers.map((server) => new Server(server, options, cache));
  const find = (name: string) => {
    const entry = entries.find((candidate) => candidate.config.name === name);
    if (entry !== undefined) return entry;
    throw new OpenSpaceError('not-found', `there is no MCP server "${name}"`, {
      hint: `Configured: ${entries.map((candidate) => candidate.config.name).join(', ') || 'none'}.`,
    });
  };
  return {
    tools: async (signal) => {
      const lists = await Promise.all(entries.map((entry) => entry.tools(signal)));
      return lists.flat();
    },
    resourceTool: () => resourceTool(find),
    refresh: async (signal, names) => {
      const wanted = names === undefined ? entries : names.map(find);
      await Promise.all(wanted.map((entry) => entry.refresh(signal)));
      return wanted.map((entry) => entry.status());
    },
    status: () => [...entries.map((entry) => entry.status()), ...problems.map(problemStatus)],
    login: (name, how) => find(name).login(how),
    logout: (name) => find(name).logout(),
    close: async () => {
      await Promise.all(entries.map((entry) => entry.close()));
    },
  };
}

const problemStatus = ({ server, error }: McpConfigProblem): McpServerStatus => ({
  name: server,
  transport: 'auto',
  state: 'misconfigured',
  tools: 0,
  starts: 0,
  error: error.message,
  ...(error.hint === undefined ? {} : { hint: error.hint }),
});

const resourceParameters = z.strictObject({
  server: z.string().min(1).describe('Name of the MCP server.'),
  uri: z.string().min(1).max(8_192).describe('Address of the resource, as a result of that server names it.'),
});

function resourceTool(find: (name: string) => Server): Tool {
  return defineTool({
    name: 'mcp_read_resource',
    description: 'Reads a resource that an MCP server named in a result: "[resource <uri>]".',
    source: 'mcp',
    readOnly: true,
    parameters: resourceParameters,
    run: async ({ server, uri }, context) => find(server).readResource(uri, context),
  });
}

/** One server with its cached tools and its connection, which is made on first use. */
class Server {
  readonly config: McpServerConfig;
  readonly #options: McpServersOptions;
  readonly #cache: ToolCache;
  readonly #world: World;
  readonly #logger: Logger;
  #connection: Promise<Connection> | undefined;
  #live: Connection | undefined;
  #listed: readonly ListedTool[] | undefined;
  #stale = false;
  #error: OpenSpaceError | undefined;

  constructor(config: McpServerConfig, options: McpServersOptions, cache: ToolCache) {
    this.config = config;
    this.#options = options;
    this.#cache = cache;
    this.#world = options.world ?? realWorld;
    this.#logger = options.logger ?? silentLogger;
    this.#listed = cache.find(config);
  }

  async tools(signal: AbortSignal): Promise<readonly Tool[]> {
    if (this.#listed === undefined || this.#stale) await this.refresh(signal);
    return this.#offered().map((listed) => this.#toTool(listed));
  }

  #offered(): readonly ListedTool[] {
    const { allowedTools, deniedTools } = this.config;
    return (this.#listed ?? []).filter(
      ({ name }) => (allowedTools?.includes(name) ?? true) && !deniedTools.includes(name),
    );
  }

  async refresh(signal: AbortSignal): Promise<void> {
    try {
      const connection = await this.#connect();
      this.#stale = false;
      const { tools, complaints } = await connection.list(signal);
      this.#listed = tools;
      this.#error = undefined;
      for (const complaint of complaints)
        this.#logger.warn(`MCP server ${this.config.name} offers ${complaint}`);
      this.#save(tools);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The cache is a convenience: a full disk must not take the tools away. */
  #save(tools: readonly ListedTool[]): void {
    try {
      this.#cache.save(this.config, tools, this.#world.now());
    } catch (error) {
      this.#logger.warn(`the MCP tool cache could not be written: ${toMessage(error)}`);
    }
  }

  #fail(error: unknown): OpenSpaceError {
    const clean = (text: string) => this.#options.redactor?.text(text) ?? text;
    const told =
      error instanceof OpenSpaceError
        ? new OpenSpaceError(error.code, clean(error.message), { hint: error.hint, cause: error })
        : new OpenSpaceError('internal', clean(`MCP server "${this.config.name}": ${toMessage(error)}`), {
            cause: error,
          });
    if (told.code !== 'cancelled') this.#error = told;
    this.#logger.warn(told.message);
    return told;
  }

  #connect(): Promise<Connection> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    const { openConnection } = await import('./connection.ts');
    this.#live = openConnection({
      server: this.config,
      spawner: this.#options.spawner,
      baseEnv: inherited(this.#options.env),
      cwd: this.#options.cwd,
      limits: limitsFor(this.config, this.#options.limits),
      authProvider: await this.#authProvider(),
      clientVersion: this.#options.clientVersion ?? '0.0.0',
      onToolsChanged: () => {
        this.#stale = true;
      },
    });
    return this.#live;
  }

  /** OAuth takes over where the settings give no credential and somebody signed in before. */
  async #authProvider() {
    const { transport } = this.config;
    if (transport.kind === 'stdio') return undefined;
    if (Object.keys(transport.headers).some((name) => name.toLowerCase() === 'authorization'))
      return undefined;
    const { createOAuthProvider } = await import('./oauth.ts');
    return createOAuthProvider({ url: transport.url, store: await this.#tokenStore() });
  }

  async #tokenStore() {
    const { openTokenStore } = await import('./oauth.ts');
    return openTokenStore(join(this.#options.home, 'credentials', 'mcp-oauth.json'));
  }

  #toTool(listed: ListedTool): Tool {
    return {
      name: mcpToolName(this.config.name, listed.name),
      description: listed.description === '' ? `${listed.name} of ${this.config.name}` : listed.description,
      parameters: listed.schema,
      source: `mcp:${this.config.name}`,
      readOnly: this.config.trusted && listed.read_only,
      run: (args, context) => this.#call(listed.name, args, context),
    };
  }

  readResource(uri: string, context: ToolContext): Promise<ToolResult> {
    return this.#ask(context, (connection) => connection.readResource(uri, context));
  }

  #call(tool: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult> {
    return this.#ask(context, (connection) => connection.call(tool, args, context));
  }

  /** Every failure comes back as a result: a server can't end a run. */
  async #ask(
    context: ToolContext,
    request: (connection: Connection) => Promise<ToolResult>,
  ): Promise<ToolResult> {
    try {
      const connection = await this.#connect();
      if (!connection.isReady()) context.progress(`starting the MCP server ${this.config.name}`);
      const result = await request(connection);
      this.#error = undefined;
      return result;
    } catch (error) {
      const told = this.#fail(error);
      const advice =
        told.code === 'timeout' || told.code === 'network' ? ' It may or may not have been carried out.' : '';
      const hint = told.hint === undefined ? '' : ` ${told.hint}`;
      return failure(`${told.message}.${advice}${hint}`);
    }
  }

  status(): McpServerStatus {
    const error = this.#error;
    const running = this.#live?.isReady() === true;
    return {
      name: this.config.name,
      transport: this.config.transport.kind,
      state: running ? 'running' : this.#restingState(),
      tools: this.#offered().length,
      starts: this.#live?.starts() ?? 0,
      ...(error === undefined ? {} : { error: error.message }),
      ...(error?.hint === undefined ? {} : { hint: error.hint }),
    };
  }

  #restingState(): McpServerStatus['state'] {
    if (this.#error !== undefined) return this.#error.code === 'auth' ? 'needs-sign-in' : 'failed';
    if ((this.#live?.starts() ?? 0) > 0) return 'stopped';
    return this.#listed === undefined ? 'unknown' : 'cached';
  }

  async login(how: { open: (address: URL) => void; signal: AbortSignal; timeoutMs?: number }): Promise<void> {
    const { transport } = this.config;
    if (transport.kind === 'stdio') {
      throw new OpenSpaceError(
        'usage',
        `MCP server "${this.config.name}" is a program: there is nothing to sign in to`,
      );
    }
    const { login } = await import('./oauth.ts');
    await login({
      url: transport.url,
      store: await this.#tokenStore(),
      world: this.#world,
      open: how.open,
      signal: how.signal,
      timeoutMs: how.timeoutMs ?? 5 * 60_000,
    });
    await this.#reset();
  }

  async logout(): Promise<void> {
    const { transport } = this.config;
    if (transport.kind !== 'stdio') (await this.#tokenStore()).remove(transport.url);
    await this.#reset();
  }

  /** Who signs in or out is another user: forget the connection and its tools. */
  async #reset(): Promise<void> {
    await this.close();
    this.#connection = undefined;
    this.#live = undefined;
    this.#listed = undefined;
    this.#error = undefined;
    this.#cache.remove(this.config);
  }

  async close(): Promise<void> {
    await (await this.#connection)?.close();
  }
}

/** The settings of one server go before those of all. */
function limitsFor(config: McpServerConfig, given: McpServersOptions['limits']): ConnectionLimits {
  const all = { ...DEFAULT_LIMITS, ...given };
  return {
    ...all,
    callTimeoutMs: config.callTimeoutMs ?? all.callTimeoutMs,
    startTimeoutMs: config.startTimeoutMs ?? all.startTimeoutMs,
  };
}

function inherited(env: McpServersOptions['env']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
