// The entry that hosts start, and the test that it works: the exact program, with the few variables that hosts pass.
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataHome } from '../../../config/index.ts';
import { SERVER_NAME, type ServerEntry } from '../../../hosts/connect/index.ts';
import { OpenSpaceError, plainSpawner } from '../../../lib/index.ts';
import { openMcpServers } from '../../../tools/index.ts';
import type { CliContext } from '../../context.ts';
import { packageVersion } from '../../version.ts';

const packageFile = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Folder of the skills that teach a host to call us. */
export const skillsSource = () => packageFile('host-skills');

/** Node and our script by their full paths: hosts that were not started from a shell don't find `openspace-mcp`. */
export function serverEntry(context: CliContext): ServerEntry {
  const { env, userHome, cwd } = context;
  const script = packageFile('bin/openspace-mcp.js');
  if (/[\\/]_npx[\\/]/.test(script)) {
    throw new OpenSpaceError(
      'unsupported',
      'npx keeps this package only for a while; agents would lose it.',
      {
        hint: 'Install it first: npm install --global openspace',
      },
    );
  }
  const elsewhere = env.OPENSPACE_HOME?.trim() ? { OPENSPACE_HOME: dataHome(env, userHome, cwd) } : {};
  return {
    command: lastingNode(env.PATH ?? ''),
    args: [script],
    env: elsewhere,
  };
}

/** A link on the PATH that leads to this Node outlives the next update of Node; the real path often does not. */
function lastingNode(path: string): string {
  const name = basename(process.execPath);
  const links = path.split(delimiter).map((folder) => join(folder, name));
  const found = links.find((link) => existsSync(link) && realpathSync(link) === process.execPath);
  return found ?? process.execPath;
}

export interface SelfTest {
  readonly works: boolean;
  readonly detail: string;
}

const START_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 30_000;

/** Starts the entry, lists its tools and calls search_skills, as a host would. */
export async function selfTest(server: ServerEntry, context: CliContext): Promise<SelfTest> {
  const scratch = mkdtempSync(join(tmpdir(), 'openspace-connect-'));
  const servers = openMcpServers({
    config: { [SERVER_NAME]: { ...server, env: escaped(server.env) } },
    env: context.env,
    spawner: plainSpawner,
    cwd: scratch,
    home: scratch,
    limits: { startTimeoutMs: START_TIMEOUT_MS, callTimeoutMs: CALL_TIMEOUT_MS },
    clientVersion: packageVersion(),
  });
  try {
    const tools = await servers.tools(context.signal);
    const [status] = servers.status();
    const search = tools.find(({ name }) => name.endsWith('search_skills'));
    if (search === undefined)
      return { works: false, detail: status?.error ?? 'The server does not offer search_skills.' };
    const result = await search.run(
      { query: 'test of the connection', source: 'local', limit: 1 },
      {
        workspace: scratch,
        signal: context.signal,
        progress: () => undefined,
        ask: () => Promise.resolve(false),
        spawner: plainSpawner,
      },
    );
    const text = result.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    return result.isError
      ? { works: false, detail: `search_skills failed: ${text}` }
      : {
          works: true,
          detail: `The server starts, offers ${tools.length} tools, and search_skills answers.`,
        };
  } finally {
    await servers.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Hosts pass values as they are; our own reader of MCP settings would fill `${NAME}` in. */
const escaped = (env: ServerEntry['env']) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => !value.includes('${')));
