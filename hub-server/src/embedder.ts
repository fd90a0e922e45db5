// Texts to vectors over any server that speaks the OpenAI embeddings protocol. Without one the hub searches by words.
import { z } from 'zod';
import { exchange, type Fetch } from '../../src/hub/index.ts';
import { OpenSpaceError, parseJson } from '../../src/lib/index.ts';

export interface Embedder {
  readonly model: string;
  /** Throws if the server does not answer: the job is tried again. */
  embed(text: string): Promise<readonly number[]>;
  /** Undefined if the server does not answer in time: search goes on by words. */
  embedQuery(text: string): Promise<readonly number[] | undefined>;
}

export interface EmbedderOptions {
  /** For example `https://api.openai.com/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly fetch?: Fetch;
}

const Reply = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()).min(1).max(8192) })).min(1),
});
const MAX_CHARS = 12_000;
const JOB_TIMEOUT_MS = 30_000;
const QUERY_TIMEOUT_MS = 1_500;
const CACHED_QUERIES = 500;

export function createEmbedder(options: EmbedderOptions): Embedder {
  const cache = new Map<string, readonly number[]>();
  async function request(text: string, timeoutMs: number): Promise<readonly number[]> {
    const { bytes } = await exchange({
      method: 'POST',
      url: `${options.url.replace(/\/+$/, '')}/embeddings`,
      headers: {
        'content-type': 'application/json',
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      body: JSON.stringify({ model: options.model, input: text.slice(0, MAX_CHARS) }),
      timeoutMs,
      maxBytes: 2 ** 20,
      retries: 0,
      signal: new AbortController().signal,
      fetch: options.fetch ?? globalThis.fetch,
    });
    const parsed = Reply.safeParse(parseJson(new TextDecoder().decode(bytes)));
    const first = parsed.success ? parsed.data.data[0] : undefined;
    if (first === undefined)
      throw new OpenSpaceError('invalid', 'The embedding server answers in another form.');
    return first.embedding;
  }
  return {
    model: options.model,
    embed: (text) => request(text, JOB_TIMEOUT_MS),
    async embedQuery(text) {
      const known = cache.get(text);
      if (known !== undefined) return known;
      try {
        const vector = await request(text, QUERY_TIMEOUT_MS);
        if (cache.size >= CACHED_QUERIES) cache.clear();
        cache.set(text, vector);
        return vector;
      } catch (error) {
        if (error instanceof OpenSpaceError) return undefined;
        throw error;
      }
    },
  };
}
