// A bounded queue from one run to one listener.

/** Events waiting for a slow listener; above it pieces of text are dropped, which only the live display shows. */
const LIMIT = 10_000;

export interface EventStream<T> {
  push(event: T): void;
  end(): void;
  readonly events: AsyncIterable<T>;
}

/** Makes a stream. Events before the first listener are kept up to the limit. `isDroppable` marks what may be lost. */
export function createEventStream<T>(isDroppable: (event: T) => boolean): EventStream<T> {
  const waiting: T[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  const signal = () => {
    wake?.();
    wake = undefined;
  };
  async function* iterate(): AsyncGenerator<T> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const push = (event: T) => {
    if (waiting.length >= LIMIT) {
      if (isDroppable(event)) return;
      const victim = waiting.findIndex(isDroppable);
      waiting.splice(Math.max(0, victim), 1);
    }
    waiting.push(event);
    signal();
  };
  const end = () => {
    ended = true;
    signal();
  };
  return { push, end, events: { [Symbol.asyncIterator]: iterate } };
}
