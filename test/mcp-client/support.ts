// What the MCP client tests share: a throw-away home, servers by mode, a tool context.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, onTestFinished } from 'vitest';
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
    limits: { startTimeoutMs: 25_000, callTimeoutMs: 25_000, pingTimeoutMs: 500, ...more.limits },
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

/** The settings entry of a reference server. */
export const viaStdio = (name: string, args: readonly string[] = [], env: Record<string, string> = {}) => ({
  command: process.execPath,
  args: [programOf(name), ...args],
  env,
});

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts the everything server over HTTP and waits until it listens. */
export async function startEverything(transport: 'streamableHttp' | 'sse'): Promise<number> {
  const port = await freePort();
  const running = plainSpawner.start({
    command: process.execPath,
    args: [programOf('everything'), transport],
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', PORT: String(port) },
  });
  onTestFinished(() => running.kill(200));
  running.stdout.resume();
  running.stderr.resume();
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/none`).then(
      () => true,
      () => false,
    );
    if (answered) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the everything server did not start');
}
