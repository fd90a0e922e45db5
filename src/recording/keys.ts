// Names on disk are snake_case, in the program camelCase. What belongs to others is left as it is.

/** Content that is not ours to rename: a tool's arguments and its details. */
const OPAQUE = new Set(['args', 'details']);

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A copy with our names in snake_case. */
export function toDiskNames(value: object): Readonly<Record<string, unknown>> {
  return renameNames(value, snake);
}

/** A copy with our names in camelCase. */
export function fromDiskNames(value: object): Readonly<Record<string, unknown>> {
  return renameNames(value, camel);
}

function renameNames(value: object, change: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      change(name),
      OPAQUE.has(name) ? item : renameInside(item, change),
    ]),
  );
}

function renameInside(value: unknown, change: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameInside(item, change));
  return value !== null && typeof value === 'object' ? renameNames(value, change) : value;
}
