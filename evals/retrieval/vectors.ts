// Words fused with vectors on the same tasks, where an embedding service is given. Nothing is asked without one.
import { openDatabase } from '../../src/lib/index.ts';
import { openSearchIndex } from '../../src/skills/search-index.ts';
import type { Rank } from './measure.ts';
import type { Past } from './past.ts';

export interface EmbeddingService {
  /** An OpenAI-compatible `…/embeddings` address. */
  readonly url: string;
  readonly model: string;
  readonly key: string | undefined;
}

const BATCH = 64;

export async function embedTexts(
  service: EmbeddingService,
  texts: readonly string[],
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += BATCH) {
    const reply = await fetch(service.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(service.key === undefined ? {} : { authorization: `Bearer ${service.key}` }),
      },
      body: JSON.stringify({ model: service.model, input: texts.slice(at, at + BATCH) }),
      signal: AbortSignal.timeout(60_000),
    });
    if (!reply.ok) throw new Error(`${service.url} answered ${reply.status}: ${await reply.text()}`);
    const { data } = (await reply.json()) as { data: { embedding: number[] }[] };
    vectors.push(...data.map(({ embedding }) => Float32Array.from(embedding)));
  }
  return vectors;
}

/** Ranks with words (shipped weights) and vectors fused. */
export async function ranksWithVectors(past: Past, service: EmbeddingService): Promise<Rank[]> {
  const db = openDatabase({ path: ':memory:' });
  try {
    const index = openSearchIndex(db);
    const prompts = [...new Set(past.pairs.map(({ prompt }) => prompt))];
    const asked = await embedTexts(service, prompts);
    const queries = new Map(prompts.map((prompt, at) => [prompt, asked[at]]));
    const waiting = [...past.skills].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    const ranks: Rank[] = [];
    for (const { at, prompt, skillId } of past.pairs) {
      while (waiting[0] !== undefined && waiting[0].createdAt < at)
        index.upsert([waiting.shift()?.entry].flatMap((entry) => entry ?? []));
      const wanted = index.vectorsWanted(service.model);
      const vectors = await embedTexts(
        service,
        wanted.map(({ text }) => text),
      );
      index.putVectors(
        service.model,
        wanted.map(({ contentHash }, n) => ({ contentHash, vector: vectors[n] ?? new Float32Array() })),
      );
      const query = queries.get(prompt);
      const hits = index.search(prompt, {
        limit: 500,
        collapse: false,
        ...(query === undefined ? {} : { vector: { embedderId: service.model, query } }),
      });
      const rank = hits.findIndex((hit) => hit.skillId === skillId);
      ranks.push(rank < 0 ? Infinity : rank + 1);
    }
    return ranks;
  } finally {
    db.close();
  }
}
