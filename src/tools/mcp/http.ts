// fetch for MCP over HTTP, with a limit on the size of one message.

/**
 * A fetch whose response bodies fail when a message is larger than `maxMessageBytes`:
 * a whole JSON body, or one event of a stream, which may itself go on for ever.
 */
export function boundedFetch(maxMessageBytes: number, base: typeof fetch = fetch) {
  return async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await base(url, init);
    if (response.body === null) return response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const body = response.body.pipeThrough(limitMessages(maxMessageBytes, isStream));
    const limited = new Response(body, response);
    Object.defineProperty(limited, 'url', { value: response.url });
    return limited;
  };
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function limitMessages(limitBytes: number, isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let sinceBreak = 0;
  let lineIsEmpty = true;
  /** An event ends at an empty line; counting lines would let many short ones through. */
  const scan = (chunk: Uint8Array) => {
    for (const byte of chunk) {
      sinceBreak += 1;
      if (byte === LINE_FEED) {
        if (lineIsEmpty) sinceBreak = 0;
        lineIsEmpty = true;
      } else if (byte !== CARRIAGE_RETURN) lineIsEmpty = false;
      if (sinceBreak > limitBytes) return;
    }
  };
  return new TransformStream({
    transform(chunk, controller) {
      if (isStream) scan(chunk);
      else sinceBreak += chunk.length;
      if (sinceBreak <= limitBytes) controller.enqueue(chunk);
      else controller.error(new Error(`a message of more than ${Math.round(limitBytes / 1024 / 1024)} MB`));
    },
  });
}
