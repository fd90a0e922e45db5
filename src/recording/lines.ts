// Reading line files that may be growing, torn at the end, or larger than memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;

/** Cuts a stream of bytes into lines. What has no line feed yet is kept for later. */
export class LineSplitter {
  #open: Buffer[] = [];

  /** Whole lines, without their line feed. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      lines.push(Buffer.concat([...this.#open, chunk.subarray(from, at)]).toString('utf8'));
      this.#open = [];
      from = at + 1;
    }
    if (from < chunk.length) this.#open.push(chunk.subarray(from));
    return lines;
  }

  /** Bytes of a line that is not finished. */
  get hasRest(): boolean {
    return this.#open.length > 0;
  }
}

/** Bytes from `position`, at most one chunk; empty at the end. */
export function readChunk(file: number, position: number): Buffer {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  return buffer.subarray(0, readSync(file, buffer, 0, CHUNK_BYTES, position));
}

/** The last whole line of a file, read from its end; `undefined` if there is none. */
export function readLastLine(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    for (let window = 4 * 1024; ; window *= 4) {
      const start = Math.max(0, size - window);
      const bytes = Buffer.alloc(size - start);
      const tail = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
      const end = tail.lastIndexOf(10);
      const before = end <= 0 ? -1 : tail.lastIndexOf(10, end - 1);
      if (end !== -1 && (before !== -1 || start === 0)) return tail.toString('utf8', before + 1, end);
      if (start === 0) return undefined;
    }
  } finally {
    closeSync(file);
  }
}
