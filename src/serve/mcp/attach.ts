// A stdio server that only passes messages on: to the daemon's SSE endpoint, and what it says back to stdout.
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import { guardStdout } from './stdout-guard.ts';

export interface AttachOptions {
  /** `http://127.0.0.1:<port>` of the daemon. */
  readonly url: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** For people: what could not be passed on. */
  readonly warn: (text: string) => void;
}

const CONNECT_LIMIT_MS = 10_000;
/** Larger messages end the connection, as without a daemon. */
const MAX_MESSAGE_BYTES = 10 * 2 ** 20;
/** How often a message is tried again when the daemon asks to wait. */
const TRIES = 10;

/** Serves until the client, the daemon or the signal ends it. Throws `network` if the daemon can't be reached. */
export async function attachToDaemon(options: AttachOptions): Promise<void> {
  const { signal, warn } = options;
  const stream = await openStream(options);
  const guard = guardStdout();
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  const endpoint = Promise.withResolvers<URL>();
  endpoint.promise.catch(() => undefined); // told to who waits for it
  const write = (message: string) => guard.protocol.write(`${message}\n`);
  readEvents(stream, (event, data) => {
    if (event === 'endpoint') endpoint.resolve(new URL(data, options.url));
    if (event === 'message') write(data);
  });
  stream.once('close', () => {
    endpoint.reject(new OpenSpaceError('network', 'The daemon has ended.'));
    end();
  });
  let sending = Promise.resolve(); // in the order in which they came
  readLines(process.stdin, end, (line) => {
    sending = sending.then(async () => {
      try {
        const refused = await post(await endpoint.promise, line, options);
        if (refused !== undefined) refuse(line, refused, write);
      } catch (error) {
        warn(toMessage(error));
        refuse(line, 'The daemon could not be reached.', write);
      }
    });
  });
  process.stdin.once('end', end).once('close', end);
  signal.addEventListener('abort', end, { once: true });
  await ended.promise;
  signal.removeEventListener('abort', end);
  stream.destroy();
  process.stdin.destroy();
  guard.release();
}

/** A call that the daemon did not take must not be waited for. */
function refuse(line: string, message: string, write: (message: string) => void): void {
  const [, id] = line.match(/"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/) ?? [];
  if (id !== undefined && /"method"\s*:/.test(line))
    write(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":${JSON.stringify(message)}}}`);
}

function openStream({ url, token, signal }: AttachOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new OpenSpaceError('network', `The daemon at ${url} ${why}.`, { hint: 'openspace daemon status' }),
      );
    const asked = request(new URL('/sse', url), {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal,
    });
    const timer = setTimeout(() => asked.destroy(new Error('timeout')), CONNECT_LIMIT_MS);
    asked.once('error', (error) => {
      clearTimeout(timer);
      fail(`does not answer: ${toMessage(error)}`);
    });
    asked.once('response', (response) => {
      clearTimeout(timer);
      response.on('error', () => response.destroy()); // its end is seen
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      fail(`answers with ${response.statusCode}`);
    });
    asked.end();
  });
}

/** Why it was refused, or undefined. */
async function post(
  endpoint: URL,
  body: string,
  { token, signal }: AttachOptions,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, retryAfterMs } = await postOnce(endpoint, body, token, signal);
    if (status >= 200 && status < 300) return undefined;
    if (status !== 429 || attempt === TRIES) return `The daemon answered with ${status}.`;
    await sleep(retryAfterMs, undefined, { signal });
  }
}

function postOnce(endpoint: URL, body: string, token: string, signal: AbortSignal) {
  return new Promise<{ status: number; retryAfterMs: number }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const asked = request(endpoint, { method: 'POST', headers, signal }, (response) => {
      response.resume();
      const retryAfterMs = (Number(response.headers['retry-after']) || 1) * 1_000;
      resolve({ status: response.statusCode ?? 0, retryAfterMs });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

function readLines(input: NodeJS.ReadableStream, end: () => void, onLine: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8');
  input.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
    if (rest.length > MAX_MESSAGE_BYTES) end();
  });
}

function readEvents(stream: IncomingMessage, onEvent: (event: string, data: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const events = (rest + chunk).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const [, name] = event.match(/^event: (.*)$/m) ?? [];
      const [, data] = event.match(/^data: (.*)$/m) ?? [];
      if (name !== undefined && data !== undefined) onEvent(name, data);
    }
  });
}
