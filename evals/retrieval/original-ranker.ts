// The original's rankers, written anew from their described behaviour: the yardstick that search is measured against.

/** What the original ranks: an id, and the text made of name, description and the start of the file. */
export interface OriginalCandidate {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly body: string;
}

const BODY_CHARACTERS = 2_000;

/** The ranker's tokens: runs of Unicode word characters, lower case. */
export function tokenizeForRanker(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}_]+/u)
    .filter((token) => token !== '');
}

/** The search engine's tokens: ASCII letters and digits only. */
export function tokenizeForEngine(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function documentTokens(candidate: OriginalCandidate): string[] {
  const body = Array.from(candidate.body).slice(0, BODY_CHARACTERS).join('');
  return tokenizeForRanker(`${candidate.name} ${candidate.description} ${body}`);
}

export interface RankedCandidate {
  readonly id: string;
  readonly score: number;
}

/** Best first, ties in input order; the first `topK` in input order if nothing scores at all. */
function best(candidates: readonly OriginalCandidate[], scores: readonly number[], topK: number) {
  const ranked = candidates.map(({ id }, at) => ({ id, score: scores[at] ?? 0 }));
  if (ranked.every(({ score }) => score === 0)) return ranked.slice(0, topK);
  return ranked.sort((a, b) => b.score - a.score).slice(0, topK);
}

/** The default of a stock install: the share of the query's distinct tokens that a candidate has. */
export function rankOverlap(
  query: string,
  candidates: readonly OriginalCandidate[],
  topK: number,
): RankedCandidate[] {
  const asked = new Set(tokenizeForRanker(query));
  const scores = candidates.map((candidate) => {
    if (asked.size === 0) return 0;
    const own = new Set(documentTokens(candidate));
    return [...asked].filter((token) => own.has(token)).length / asked.size;
  });
  return best(candidates, scores, topK);
}

/** BM25Okapi (k1 1.5, b 0.75, negative idf replaced by a quarter of the mean), with repeated query tokens counted. */
export function rankOkapi(
  query: string,
  candidates: readonly OriginalCandidate[],
  topK: number,
): RankedCandidate[] {
  const documents = candidates.map((candidate) => {
    const tokens = documentTokens(candidate);
    const counts = new Map<string, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    return { counts, length: tokens.length };
  });
  const idf = okapiIdf(documents.map(({ counts }) => counts));
  const average = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const asked = tokenizeForRanker(query);
  const scores = documents.map(({ counts, length }) => {
    let score = 0;
    for (const token of asked) {
      const count = counts.get(token) ?? 0;
      if (count > 0)
        score += ((idf.get(token) ?? 0) * count * 2.5) / (count + 1.5 * (0.25 + (0.75 * length) / average));
    }
    return score;
  });
  return best(candidates, scores, topK);
}

function okapiIdf(documents: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const counts of documents)
    for (const token of counts.keys()) found.set(token, (found.get(token) ?? 0) + 1);
  const idf = new Map<string, number>();
  let sum = 0;
  for (const [token, count] of found) {
    const value = Math.log(documents.length - count + 0.5) - Math.log(count + 0.5);
    idf.set(token, value);
    sum += value;
  }
  const floor = (0.25 * sum) / Math.max(1, idf.size);
  for (const [token, value] of idf) if (value < 0) idf.set(token, floor);
  return idf;
}
