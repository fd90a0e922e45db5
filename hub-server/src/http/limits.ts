// Request limits of one process: a token bucket for each key or address. Quotas that must hold over all processes are in the database.

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimiter {
  /** Undefined if the request may go on, else the seconds to wait. */
  take(who: string, nowMs: number): number | undefined;
}

/** Buckets kept at most; the longest unused go first. */
const MAX_BUCKETS = 20_000;

export function createRateLimiter({ perSecond, burst }: RateLimit): RateLimiter {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(who, nowMs) {
      const bucket = buckets.get(who) ?? { tokens: burst, atMs: nowMs };
      bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
      bucket.atMs = nowMs;
      // Re-inserting keeps the map in order of last use, so that the first entries are the longest unused.
      buckets.delete(who);
      buckets.set(who, bucket);
      if (buckets.size > MAX_BUCKETS) {
        const oldest = buckets.keys().next().value;
        if (oldest !== undefined) buckets.delete(oldest);
      }
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
      bucket.tokens -= 1;
      return undefined;
    },
  };
}
