// The tool `web_search` over the provider that the user configured, and the four providers it knows.
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { OpenSpaceError, oneLine, toMessage } from '../../lib/index.ts';
import { defineTool, failure } from '../tool.ts';
import { asUntrusted } from './untrusted.ts';

export interface WebSearchOptions {
  readonly provider: 'brave' | 'tavily' | 'searxng' | 'exa';
  /** Needed by all but SearXNG. */
  readonly apiKey?: string;
  /** Needed by SearXNG; elsewhere the provider's own address. */
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

interface Found {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}
interface Query {
  readonly text: string;
  readonly count: number;
  readonly key: string;
}
interface Provider {
  readonly base: string | undefined;
  readonly needsKey: boolean;
  request(base: string, query: Query): { readonly url: URL; readonly init: RequestInit };
  read(body: unknown): readonly Found[];
}

const NOT_CONFIGURED =
  'No web search is configured. Tell the user: set "web_search" in the settings to a provider (brave, tavily or exa with an API key, or searxng with the address of a server). Meanwhile web_fetch can read pages whose address you know.';

const MAX_REPLY_BYTES = 4 * 1024 * 1024;
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const json = (body: unknown): Pick<RequestInit, 'method' | 'body'> => ({
  method: 'POST',
  body: JSON.stringify(body),
});

const PROVIDERS: Record<WebSearchOptions['provider'], Provider> = {
  brave: {
    base: 'https://api.search.brave.com',
    needsKey: true,
    request: (base, query) => ({
      url: withParameters(`${base}/res/v1/web/search`, { q: query.text, count: String(query.count) }),
      init: { headers: { 'X-Subscription-Token': query.key } },
    }),
    read: (body) =>
      z
        .object({
          web: z
            .object({ results: z.array(z.object({ title: text, url: text, description: text })) })
            .optional(),
        })
        .parse(body)
        .web?.results.map(({ title, url, description }) => ({ title, url, snippet: plain(description) })) ??
      [],
  },
  tavily: {
    base: 'https://api.tavily.com',
    needsKey: true,
    request: (base, query) => ({
      url: new URL(`${base}/search`),
      init: {
        ...json({ query: query.text, max_results: query.count }),
        headers: { Authorization: `Bearer ${query.key}` },
      },
    }),
    read: (body) =>
      z
        .object({ results: z.array(z.object({ title: text, url: text, content: text })) })
        .parse(body)
        .results.map(({ title, url, content }) => ({ title, url, snippet: content })),
  },
  searxng: {
    base: undefined,
    needsKey: false,
    request: (base, query) => ({
      url: withParameters(`${base}/search`, { q: query.text, format: 'json' }),
      init: query.key === '' ? {} : { headers: { Authorization: `Bearer ${query.key}` } },
    }),
    read: (body) =>
      z
        .object({ results: z.array(z.object({ title: text, url: text, content: text })) })
        .parse(body)
        .results.map(({ title, url, content }) => ({ title, url, snippet: content })),
  },
  exa: {
    base: 'https://api.exa.ai',
    needsKey: true,
    request: (base, query) => ({
      url: new URL(`${base}/search`),
      init: {
        ...json({ query: query.text, numResults: query.count, contents: { highlights: true } }),
        headers: { 'x-api-key': query.key },
      },
    }),
    read: (body) =>
      z
        .object({
          results: z.array(z.object({ title: text, url: text, highlights: z.array(z.string()).nullish() })),
        })
        .parse(body)
        .results.map(({ title, url, highlights }) => ({
          title,
          url,
          snippet: (highlights ?? []).join(' … '),
        })),
  },
};

const parameters = z.strictObject({
  query: z.string().trim().min(1).max(400).describe('What to search for.'),
  count: z.int().min(1).max(20).default(8).describe('How many results.'),
});

/** Searches the web. Without options the tool is there and says how to get a provider. */
export function webSearchTool(options?: WebSearchOptions): Tool {
  return defineTool({
    name: 'web_search',
    description: 'Searches the web and returns titles, addresses and excerpts. Read a result with web_fetch.',
    source: 'web',
    readOnly: true,
    parameters,
    async run({ query, count }, context) {
      if (options === undefined) return failure(NOT_CONFIGURED);
      const results = (await search(options, query, count, context.signal)).slice(0, count);
      const lines = results.map(
        ({ title, url, snippet }, index) =>
          `${index + 1}. ${oneLine(title, 200)}\n   ${oneLine(url, 500)}\n   ${oneLine(snippet, 500)}`,
      );
      const found = lines.length === 0 ? `Nothing was found for "${query}".` : lines.join('\n');
      return {
        parts: [{ type: 'text', text: asUntrusted(`search: ${query}`, found) }],
        isError: false,
        details: { provider: options.provider, urls: results.map((result) => result.url) },
      };
    },
  });
}

async function search(
  options: WebSearchOptions,
  query: string,
  count: number,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const provider = PROVIDERS[options.provider];
  const base = (options.baseUrl ?? provider.base ?? '').replace(/\/+$/, '');
  const key = options.apiKey?.trim() ?? '';
  if (base === '') {
    throw new OpenSpaceError(
      'config',
      `The web search "${options.provider}" needs the address of its server.`,
    );
  }
  if (provider.needsKey && key === '') {
    throw new OpenSpaceError(
      'auth',
      `The web search "${options.provider}" has no API key. Tell the user to set it.`,
    );
  }
  const { url, init } = provider.request(base, { text: query, count, key });
  const timeoutMs = options.timeoutMs ?? 20_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...init.headers },
      redirect: 'error', // a redirect would carry the key elsewhere
      signal: AbortSignal.any([signal, deadline]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refused(options.provider, response.status);
    }
    return provider.read(JSON.parse(await readCapped(response)));
  } catch (error) {
    if (error instanceof OpenSpaceError) throw error;
    if (signal.aborted) throw new OpenSpaceError('cancelled', 'The search was cancelled.', { cause: error });
    const why = deadline.aborted ? `no answer within ${timeoutMs / 1000} s` : describe(error);
    throw new OpenSpaceError('network', `The web search "${options.provider}" failed: ${why}.`, {
      cause: error,
    });
  }
}

function describe(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 'its answer has an unknown form';
  return toMessage(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}

function refused(provider: string, status: number): OpenSpaceError {
  if (status === 401 || status === 403) {
    const hint = 'Tell the user to check it. For SearXNG: the server must allow the format "json".';
    return new OpenSpaceError('auth', `The web search "${provider}" refused the API key (${status}).`, {
      hint,
    });
  }
  if (status === 429 || status === 402) {
    return new OpenSpaceError(
      'provider',
      `The web search "${provider}" has no requests left for now (${status}).`,
    );
  }
  return new OpenSpaceError('provider', `The web search "${provider}" answered with status ${status}.`);
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES)
      throw new OpenSpaceError('too-large', 'The answer of the web search is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function withParameters(address: string, parameters: Record<string, string>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

const plain = (html: string) => html.replace(/<[^>]{0,200}>/g, '');
