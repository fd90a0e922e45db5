// The hub client: typed calls of every route, staging and downloading with limits. Speaks to our hub and the original's cloud.
import type { z } from 'zod';
import { OpenSpaceError } from '../lib/index.ts';
import { type SkillFiles, unpackSkill } from '../skills/index.ts';
import { withoutSidecars } from './content.ts';
import { exchange, type Fetch, parseJson } from './http.ts';
import { API_KEY_HEADER, API_PATH, type HubRecord, RecordId } from './protocol.ts';
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
  const fetch = options.fetch ?? globalThis.fetch;
  const headers: Record<string, string> = {
    'user-agent': 'OpenSpace-Client/1.0',
    ...options.headers,
    ...(options.apiKey === undefined ? {} : { [API_KEY_HEADER]: options.apiKey }),
  };
  const timeoutMs = options.timeoutMs ?? 30_000;
  const common = {
    fetch,
    signal: options.signal,
    ...(options.retryDelayMs === undefined ? {} : { retryDelayMs: options.retryDelayMs }),
  };

  async function call<K extends RouteName>(name: K, input: InputOf<K> = {}): Promise<ReplyOf<K>> {
    const route: RouteShape = ROUTES[name];
    const hasBody = input.body !== undefined;
    const answer = await exchange({
      ...common,
      method: route.method,
      url: apiUrl + fillPath(route.path, input.params) + queryText(input.query),
      headers: hasBody ? { ...headers, 'content-type': 'application/json' } : headers,
      ...(hasBody ? { body: JSON.stringify(input.body) } : {}),
      timeoutMs,
      maxBytes: JSON_LIMIT_BYTES,
      retries: route.method === 'GET' || name === 'search' || name === 'advice' ? 2 : 0,
    });
    return readReply(route, answer.bytes) as ReplyOf<K>; // the door: checked against this route's schema
  }

  return {
    apiUrl,
    call,
    async download(recordId) {
      const { bytes } = await exchange({
        ...common,
        method: 'GET',
        url: apiUrl + fillPath(ROUTES.download.path, { id: recordId }),
        headers,
        timeoutMs: 4 * timeoutMs,
        maxBytes: ZIP_LIMIT_BYTES,
        retries: 2,
      });
      return withoutSidecars(await unpackSkill(bytes));
    },
    async stage(files) {
      const form = new FormData();
      for (const [path, bytes] of withoutSidecars(files)) {
        const type = TEXT_FILE.test(path) ? 'text/plain' : 'application/octet-stream';
        form.append('files', new Blob([new Uint8Array(bytes)], { type }), path);
      }
      const { bytes } = await exchange({
        ...common,
        method: 'POST',
        url: apiUrl + ROUTES.stage.path,
        headers,
        body: form,
        timeoutMs: 2 * timeoutMs,
        maxBytes: JSON_LIMIT_BYTES,
        retries: 1, // a staged artifact that nobody uses goes away by itself
      });
      return readReply(ROUTES.stage, bytes) as ReplyOf<'stage'>;
    },
    async *records() {
      let cursor: string | undefined;
      do {
        const page: ReplyOf<'listRecords'> = await call('listRecords', {
          query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) },
        });
        yield* page.items;
        cursor = page.has_more ? (page.next_cursor ?? undefined) : undefined;
      } while (cursor !== undefined);
    },
  };
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
