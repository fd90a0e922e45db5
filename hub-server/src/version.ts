// The version of this package, read from its package.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isAbsent } from '../../src/lib/index.ts';

const Package = z.object({ name: z.string(), version: z.string() });

/** From hub-server/src in a checkout, from dist/hub-server/src in the package. */
export function hubVersion(): string {
  for (const way of ['../package.json', '../../../package.json']) {
    try {
      const found = Package.safeParse(
        JSON.parse(readFileSync(fileURLToPath(new URL(way, import.meta.url)), 'utf8')),
      );
      if (found.success && found.data.name === 'openspace-hub') return found.data.version;
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return 'unknown';
}
