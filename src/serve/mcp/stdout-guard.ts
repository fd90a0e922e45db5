// Keeps stdout for the protocol: one stray line on it can break a client.
import { Writable } from 'node:stream';

export interface StdoutGuard {
  /** The real stdout. */
  readonly protocol: Writable;
  release(): void;
}

/** Sends whatever the program prints to stderr instead. */
export function guardStdout(): StdoutGuard {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  const protocol = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      write(chunk, (error) => done(error));
    },
  });
  stdout.write = process.stderr.write.bind(process.stderr);
  return {
    protocol,
    release() {
      stdout.write = write;
    },
  };
}
