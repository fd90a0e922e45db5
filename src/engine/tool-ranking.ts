// Which tools of MCP servers a task is offered when they are too many, and the tool that finds the others.
import { z } from 'zod';
import type { Tool, ToolResult } from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import type { ToolHealth } from '../learning/index.ts';
import { oneLine, openDatabase } from '../lib/index.ts';
import { openSearchIndex, type SkillId, type VersionId } from '../skills/index.ts';
import { mcpToolName } from '../tools/index.ts';

/** What ranking needs to know of a tool's past. */
export type ToolQuality = Pick<ToolHealth, 'toolKey' | 'quality'>;

export interface RankingOptions {
  readonly task: string;
  /** Most tools of MCP servers to offer. All others are always offered. */
  readonly maxOffered: number;
  /** 1 for a sound tool, less for one whose calls failed of late. */
  readonly quality: (tool: Tool) => number;
}

export interface OfferedTools {
  readonly offered: readonly Tool[];
  /** What was left out, best first. */
  readonly left: readonly Tool[];
}

const isFromServer = ({ source }: Tool) => source === 'mcp' || source.startsWith('mcp:');

/** Offers all tools if those of MCP servers fit; else those that fit the task best. The order of tools stays. */
export function pickTools(tools: readonly Tool[], options: RankingOptions): OfferedTools {
  const candidates = tools.filter(isFromServer);
  if (candidates.length <= options.maxOffered) return { offered: tools, left: [] };
  const ranked = rankTools(candidates, options.task, options.quality);
  const kept = new Set(ranked.slice(0, options.maxOffered));
  return {
    offered: tools.filter((tool) => !isFromServer(tool) || kept.has(tool)),
    left: ranked.slice(options.maxOffered),
  };
}

/**
 * All tools, best first: by the words of the skill search, times quality. Tools that share no word with the task come
 * last, sound ones first, otherwise in the order given.
 */
export function rankTools(
  tools: readonly Tool[],
  task: string,
  quality: (tool: Tool) => number,
): readonly Tool[] {
  const scores = scoreTools(tools, task);
  return tools
    .map((tool, at) => ({ tool, at, fit: (scores[at] ?? 0) * quality(tool), sound: quality(tool) }))
    .sort((a, b) => b.fit - a.fit || b.sound - a.sound || a.at - b.at)
    .map(({ tool }) => tool);
}

/** An index in memory, made for one ranking: hundreds of tools take some milliseconds. */
function scoreTools(tools: readonly Tool[], task: string): readonly number[] {
  const db = openDatabase({ path: ':memory:' });
  try {
    const index = openSearchIndex(db);
    index.upsert(
      tools.map((tool, at) => ({
        ...{
          skillId: `${at}` as SkillId,
          versionId: `${at}` as VersionId,
          lineageKey: `${at}`,
          filesHash: `${at}`,
        },
        ...{
          name: tool.name,
          description: tool.description,
          body: JSON.stringify(tool.parameters),
          headings: '',
        },
        tags: [tool.source.slice('mcp:'.length)],
      })),
    );
    const scores = tools.map(() => 0);
    for (const { skillId, score } of index.search(task, { limit: tools.length, collapse: false }))
      scores[Number(skillId)] = score;
    return scores;
  } finally {
    db.close();
  }
}

export interface FitOptions {
  readonly config: Config;
  readonly task: string;
  readonly toolQualities: () => readonly ToolQuality[];
}

/**
 * The list that an agent works with, and what people should know of it. Where tools were left out it holds `find_tools`,
 * which adds to this very list: the agent reads it anew in each turn.
 */
export function fitTools(
  tools: readonly Tool[],
  { config, task, toolQualities }: FitOptions,
): { readonly offered: Tool[]; readonly note: string | undefined } {
  const maxOffered = config.get('tools.max_offered') ?? 40;
  if (tools.filter(isFromServer).length <= maxOffered) return { offered: [...tools], note: undefined };
  const quality = qualityBy(toolQualities());
  const picked = pickTools(tools, { task, maxOffered, quality });
  const offered = [...picked.offered];
  offered.push(findToolsTool(picked.left, quality, (found) => offered.push(...found)));
  const total = maxOffered + picked.left.length;
  return {
    offered,
    note: `Of ${total} tools of MCP servers ${maxOffered} are offered; the others can be found.`,
  };
}

/** The original kept many calls under the server "default": they count for a tool of that name on any server. */
export function qualityBy(qualities: readonly ToolQuality[]): (tool: Tool) => number {
  const known = new Map<string, number>();
  return (tool) => {
    const found = known.get(tool.name) ?? worstOf(tool, qualities);
    known.set(tool.name, found);
    return found;
  };
}

function worstOf({ name, source }: Tool, qualities: readonly ToolQuality[]): number {
  const server = source.slice('mcp:'.length);
  const own = qualities.filter(({ toolKey }) => {
    const [kind, keptServer = '', ...rest] = toolKey.split(':');
    const kept = rest.join(':');
    if (kind !== 'mcp' || (keptServer !== server && keptServer !== 'default')) return false;
    return kept === name || mcpToolName(server, kept) === name;
  });
  return Math.min(1, ...own.map(({ quality }) => quality));
}

export const FIND_TOOLS = 'find_tools';
/** Tools that one search adds. */
const FOUND_AT_ONCE = 5;
const Query = z.object({ query: z.string() });

/**
 * The tool that finds tools which were left out. What it finds is handed to `add`, and can be called from the next turn
 * on like any other tool: policy and recording see the true one.
 */
export function findToolsTool(
  left: readonly Tool[],
  quality: (tool: Tool) => number,
  add: (tools: readonly Tool[]) => void,
): Tool {
  const added = new Set<string>();
  const servers = [...new Set(left.map(({ source }) => source.slice('mcp:'.length)))].sort();
  return {
    name: FIND_TOOLS,
    description: `Finds further tools by what they do; they can be called from the next turn on. ${left.length} are not listed, of the MCP servers ${oneLine(servers.join(', '), 400)}.`,
    parameters: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the tool should do, in words.' } },
      required: ['query'],
      additionalProperties: false,
    },
    source: 'system',
    readOnly: true,
    async run(args) {
      const { query } = Query.parse(args);
      const waiting = left.filter(({ name }) => !added.has(name));
      const scores = scoreTools(waiting, query);
      const fitting = waiting.filter((_, at) => (scores[at] ?? 0) > 0);
      const found = rankTools(fitting, query, quality).slice(0, FOUND_AT_ONCE);
      if (found.length === 0) return answer('No further tool fits this.');
      for (const { name } of found) added.add(name);
      add(found);
      const lines = found.map(({ name, description }) => `- ${name}: ${oneLine(description, 200)}`);
      return answer(`You can call these from now on:\n${lines.join('\n')}`);
    },
  };
}

const answer = (text: string): ToolResult => ({ parts: [{ type: 'text', text }], isError: false });
