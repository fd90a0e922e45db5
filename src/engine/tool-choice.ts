// Which tools the settings offer, and the web search that they name.
import type { Tool } from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import type { WebSearchOptions } from '../tools/index.ts';

/** Sources that belong to a wider one in the settings: the original knew only shell, web, mcp and system. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  files: ['shell'],
  documents: ['files', 'shell'],
  skills: ['skills', 'system', 'shell', 'web', 'mcp', 'files'],
};

/** True if `tools.sources` and `tools.disabled` let the tool be offered. */
export function isOffered(tool: Tool, config: Config): boolean {
  const [kind = '', name = ''] = tool.source.split(':');
  const disabled = config.get('tools.disabled') ?? [];
  if ([tool.name, tool.source, kind, name].some((word) => word !== '' && disabled.includes(word)))
    return false;
  const sources = config.get('tools.sources');
  return sources === undefined || [kind, ...(WIDER[kind] ?? [])].some((word) => sources.includes(word));
}

/** The configured web search; without one the tool says how to get one. */
export function searchOptions(config: Config): WebSearchOptions | undefined {
  const keys = {
    brave: config.get('web.brave_key'),
    tavily: config.get('web.tavily_key'),
    exa: config.get('web.exa_key'),
  };
  const searxng = config.get('web.searxng_base');
  const wanted = config.get('web.search_provider');
  const found = (['brave', 'tavily', 'exa'] as const).find(
    (name) => (wanted === undefined || wanted === name) && keys[name] !== undefined,
  );
  if (found !== undefined)
    return { provider: found, ...(keys[found] === undefined ? {} : { apiKey: keys[found] }) };
  return searxng !== undefined && (wanted === undefined || wanted === 'searxng')
    ? { provider: 'searxng', baseUrl: searxng }
    : undefined;
}
