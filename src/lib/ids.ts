// Ids and hashes.
import { createHash, randomBytes } from 'node:crypto';

/** Time and chance as a dependency: tests pass fixed ones. */
export interface World {
  now(): Date;
  /** `bytes` random bytes as hex. */
  randomHex(bytes: number): string;
}

export const realWorld: World = {
  now: () => new Date(),
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

/** Hex sha256 of bytes or of a text's UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** An id that sorts by time: `prefix_20261124T220412_3f9a2c8b`. */
export function newTimedId(prefix: string, world: World): string {
  const time = world.now().toISOString().replace(/[-:]/g, '').slice(0, 15);
  return `${prefix}_${time}_${world.randomHex(4)}`;
}
