// The tools of each server as last seen, in one JSON file, so that they can be offered without starting a server.
import { z } from 'zod';
import { parseJson, readTextIfPresent, sha256, writeFileAtomic } from '../../lib/index.ts';
import type { McpServerConfig } from './config.ts';
import { type ListedTool, listedToolSchema } from './listing.ts';

const fileSchema = z.object({
  version: z.literal(1),
  servers: z.record(
    z.string(),
    z.object({ config_hash: z.string(), fetched_at: z.string(), tools: z.array(listedToolSchema) }),
  ),
});
type CacheFile = z.infer<typeof fileSchema>;

export interface ToolCache {
  /** The server's tools, if they were listed under the same settings. */
  find(server: McpServerConfig): readonly ListedTool[] | undefined;
  save(server: McpServerConfig, tools: readonly ListedTool[], at: Date): void;
  remove(server: McpServerConfig): void;
}

/** A cache that is only a cache: an unreadable file counts as empty and is written anew. */
export function openToolCache(path: string): ToolCache {
  const read = (): CacheFile => {
    const parsed = fileSchema.safeParse(parseJson(readTextIfPresent(path) ?? ''));
    return parsed.success ? parsed.data : { version: 1, servers: {} };
  };
  // Read again just before writing: another process may have saved other servers meanwhile.
  const change = (edit: (servers: CacheFile['servers']) => void) => {
    const file = read();
    edit(file.servers);
    writeFileAtomic(path, `${JSON.stringify(file, null, 1)}\n`);
  };
  return {
    find: (server) => {
      const entry = read().servers[server.name];
      return entry?.config_hash === configHash(server) ? entry.tools : undefined;
    },
    save: (server, tools, at) =>
      change((servers) => {
        servers[server.name] = {
          config_hash: configHash(server),
          fetched_at: at.toISOString(),
          tools: [...tools],
        };
      }),
    remove: (server) =>
      change((servers) => {
        delete servers[server.name];
      }),
  };
}

/** Changes when the server may have become another one. Values of variables and headers are left out: they are secret. */
function configHash(server: McpServerConfig): string {
  const { transport } = server;
  const identity =
    transport.kind === 'stdio'
      ? [transport.command, transport.args, transport.cwd ?? null, Object.keys(transport.env).sort()]
      : [transport.url, Object.keys(transport.headers).sort()];
  return sha256(JSON.stringify(identity)).slice(0, 16);
}
