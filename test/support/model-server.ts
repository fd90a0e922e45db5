// A scripted model provider on loopback: demands its exact key, records every request, answers in four wire formats,
// and fails on demand. `await using server = await startModelServer({ key, replies: ['hello'] })`
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, WIRES, type Wire, type WireWriter } from './model-server-wires.ts';

export interface ServerCall {
  readonly name: string;
  readonly args?: Record<string, unknown>;
  readonly id?: string;
  /** Sent as it is, in place of `args`. */
  readonly rawArgs?: string;
}

export interface ServerAnswer {
  readonly text?: string;
  readonly calls?: readonly ServerCall[];
  /** Thinking, with a signature where the wire format has one. */
  readonly reasoning?: string;
  /** In words of OpenAI: `stop`, `tool_calls`, `length`, `content_filter`. */
  readonly finish?: string;
  readonly usage?: {
    readonly input?: number;
    readonly output?: number;
    readonly cached?: number;
    readonly reasoning?: number;
    readonly cost?: number;
  };
}

/** A text, an answer, or something from `fault`. */
export type ServerReply = string | ServerAnswer | Fault;

export interface Fault {
  readonly fault: (exchange: Exchange) => void | Promise<void>;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of four wire formats
  readonly body: any;
  readonly wire: Wire;
  readonly stream: boolean;
  /** Whether it carried exactly the key. */
  readonly authorized: boolean;
}

export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  readonly writer: WireWriter;
  /** Sends an ordinary answer. */
  answer(answer: string | ServerAnswer): void;
  json(status: number, body: unknown, headers?: Record<string, string>): void;
}

export interface ModelServerOptions {
  /** Demanded in the header of each wire format. Without it every request is served. */
  readonly key?: string;
  /** In order, or by request (number from 1). Embedding requests do not take part. Default: always "ok". */
  readonly replies?: readonly ServerReply[] | ((request: RecordedRequest, turn: number) => ServerReply);
  /** Length of the vectors. Default 8. */
  readonly vectorLength?: number;
  /** Changes vectors before they are sent, or fails; for broken embeddings. */
  readonly embed?: (texts: readonly string[], turn: number) => readonly (readonly number[])[] | Fault;
}

export interface ModelServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** `<origin>/v1` */
  readonly baseUrl: string;
  /** All requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Requests for chat answers. */
  readonly chats: readonly RecordedRequest[];
  close(): Promise<void>;
}

/** What OpenRouter answers to a missing or malformed key. */
export const MISSING_AUTH_BODY = { error: { message: 'Missing Authentication header', code: 401 } };

/** Ways to fail. Each stands in `replies` for one request. */
export const fault = {
  status: (
    status: number,
    body: unknown = { error: { message: `status ${status}`, code: status } },
    headers: Record<string, string> = {},
  ): Fault => ({
    fault: (exchange) => exchange.json(status, body, headers),
  }),
  rateLimit: (retryAfterSeconds: number | string = 1): Fault =>
    fault.status(
      429,
      { error: { message: 'Rate limit exceeded', code: 429 } },
      { 'retry-after': String(retryAfterSeconds) },
    ),
  /** Answers only after a while. */
  slow: (ms: number, answer: string | ServerAnswer): Fault => ({
    fault: async (exchange) => {
      await new Promise((resolve) => setTimeout(resolve, ms).unref());
      if (!exchange.response.destroyed) exchange.answer(answer);
    },
  }),
  /** Sends the head and some text, then nothing any more. */
  stall: (text = ''): Fault => ({
    fault: ({ response, writer }) => {
      startStream(response);
      response.write(writer.head() + (text === '' ? '' : writer.text(text)));
    },
  }),
  /** Ends the connection in the middle; `softly` ends the stream in order but without its end mark. */
  cut: (text = '', how: 'hard' | 'softly' = 'hard'): Fault => ({
    fault: ({ response, writer }) => {
      startStream(response);
      response.write(writer.head() + (text === '' ? '' : writer.text(text)), () => {
        if (how === 'softly') response.end();
        else response.destroy();
      });
    },
  }),
  /** Ends the connection in the middle of a tool call. */
  cutInCall: (name: string, rawArgs: string): Fault => ({
    fault: ({ response, writer }) => {
      startStream(response);
      response.write(writer.head() + writer.call(0, { id: 'call_cut', name, rawArgs }), () =>
        response.destroy(),
      );
    },
  }),
  malformed: (): Fault => ({
    fault: ({ request, response }) => {
      if (request.stream) {
        startStream(response);
        response.end('data: {"id":"x","choices":[{"delta":{"conte\n\ndata: [DONE]\n\n');
      } else {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": [{"message"');
      }
    },
  }),
  emptyChoices: (): Fault => ({
    fault: (exchange) => {
      const body = {
        id: 'gen-1',
        model: 'm',
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 },
      };
      if (!exchange.request.stream) return exchange.json(200, body);
      startStream(exchange.response);
      exchange.response.end(`data: ${JSON.stringify(body)}\n\ndata: [DONE]\n\n`);
    },
  }),
  /** An error part inside a stream with status 200 (a whole answer: an error body with status 200). */
  errorPart: (error: { message: string; code: number | string; type?: string }, text = ''): Fault => ({
    fault: (exchange) => {
      const { response, writer, request } = exchange;
      if (!request.stream) return exchange.json(200, { error });
      startStream(response);
      response.end(writer.head() + (text === '' ? '' : writer.text(text)) + writer.error(error));
    },
  }),
  contextLength: (): Fault =>
    fault.status(400, {
      error: { message: 'too many tokens', code: 'context_length_exceeded', type: 'invalid_request_error' },
    }),
  redirect: (location: string, status = 307): Fault => ({
    fault: ({ response }) => void response.writeHead(status, { location }).end(),
  }),
};

