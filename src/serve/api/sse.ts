// Server-sent events with limits: a listener that does not read is let go, and comes back with what it saw last.

export interface ServerEvent {
  readonly id: number;
  /** One line of JSON. */
  readonly data: string;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};
/** Something is sent at least this often, so that both ends notice a lost connection, in ms. */
const HEARTBEAT_MS = 15_000;
/** Unread bytes after which a listener is let go. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;

/** Sends what comes until it ends, the signal aborts or the listener is gone. The source is told by its own signal. */
export function streamEvents(
  open: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  signal: AbortSignal,
): Response {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  // A stream that its reader has cancelled is closed already; closing it again would end the process.
  let isCancelled = false;
  const end = () => {
    clearInterval(heartbeat);
    over.abort();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => {
          if (until.aborted) return;
          if ((controller.desiredSize ?? 0) < 0) end();
          else controller.enqueue(encoder.encode(text));
        };
        send('retry: 1000\n\n');
        heartbeat = setInterval(() => send(': here\n\n'), HEARTBEAT_MS);
        const walk = async () => {
          for await (const { id, data } of open(until)) send(`id: ${id}\ndata: ${data}\n\n`);
        };
        walk()
          .catch((error: unknown) => {
            if (!until.aborted) controller.error(error);
          })
          .finally(() => {
            const wasOver = over.signal.aborted;
            end();
            if (!isCancelled && (!wasOver || signal.aborted)) closeQuietly(controller);
          });
      },
      cancel: () => {
        isCancelled = true;
        end();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
  );
  return new Response(body, { headers: HEADERS });
}

/** An errored stream can't be closed any more. */
function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  if (controller.desiredSize !== null) controller.close();
}
