// The host agents we can connect to: where each keeps its settings and skills, and how it writes an MCP entry.
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { isPresent, readTextIfPresent } from '../../lib/index.ts';
import { type Change, valueAt } from './settings-format.ts';

/** The program that a host starts. */
export interface ServerEntry {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that the host gives to it. May hold keys. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where things are on this machine. */
export interface ConnectPlaces {
  /** Cleaned environment. */
  readonly variable: (name: string) => string | undefined;
  readonly userHome: string;
  readonly platform: NodeJS.Platform;
}

/** A change in one of the host's files. */
export interface FileChange {
  readonly file: string;
  readonly format: 'json' | 'toml' | 'yaml';
  readonly change: Change;
}

/** How a host starts servers: with all of its own variables, all but those that look secret, or hardly any. */
export type PassedEnvironment = 'all' | 'without-secrets' | 'few';

export interface HostAdapter {
  readonly id: string;
  readonly title: string;
  readonly aliases: readonly string[];
  /** Names of its program. */
  readonly programs: readonly string[];
  readonly environment: PassedEnvironment;
  /** Its own folder; if it is there, the host is in use here. */
  folder(places: ConnectPlaces): string;
  skillFolder(places: ConnectPlaces): string;
  /** The change that registers the server. */
  entry(places: ConnectPlaces, server: ServerEntry, options: { readonly approve: boolean }): FileChange;
  /** Changes in other files that let the host call without asking. */
  approvals?(places: ConnectPlaces): readonly FileChange[];
}

/** The server's name in every host's settings. */
export const SERVER_NAME = 'openspace';

/** Calls answer within a minute by themselves; this leaves room for a higher `wait_seconds`. */
const CALL_SECONDS = 600;
const START_SECONDS = 30;

const home = (name: string, variable?: string) => (places: ConnectPlaces) =>
  (variable === undefined ? undefined : places.variable(variable)) ?? join(places.userHome, name);

const json = (file: string, path: readonly string[], value: unknown): FileChange => ({
  file,
  format: 'json',
  change: { kind: 'entry', path: [...path, SERVER_NAME], value },
});

/** The common form; an empty `env` is left out. */
const plain = ({ command, args, env }: ServerEntry) => ({
  command,
  args: [...args],
  ...(Object.keys(env).length === 0 ? {} : { env: { ...env } }),
});

const claudeFolder = home('.claude', 'CLAUDE_CONFIG_DIR');
const codexFolder = home('.codex', 'CODEX_HOME');
const hermesFolder = home('.hermes', 'HERMES_HOME');
const nanobotFolder = home('.nanobot', 'NANOBOT_STATE_DIR');
const cursorFolder = home('.cursor');

function geminiFolder(places: ConnectPlaces): string {
  return join(places.variable('GEMINI_CLI_HOME') ?? places.userHome, '.gemini');
}

function configFolder(places: ConnectPlaces): string {
  return places.variable('XDG_CONFIG_HOME') ?? join(places.userHome, '.config');
}

function opencodeFile(places: ConnectPlaces): string {
  const folder = join(configFolder(places), 'opencode');
  const commented = join(folder, 'opencode.jsonc');
  return isPresent(commented) ? commented : join(folder, 'opencode.json');
}

/** nanobot takes both spellings, but of a file with both only one counts. */
function nanobotServers(file: string): string {
  const settings: unknown = parse((readTextIfPresent(file) ?? '{}').replace(/^\uFEFF/, ''));
  const isSnake = valueAt(settings, ['tools', 'mcp_servers']) !== undefined;
  return isSnake && valueAt(settings, ['tools', 'mcpServers']) === undefined ? 'mcp_servers' : 'mcpServers';
}

function openclawFolder(places: ConnectPlaces): string {
  return places.variable('OPENCLAW_STATE_DIR') ?? join(places.userHome, '.openclaw');
}

function vscodeFolder(places: ConnectPlaces): string {
  const base =
    places.platform === 'darwin'
      ? join(places.userHome, 'Library', 'Application Support')
      : places.platform === 'win32'
        ? (places.variable('APPDATA') ?? join(places.userHome, 'AppData', 'Roaming'))
        : configFolder(places);
  return join(base, 'Code', 'User');
}

/** In the order in which they are listed. */
export const HOSTS: readonly HostAdapter[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    aliases: ['claude'],
    programs: ['claude'],
    environment: 'all',
    folder: claudeFolder,
    skillFolder: (places) => join(claudeFolder(places), 'skills'),
    entry: (places, server) => {
      const folder = places.variable('CLAUDE_CONFIG_DIR') ?? places.userHome;
      const value = { type: 'stdio', ...plain(server), timeout: CALL_SECONDS * 1000 };
      return json(join(folder, '.claude.json'), ['mcpServers'], value);
    },
    approvals: (places) => [
      {
        file: join(claudeFolder(places), 'settings.json'),
        format: 'json',
        change: { kind: 'element', path: ['permissions', 'allow'], value: `mcp__${SERVER_NAME}` },
      },
    ],
  },
  {
    id: 'codex',
    title: 'Codex',
    aliases: [],
    programs: ['codex'],
    environment: 'few',
    folder: codexFolder,
    skillFolder: (places) => join(codexFolder(places), 'skills'),
    entry: (places, server, { approve }) => ({
      file: join(codexFolder(places), 'config.toml'),
      format: 'toml',
      change: {
        kind: 'entry',
        path: ['mcp_servers', SERVER_NAME],
        value: {
          ...plain(server),
          startup_timeout_sec: START_SECONDS,
          tool_timeout_sec: CALL_SECONDS,
          ...(approve ? { default_tools_approval_mode: 'approve' } : {}),
        },
      },
    }),
  },
  {
    id: 'openclaw',
    title: 'OpenClaw',
    aliases: [],
    programs: ['openclaw'],
    environment: 'few',
    folder: openclawFolder,
    skillFolder: (places) => join(openclawFolder(places), 'skills'),
    entry: (places, server) =>
      json(
        places.variable('OPENCLAW_CONFIG_PATH') ?? join(openclawFolder(places), 'openclaw.json'),
        ['mcp', 'servers'],
        { ...plain(server), requestTimeoutMs: CALL_SECONDS * 1000 },
      ),
  },
  {
    id: 'nanobot',
    title: 'nanobot',
    aliases: [],
    programs: ['nanobot'],
    environment: 'few',
    folder: nanobotFolder,
    skillFolder: (places) =>
      join(places.variable('NANOBOT_WORKSPACE') ?? join(nanobotFolder(places), 'workspace'), 'skills'),
    entry: (places, server) => {
      const file = places.variable('NANOBOT_CONFIG_PATH') ?? join(nanobotFolder(places), 'config.json');
      return json(file, ['tools', nanobotServers(file)], { ...plain(server), toolTimeout: CALL_SECONDS });
    },
  },
  {
    id: 'hermes',
    title: 'Hermes',
    aliases: ['hermes-agent'],
    programs: ['hermes'],
    environment: 'few',
    folder: hermesFolder,
    skillFolder: (places) => join(hermesFolder(places), 'skills'),
    entry: (places, server) => ({
      file: join(hermesFolder(places), 'config.yaml'),
      format: 'yaml',
      change: {
        kind: 'entry',
        path: ['mcp_servers', SERVER_NAME],
        value: { ...plain(server), timeout: CALL_SECONDS, connect_timeout: START_SECONDS },
      },
    }),
  },
  {
    id: 'opencode',
    title: 'opencode',
    aliases: [],
    programs: ['opencode'],
    environment: 'all',
    folder: (places) => join(configFolder(places), 'opencode'),
    skillFolder: (places) => join(configFolder(places), 'opencode', 'skills'),
    entry: (places, { command, args, env }) =>
      json(opencodeFile(places), ['mcp'], {
        type: 'local',
        command: [command, ...args],
        ...(Object.keys(env).length === 0 ? {} : { environment: { ...env } }),
        enabled: true,
        timeout: CALL_SECONDS * 1000,
      }),
  },
  {
    id: 'cursor',
    title: 'Cursor',
    aliases: [],
    programs: ['cursor', 'cursor-agent'],
    environment: 'few',
    folder: cursorFolder,
    skillFolder: (places) => join(cursorFolder(places), 'skills'),
    entry: (places, server) => json(join(cursorFolder(places), 'mcp.json'), ['mcpServers'], plain(server)),
  },
  {
    id: 'gemini-cli',
    title: 'Gemini CLI',
    aliases: ['gemini'],
    programs: ['gemini'],
    environment: 'without-secrets',
    folder: geminiFolder,
    skillFolder: (places) => join(geminiFolder(places), 'skills'),
    entry: (places, server, { approve }) =>
      json(join(geminiFolder(places), 'settings.json'), ['mcpServers'], {
        ...plain(server),
        timeout: CALL_SECONDS * 1000,
        ...(approve ? { trust: true } : {}),
      }),
  },
  {
    id: 'vscode',
    title: 'VS Code',
    aliases: ['vs-code', 'code', 'copilot'],
    programs: ['code'],
    environment: 'few',
    folder: vscodeFolder,
    skillFolder: (places) => join(places.userHome, '.copilot', 'skills'),
    entry: (places, server) =>
      json(join(vscodeFolder(places), 'mcp.json'), ['servers'], { type: 'stdio', ...plain(server) }),
  },
];

/** The host that is meant, by its id, title or another name of it. */
export function findHost(name: string): HostAdapter | undefined {
  const wanted = name.toLowerCase().replaceAll(/[\s_]+/g, '-');
  return HOSTS.find(
    ({ id, title, aliases }) =>
      id === wanted || aliases.includes(wanted) || title.toLowerCase().replaceAll(' ', '-') === wanted,
  );
}
