// The process environment: read here and nowhere else.
import type { Environment } from './layers.ts';

/** A copy of the process environment, taken once. */
export function environment(): Environment {
  return { ...process.env };
}
