// What the MCP client tests share: a throw-away home, servers by mode, a tool context.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { Tool, ToolContext, ToolResult } from '../../src/agent/index.ts';
import { plainSpawner } from '../../src/lib/index.ts';
import { type McpServers, type McpServersOptions, openMcpServers } from '../../src/tools/index.ts';

const require = createRequire(import.meta.url);
const script = fileURLToPath(new URL('./misbehaving-server.ts', import.meta.url));
const opened: McpServers[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const servers of opened.splice(0)) await servers.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-mcp-'));
  folders.push(folder);
  return folder;
}

/** The settings entry of a misbehaving server. */
export const misbehaving = (mode: string, scratch?: string) => ({
  command: process.execPath,
  args: [script, mode, ...(scratch === undefined ? [] : [scratch])],
});

export function openServers(
  mcpServers: Record<string, unknown>,
  more: Partial<McpServersOptions> = {},
): McpServers {
  const folder = more.home ?? temporaryFolder();
  const servers = openMcpServers({
    config: { mcpServers },
    env: { PATH: process.env.PATH },
    spawner: plainSpawner,
    cwd: folder,
    home: folder,
    ...more,
    limits: { startTimeoutMs: 8_000, callTimeoutMs: 8_000, pingTimeoutMs: 500, ...more.limits },
  });
  opened.push(servers);
  return servers;
}

export const never = new AbortController().signal;

export function contextFor(workspace: string, more: Partial<ToolContext> = {}): ToolContext {
  return {
    signal: never,
    workspace,
    progress: () => undefined,
    ask: () => Promise.resolve(false),
    spawner: plainSpawner,
    ...more,
  };
}

export function toolNamed(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name} among ${tools.map((t) => t.name).join(', ')}`);
  return tool;
}

export const textOf = (result: ToolResult) =>
  result.parts.map((part) => (part.type === 'text' ? part.text : `<${part.mediaType}>`)).join('\n');

/** Process ids that a server wrote into its scratch file. */
export const startedPids = (scratch: string) =>
  readFileSync(scratch, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('start '))
    .map((line) => Number(line.slice(6)));

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The program of a reference server, from its package.json. */
export function programOf(name: string): string {
  const manifest = require.resolve(`@modelcontextprotocol/server-${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | Record<string, string> };
  return join(dirname(manifest), typeof bin === 'string' ? bin : (Object.values(bin)[0] ?? ''));
}
