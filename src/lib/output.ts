// Output that keeps its head and its tail when it is too long.
import { StringDecoder } from 'node:string_decoder';

/** Collects bytes up to a limit: the first half as it comes, of the rest only the last half. */
export class OutputBuffer {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #dropped = 0;

  constructor(limitBytes: number) {
    this.#half = Math.max(1, Math.floor(limitBytes / 2));
  }

  get truncated(): boolean {
    return this.#dropped > 0;
  }

  push(chunk: Buffer): void {
    const room = this.#half - this.#headBytes;
    const forHead = chunk.subarray(0, Math.max(0, room));
    if (forHead.length > 0) {
      this.#head.push(forHead);
      this.#headBytes += forHead.length;
    }
    const rest = chunk.subarray(forHead.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    if (this.#tailBytes > this.#half * 2) this.#trim();
  }

  #trim(): void {
    const all = Buffer.concat(this.#tail);
    const kept = Buffer.from(all.subarray(all.length - this.#half));
    this.#dropped += all.length - kept.length;
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }

  toString(): string {
    if (this.#tailBytes > this.#half) this.#trim();
    if (this.#dropped === 0) return Buffer.concat([...this.#head, ...this.#tail]).toString('utf8');
    const head = decodeHead(Buffer.concat(this.#head));
    return `${head}${omission(this.#dropped)}${decodeTail(Buffer.concat(this.#tail))}`;
  }
}

const omission = (bytes: number) => `\n[… ${bytes.toLocaleString('en-US')} bytes left out …]\n`;

/** Bytes before a cut as UTF-8, without a character that the cut has broken. */
const decodeHead = (bytes: Buffer) => new StringDecoder('utf8').write(bytes);

/** Bytes behind a cut as UTF-8, without a character that the cut has broken. */
function decodeTail(bytes: Buffer): string {
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.toString('utf8', start);
}

/** A text cut to `limitBytes` in the middle, with a note of how much was left out. */
export function capOutput(text: string, limitBytes: number): string {
  if (Buffer.byteLength(text) <= limitBytes) return text;
  const buffer = new OutputBuffer(limitBytes);
  buffer.push(Buffer.from(text));
  return buffer.toString();
}
