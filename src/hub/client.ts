// The hub client: typed calls of every route, staging and downloading with limits. Speaks to our hub and the original's cloud.
import type { z } from 'zod';
import { OpenSpaceError, parseJson } from '../lib/index.ts';
import { type SkillFiles, unpackSkill } from '../skills/index.ts';
import { withoutSidecars } from './content.ts';
import { type Answer, type Exchange, exchange, type Fetch } from './http.ts';
import { API_KEY_HEADER, API_PATH, type CreateRecord, type HubRecord, RecordId } from './protocol.ts';
import { type ReplyOf, ROUTES, type RouteName, type RouteOf, type RouteShape } from './routes.ts';

export interface HubClientOptions {
  /** The hub's address, or the address of its API (`…/api/v1`). */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly signal: AbortSignal;
  readonly fetch?: Fetch;
  /** For one JSON request, in ms. Default 30 s; uploads have 60 s, downloads 120 s. */
  readonly timeoutMs?: number;
  /** Before the first retry, in ms. */
  readonly retryDelayMs?: number;
  /** Header values beside the key, for a gateway in front of the hub. */
  readonly headers?: Readonly<Record<string, string>>;
}

type InputOf<K extends RouteName> = {
  readonly params?: z.input<RouteOf<K>['params']>;
  readonly query?: z.input<RouteOf<K>['query']>;
  readonly body?: z.input<RouteOf<K>['body']>;
};

export interface HubClient {
  /** Address of the API. */
  readonly apiUrl: string;
  call<K extends RouteName>(name: K, input?: InputOf<K>): Promise<ReplyOf<K>>;
  /** The files of a record, unpacked in memory within the limits of a skill. */
  download(recordId: string): Promise<SkillFiles>;
  stage(files: SkillFiles): Promise<ReplyOf<'stage'>>;
  /** Makes the record. A lost answer is asked for again: the same id and files are there only once. */
  createRecord(body: z.input<typeof CreateRecord>): Promise<{ record: HubRecord; created: boolean }>;
  /** All records that the key may read, page by page. */
  records(): AsyncGenerator<HubRecord>;
}

const JSON_LIMIT_BYTES = 32 * 2 ** 20;
const ZIP_LIMIT_BYTES = 60 * 2 ** 20;
/** What the original sends as text; everything else goes as bytes. */
const TEXT_FILE = /\.(?:md|txt|yaml|yml|json|py|sh|toml)$/i;

/** `https://hub.example` and `https://hub.example/api/v1` both name the API. Throws `usage` for anything else. */
export function apiUrlOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new OpenSpaceError('usage', `"${address}" is no address of a hub.`, {
      hint: 'Give it as https://host or http://host:port.',
    });
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path === '' ? API_PATH : path);
}

/** A client for one hub. Nothing is sent before the first call. */
export function createHubClient(options: HubClientOptions): HubClient {
  const apiUrl = apiUrlOf(options.baseUrl);
  const send = createSender(options, apiUrl);
  const timeoutMs = options.timeoutMs ?? 30_000;
  const json = { 'content-type': 'application/json' };

  async function call<K extends RouteName>(name: K, input: InputOf<K> = {}): Promise<ReplyOf<K>> {
    const route: RouteShape = ROUTES[name];
    const isHarmless = route.method === 'GET' || name === 'search' || name === 'advice';
    const { bytes } = await send(route, fillPath(route.path, input.params) + queryText(input.query), {
      ...(input.body === undefined ? {} : { headers: json, body: JSON.stringify(input.body) }),
      timeoutMs,
      retries: isHarmless ? 2 : 0,
    });
    return readReply(route, bytes) as ReplyOf<K>; // the door: checked against this route's schema
  }

  return {
    apiUrl,
    call,
    async download(recordId) {
      const path = fillPath(ROUTES.download.path, { id: recordId });
      const { bytes } = await send(ROUTES.download, path, { timeoutMs: 4 * timeoutMs, retries: 2 });
      return withoutSidecars(await unpackSkill(bytes));
    },
    async stage(files) {
      // A staged artifact that nobody uses goes away by itself, so trying again is harmless.
      const { bytes } = await send(ROUTES.stage, ROUTES.stage.path, {
        body: formOf(files),
        timeoutMs: 2 * timeoutMs,
        retries: 1,
      });
      return readReply(ROUTES.stage, bytes) as ReplyOf<'stage'>;
    },
    async createRecord(body) {
      const { bytes, status } = await send(ROUTES.createRecord, ROUTES.createRecord.path, {
        headers: json,
        body: JSON.stringify(body),
        timeoutMs,
        retries: 2,
      });
      return { record: readReply(ROUTES.createRecord, bytes) as HubRecord, created: status === 201 };
    },
    records: () => allRecords(call),
  };
}

async function* allRecords(
  call: (name: 'listRecords', input: InputOf<'listRecords'>) => Promise<ReplyOf<'listRecords'>>,
): AsyncGenerator<HubRecord> {
  let cursor: string | undefined;
  do {
    const page = await call('listRecords', {
      query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) },
    });
    yield* page.items;
    cursor = page.has_more ? (page.next_cursor ?? undefined) : undefined;
  } while (cursor !== undefined);
}

type Sent = Pick<Exchange, 'headers' | 'body' | 'timeoutMs' | 'retries'>;

function createSender(options: HubClientOptions, apiUrl: string) {
  const common = {
    fetch: options.fetch ?? globalThis.fetch,
    signal: options.signal,
    ...(options.retryDelayMs === undefined ? {} : { retryDelayMs: options.retryDelayMs }),
  };
  const headers = {
    'user-agent': 'OpenSpace-Client/1.0',
    ...options.headers,
    ...(options.apiKey === undefined ? {} : { [API_KEY_HEADER]: options.apiKey }),
  };
  return (route: RouteShape, path: string, sent: Sent): Promise<Answer> =>
    exchange({
      ...common,
      ...sent,
      method: route.method,
      url: apiUrl + path,
      headers: { ...headers, ...sent.headers },
      maxBytes: route.answers === 'zip' ? ZIP_LIMIT_BYTES : JSON_LIMIT_BYTES,
    });
}

function formOf(files: SkillFiles): FormData {
  const form = new FormData();
  for (const [path, bytes] of withoutSidecars(files)) {
    const type = TEXT_FILE.test(path) ? 'text/plain' : 'application/octet-stream';
    form.append('files', new Blob([new Uint8Array(bytes)], { type }), path);
  }
  return form;
}

function readReply(route: RouteShape, bytes: Uint8Array): unknown {
  const parsed = route.reply.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError(
    'invalid',
    `The answer to ${route.method} ${route.path} has not the expected form.`,
    {
      hint: 'Is this the address of a skill hub?',
      cause: parsed.error,
    },
  );
}

/** Puts parameters into a path. A record id is checked first: it must not be able to name another path. */
function fillPath(path: string, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  return path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = String(values.get(name) ?? '');
    if (!RecordId.safeParse(value).success)
      throw new OpenSpaceError('invalid', `"${value}" is not an id of the hub.`);
    return encodeURIComponent(value);
  });
}

function queryText(query: unknown): string {
  const pairs = Object.entries(query ?? {}).map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
