// A loopback server that behaves as the original's cloud does, and nothing beyond it: no accounts, hashes or signatures.
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { packSkill, parseSkillMd, type SkillFiles } from '../../src/skills/index.ts';

interface CloudRecord {
  readonly fields: Record<string, unknown> & { record_id: string; name: string };
  readonly fingerprint: string;
  readonly zip: Uint8Array;
}

export interface OriginalCloud {
  /** Address of the API, as `OPENSPACE_API_BASE` has it. */
  readonly apiUrl: string;
  readonly key: string;
  readonly records: Map<string, CloudRecord>;
  /** Every request: method, path, headers. */
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[];
  /** The forms that were staged: field and file names with their types. */
  readonly forms: { field: string; name: string; type: string }[][];
  /** Answers that come before the usual ones, once each: [status, body]. */
  readonly failures: [number, unknown][];
  /** Puts a record there as it is, with these bytes as its archive. */
  add(name: string, archive: Uint8Array | SkillFiles, fields?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

const REQUIRED = { imported: [0, 0], captured: [0, 0], derived: [1, 99], fixed: [1, 1] } as const;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const isBytes = body instanceof Uint8Array;
  response.writeHead(status, { 'content-type': isBytes ? 'application/zip' : 'application/json' });
  response.end(isBytes ? body : JSON.stringify(body));
}

export async function startOriginalCloud(): Promise<OriginalCloud> {
  const cloud: Pick<OriginalCloud, 'records' | 'requests' | 'forms' | 'failures'> = {
    records: new Map(),
    requests: [],
    forms: [],
    failures: [],
  };
  const artifacts = new Map<string, SkillFiles>();
  const key = 'cloud-key-for-tests';

  async function stage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new Uint8Array(await readBody(request));
    const form = await new Response(body, {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData();
    const files = new Map<string, Uint8Array>();
    const seen: OriginalCloud['forms'][number] = [];
    for (const [field, value] of form) {
      if (typeof value === 'string') continue;
      seen.push({ field, name: value.name, type: value.type });
      files.set(value.name, new Uint8Array(await value.arrayBuffer()));
    }
    cloud.forms.push(seen);
    const id = randomUUID();
    artifacts.set(id, files);
    send(response, 200, { artifact_id: id, stats: { file_count: files.size } });
  }

  async function create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await readBody(request)).toString());
    const files = artifacts.get(body.artifact_id);
    if (files === undefined) return send(response, 400, { error: 'unknown_artifact' });
    const [least, most] = REQUIRED[body.origin as keyof typeof REQUIRED];
    if (body.parent_skill_ids.length < least || body.parent_skill_ids.length > most)
      return send(response, 422, { error: 'invalid_parents' });
    const hash = createHash('sha256');
    for (const [path, bytes] of [...files].sort()) hash.update(path).update(bytes);
    const fingerprint = hash.digest('hex');
    const same = cloud.records.get(body.record_id);
    if (same?.fingerprint === fingerprint) return send(response, 200, same.fields);
    if (same !== undefined) return send(response, 409, { error: 'record_id_fingerprint_conflict' });
    const twin = [...cloud.records.values()].find((record) => record.fingerprint === fingerprint);
    if (twin !== undefined)
      return send(response, 409, {
        error: 'fingerprint_record_id_conflict',
        existing_record_id: twin.fields.record_id,
      });
    const parsed = parseSkillMd(new TextDecoder().decode(files.get('SKILL.md')));
    const fields = { ...body, name: parsed.name ?? '', description: parsed.description ?? '' };
    cloud.records.set(body.record_id, { fields, fingerprint, zip: await packSkill(files) });
    send(response, 201, fields);
  }

  async function read(path: string, url: URL, response: ServerResponse): Promise<void> {
    if (path === '/records/metadata') {
      const all = [...cloud.records.values()].map(({ fields }) => fields);
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const limit = Math.min(2, Number(url.searchParams.get('limit') ?? 200)); // small pages, so that clients must go on
      const hasMore = from + limit < all.length;
      return send(response, 200, {
        items: all.slice(from, from + limit),
        has_more: hasMore,
        next_cursor: hasMore ? String(from + limit) : null,
      });
    }
    const [, id = '', rest] = /^\/records\/([^/]+)(\/download)?$/.exec(path) ?? [];
    const record = cloud.records.get(decodeURIComponent(id));
    if (record === undefined) return send(response, 404, { detail: 'Not found' });
    send(response, 200, rest === undefined ? record.fields : record.zip);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://loopback');
    const path = url.pathname.replace(/^\/api\/v1/, '');
    const method = request.method ?? 'GET';
    cloud.requests.push({ method, path, headers: request.headers });
    const failure = cloud.failures.shift();
    if (failure !== undefined) {
      await readBody(request);
      return send(response, ...failure);
    }
    if (request.headers['x-api-key'] !== key) return send(response, 401, { detail: 'Invalid API key' });
    if (method === 'GET') return read(path, url, response);
    if (path === '/artifacts/stage') return stage(request, response);
    if (path === '/records') return create(request, response);
    if (path === '/records/embeddings/search') {
      const { query } = JSON.parse((await readBody(request)).toString());
      const rows = [...cloud.records.values()]
        .map(({ fields }) => fields)
        .filter(({ name }) => String(query).includes(name));
      return send(
        response,
        200,
        rows.map((row, at) => ({ ...row, search_rank: 1 - at / 10 })),
      );
    }
    send(response, 404, { detail: 'Not found' });
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...cloud,
    key,
    apiUrl: `http://127.0.0.1:${port}/api/v1`,
    async add(name, archive, fields = {}) {
      const id = `${name}__clo_${randomUUID().slice(0, 8)}`;
      const zip = archive instanceof Uint8Array ? archive : await packSkill(archive);
      cloud.records.set(id, {
        fields: { record_id: id, name, description: '', visibility: 'public', ...fields },
        fingerprint: randomUUID(),
        zip,
      });
      return id;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
