// Tells a client when a resource that it watches has changed.
import { ProtocolError, SdkError, type Server } from '@modelcontextprotocol/server';

export interface ResourceWatch {
  add(uri: string): void;
  remove(uri: string): void;
  close(): void;
}

const POLL_MS = 1_000;
/** Resources that one client may watch; the oldest are forgotten. */
const LIMIT = 100;

/** `stampOf` changes when a resource does. Nothing runs while nothing is watched. */
export function watchResources(server: Server, stampOf: (uri: string) => string | undefined): ResourceWatch {
  const stamps = new Map<string, string | undefined>();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = () => {
    for (const [uri, before] of stamps) {
      const now = stampOf(uri);
      if (now === before) continue;
      stamps.set(uri, now);
      server.sendResourceUpdated({ uri }).catch((error: unknown) => {
        if (!(error instanceof SdkError || error instanceof ProtocolError)) throw error;
        stop(); // the client is gone
      });
    }
  };
  return {
    add(uri) {
      stamps.set(uri, stampOf(uri));
      const [oldest] = stamps.keys();
      if (stamps.size > LIMIT && oldest !== undefined) stamps.delete(oldest);
      timer ??= setInterval(look, POLL_MS).unref();
    },
    remove(uri) {
      stamps.delete(uri);
      if (stamps.size === 0) stop();
    },
    close: stop,
  };
}
