// Names under which models see MCP tools: valid for every provider, and the same whatever else is configured.
import { sha256 } from '../../lib/index.ts';

const LONGEST = 64;
const HASH_LENGTH = 8;

/**
 * `server__tool`, as `^[a-zA-Z0-9_-]{1,64}$`.
 * A pure function of both names, so adding a server renames nothing. Where characters had to be replaced or cut,
 * or where the border of the two names is unclear, a hash of the true names keeps different tools apart.
 */
export function mcpToolName(server: string, tool: string): string {
  const plain = `${server}__${tool}`;
  const clear = !server.includes('__') && !server.endsWith('_') && !tool.startsWith('_');
  const reserved = new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`).test(plain);
  if (clear && !reserved && /^[a-zA-Z0-9_-]{1,64}$/.test(plain)) return plain;
  const safe = plain.replace(/[^a-zA-Z0-9_-]+/g, '_');
  const hash = sha256(`${server}\0${tool}`).slice(0, HASH_LENGTH);
  return `${safe.slice(0, LONGEST - HASH_LENGTH - 1)}_${hash}`;
}
