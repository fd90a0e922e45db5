// A bounded memory for values that follow from their key.

/** Gives the value of a key, made at its first use; of more than `most` the ones longest unused are forgotten. */
export type Memory = <T>(key: string, make: () => T) => T;

export function createMemory(most: number): Memory {
  const values = new Map<string, unknown>();
  return <T>(key: string, make: () => T): T => {
    const value = values.has(key) ? (values.get(key) as T) : make(); // put there under this key by the same caller
    values.delete(key);
    values.set(key, value); // at the end: the first is the one longest unused
    const [oldest] = values.keys();
    if (values.size > most && oldest !== undefined) values.delete(oldest);
    return value;
  };
}
