// MCP server settings: the shape that the original and the hosts use, checked, with `${VAR}` filled in.
import { z } from 'zod';
import { OpenSpaceError } from '../../lib/index.ts';

/** How a server is reached. `auto` tries streamable HTTP first and falls back to SSE. */
export type McpTransportConfig =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** Only what the settings give; the base environment is added when the program is started. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    }
  | {
      readonly kind: 'http' | 'sse' | 'auto';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
    };

export interface McpServerConfig {
  readonly name: string;
  readonly transport: McpTransportConfig;
  /** Names of tools that are offered; undefined means all. */
  readonly allowedTools: readonly string[] | undefined;
  readonly deniedTools: readonly string[];
  /** The user vouches for this server: its `readOnlyHint` is believed. */
  readonly trusted: boolean;
  /** Silence after which a call is given up; every progress message starts it anew. */
  readonly callTimeoutMs: number | undefined;
  /** For start, handshake and listing, each. */
  readonly startTimeoutMs: number | undefined;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
}

/** Why a server in the settings can't be used. The others are not affected. */
export interface McpConfigProblem {
  readonly server: string;
  readonly error: OpenSpaceError;
}

const text = z.string().max(32_768);
const entrySchema = z.object({
  type: text.optional(),
  transport: text.optional(),
  command: text.optional(),
  args: z.array(text).optional(),
  env: z.record(text, z.union([text, z.number(), z.boolean()]).transform(String)).optional(),
  cwd: text.optional(),
  url: text.optional(),
  httpUrl: text.optional(),
  headers: z.record(text, text).optional(),
  auth_token: text.optional(),
  disabled: z.boolean().optional(),
  enabled: z.boolean().optional(),
  trust: z.boolean().optional(),
  timeout: z.number().positive().optional(),
  tool_timeout_sec: z.number().positive().optional(),
  startup_timeout_sec: z.number().positive().optional(),
  tools: z.array(text).optional(),
  includeTools: z.array(text).optional(),
  excludeTools: z.array(text).optional(),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * Reads `{ mcpServers | servers: { name: entry } }` or the inner object itself.
 * `${VAR}` and `${VAR:-default}` are taken from `env` only. A bad entry becomes a problem and spoils no other.
 */
export function parseMcpServers(
  input: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { readonly servers: readonly McpServerConfig[]; readonly problems: readonly McpConfigProblem[] } {
  const outer = z.record(z.string(), z.unknown()).safeParse(input);
  if (!outer.success) {
    throw new OpenSpaceError('config', 'the MCP settings are no JSON object', {
      hint: 'Expected {"mcpServers": {"name": {"command": "…", "args": []}}}.',
    });
  }
  const inner = outer.data.mcpServers ?? outer.data.servers ?? outer.data;
  const entries = z.record(z.string(), z.unknown()).safeParse(inner);
  if (!entries.success) throw new OpenSpaceError('config', '"mcpServers" is no JSON object');
  const servers: McpServerConfig[] = [];
  const problems: McpConfigProblem[] = [];
  for (const [name, value] of Object.entries(entries.data)) {
    try {
      const server = parseEntry(name, value, env);
      if (server !== undefined) servers.push(server);
    } catch (error) {
      if (!(error instanceof OpenSpaceError)) throw error;
      problems.push({ server: name, error });
    }
  }
  return { servers, problems };
}

function parseEntry(
  name: string,
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
): McpServerConfig | undefined {
  const bad = (what: string, hint?: string) =>
    new OpenSpaceError('config', `MCP server "${name}": ${what}`, { hint });
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  const entry = parsed.data;
  if (entry.disabled === true || entry.enabled === false) return undefined;
  if (name.trim() === '' || name.length > 200) throw bad('the name must have 1 to 200 characters');

  const secrets: string[] = [];
  const fill = (input: string): string => {
    const filled = expandVariables(input, env);
    if (filled.missing.length > 0) {
      throw bad(
        `${filled.missing.join(', ')} is not set`,
        `Set the variable, or write the value (or \${NAME:-default}) into the entry of "${name}".`,
      );
    }
    secrets.push(...filled.used);
    return filled.text;
  };
  return {
    name,
    transport: parseTransport(entry, fill, secrets, bad),
    allowedTools: entry.tools ?? entry.includeTools,
    deniedTools: entry.excludeTools ?? [],
    trusted: entry.trust === true,
    callTimeoutMs: inMilliseconds(entry.tool_timeout_sec, 'seconds') ?? inMilliseconds(entry.timeout),
    startTimeoutMs: inMilliseconds(entry.startup_timeout_sec, 'seconds'),
    secrets,
  };
}

/** Hosts disagree on the unit; nobody means a limit under one second, or one of many hours. */
function inMilliseconds(timeout: number | undefined, unit?: 'seconds'): number | undefined {
  if (timeout === undefined) return undefined;
  return unit === 'seconds' || timeout < 1_000 ? timeout * 1_000 : timeout;
}

function parseTransport(
  entry: Entry,
  fill: (input: string) => string,
  secrets: string[],
  bad: (what: string, hint?: string) => OpenSpaceError,
): McpTransportConfig {
  const fillAll = (record: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fill(value)]));
  const url = entry.url ?? entry.httpUrl;
  if (entry.command !== undefined && url !== undefined) throw bad('has both "command" and "url"');
  if (entry.command !== undefined) {
    if (entry.command.trim() === '') throw bad('"command" is empty');
    const env = fillAll(entry.env);
    secrets.push(...Object.values(env).filter((value) => value.length >= 16));
    return {
      kind: 'stdio',
      command: fill(entry.command),
      args: (entry.args ?? []).map(fill),
      env,
      cwd: entry.cwd === undefined ? undefined : fill(entry.cwd),
    };
  }
  if (url === undefined) throw bad('has neither "command" nor "url"');
  const address = fill(url);
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw bad(`"${address}" is no http(s) address`);
  }
  const headers = fillAll(entry.headers);
  if (entry.auth_token !== undefined && entry.auth_token !== '') {
    headers.Authorization = `Bearer ${fill(entry.auth_token)}`;
  }
  secrets.push(...Object.values(headers).map((value) => value.replace(/^\w+\s+/, '')));
  return { kind: transportKind(entry, address), url: address, headers };
}

function transportKind(entry: Entry, url: string): 'http' | 'sse' | 'auto' {
  const said = (entry.type ?? entry.transport ?? '').toLowerCase().replace(/[^a-z]/g, '');
  if (said === 'sse') return 'sse';
  if (said === 'http' || said === 'streamablehttp' || entry.httpUrl !== undefined) return 'http';
  return new URL(url).pathname.endsWith('/sse') ? 'sse' : 'auto';
}

/** Fills `${NAME}` and `${NAME:-default}`. An empty variable counts as missing. */
export function expandVariables(
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly missing: readonly string[]; readonly used: readonly string[] } {
  const missing: string[] = [];
  const used: string[] = [];
  const filled = input.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (whole, name: string, fallback: string | undefined) => {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (value !== undefined && value !== '') {
        used.push(value);
        return value;
      }
      if (fallback !== undefined) return fallback;
      missing.push(name);
      return whole;
    },
  );
  return { text: filled, missing, used };
}
