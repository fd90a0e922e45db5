// Pieces that several parts of the contract use: pages, shares, tokens.
import { z } from 'zod';

/** UTC ISO time. */
export const Time = z.string();

/** A number from the address, within bounds. */
export const limited = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).default(otherwise);

/** Where a page ends: hand it to the next call; null on the last page. */
export const Next = z.string().nullable();

/** A share of runs with its 95 % interval. Null rate: there were none. */
export const Share = z.object({
  runs: z.number(),
  successes: z.number(),
  rate: z.number().nullable(),
  low: z.number(),
  high: z.number(),
});
export type Share = z.infer<typeof Share>;

export const Usage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cached_input_tokens: z.number(),
  reasoning_tokens: z.number(),
  /** Null: nobody knows the price. */
  cost_usd: z.number().nullable(),
});
export type Usage = z.infer<typeof Usage>;

/** Text files by their relative path. In an edit null removes a file, and a file that is not named stays. */
export const EditedFiles = z.record(z.string().min(1).max(500), z.string().max(1_000_000).nullable());