function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
}

export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer((message, response) => {
    serve(message, response, options, requests).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `model-server: ${String(error)}`, code: 500 } }));
    });
  });
  server.keepAliveTimeout = 500;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    origin,
    baseUrl: `${origin}/v1`,
    requests,
    get chats() {
      return requests.filter((request) => request.wire !== 'embeddings' && request.wire !== 'other');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  options: ModelServerOptions,
  requests: RecordedRequest[],
): Promise<void> {
  const request = await record(message, options.key);
  requests.push(request);
  const json: Exchange['json'] = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  if (!request.authorized) return json(401, MISSING_AUTH_BODY);
  if (request.path.endsWith('/models'))
    return json(200, { object: 'list', data: [{ id: 'model', object: 'model' }] });
  if (request.wire === 'other')
    return json(404, { error: { message: `no such path ${request.path}`, code: 404 } });
  const writer = WIRES[request.wire](request.body);
  const answer: Exchange['answer'] = (given) => {
    const whole = complete(typeof given === 'string' ? { text: given } : given);
    if (!request.stream) return json(200, writer.whole(whole));
    startStream(response);
    const words = whole.text.match(/\s*\S+\s*/g) ?? [];
    response.write(writer.head());
    if (whole.reasoning !== '') response.write(writer.reasoning(whole.reasoning));
    for (const word of words) response.write(writer.text(word));
    for (const [index, call] of whole.calls.entries()) response.write(writer.call(index, call));
    response.end(writer.end(whole));
  };
  const exchange: Exchange = { request, response, writer, answer, json };
  if (request.wire === 'embeddings') return serveVectors(exchange, options, requests);
  const turn = requests.filter(
    (one) => one.wire !== 'embeddings' && one.authorized && one.method === 'POST',
  ).length;
  const { replies = () => 'ok' } = options;
  const reply = typeof replies === 'function' ? replies(request, turn) : replies[turn - 1];
  if (reply === undefined)
    return json(400, { error: { message: `model-server: no reply for request ${turn}`, code: 400 } });
  if (typeof reply === 'object' && 'fault' in reply) await reply.fault(exchange);
  else answer(reply);
}

function complete(given: ServerAnswer): Answer {
  const calls = (given.calls ?? []).map((call, index) => ({
    id: call.id ?? `call_${index + 1}_${Math.random().toString(36).slice(2, 8)}`,
    name: call.name,
    rawArgs: call.rawArgs ?? JSON.stringify(call.args ?? {}),
  }));
  const { input = 12, output = 8, cached = 0, reasoning = 0, cost } = given.usage ?? {};
  return {
    text: given.text ?? '',
    reasoning: given.reasoning ?? '',
    calls,
    finish: given.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
    usage: { input, output, cached, reasoning, cost },
  };
}

function serveVectors(
  exchange: Exchange,
  options: ModelServerOptions,
  requests: readonly RecordedRequest[],
): void | Promise<void> {
  const { writer } = exchange;
  const texts = writer.texts();
  const turn = requests.filter((one) => one.wire === 'embeddings' && one.authorized).length;
  const made =
    options.embed?.(texts, turn) ??
    texts.map((text) => vectorOf(text, writer.dimensions() ?? options.vectorLength ?? 8));
  if ('fault' in made) return made.fault(exchange);
  exchange.json(200, writer.vectors(made));
}

/** A vector that depends on the text only, of length 1. */
function vectorOf(text: string, length: number): number[] {
  const vector = Array.from({ length }, () => 0);
  for (const [index, character] of [...text].entries()) {
    const place = ((character.codePointAt(0) ?? 0) * 31 + index) % length;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}

async function record(message: IncomingMessage, key: string | undefined): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const path = message.url ?? '/';
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
  );
  const wire = wireOf(path);
  const stream =
    path.includes(':streamGenerateContent') || (body as { stream?: boolean } | undefined)?.stream === true;
  return {
    method: message.method ?? '',
    path,
    headers,
    body,
    wire,
    stream,
    authorized: isAuthorized(headers, path, key),
  };
}

function wireOf(path: string): Wire {
  const plain = path.replace(/\?.*$/, '');
  if (plain.endsWith('/chat/completions')) return 'openai';
  if (plain.endsWith('/messages')) return 'anthropic';
  if (plain.endsWith(':generateContent') || plain.endsWith(':streamGenerateContent')) return 'google';
  if (plain.endsWith('/embeddings') || /:(batchEmbedContents|embedContent)$/.test(plain)) return 'embeddings';
  return 'other';
}

/** Exactly the key, in exactly the header of the wire format, and no other credential. */
function isAuthorized(headers: Record<string, string>, path: string, key: string | undefined): boolean {
  if (key === undefined) return true;
  const carriers = {
    authorization: headers.authorization,
    'x-api-key': headers['x-api-key'],
    'x-goog-api-key': headers['x-goog-api-key'],
  };
  const wanted = path.includes('/messages')
    ? 'x-api-key'
    : path.includes(':')
      ? 'x-goog-api-key'
      : 'authorization';
  return Object.entries(carriers).every(([name, value]) =>
    name === wanted ? value === (name === 'authorization' ? `Bearer ${key}` : key) : value === undefined,
  );
}
