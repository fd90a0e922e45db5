// The HTTP face: every route of the protocol with its checks, and one place where refusals are answered.
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { z } from 'zod';
import { API_PATH, ROUTES, type RouteShape } from '../../../src/hub/index.ts';
import { OpenSpaceError, parseJson, toMessage } from '../../../src/lib/index.ts';
import { createRecord } from '../domain/publish.ts';
import { getRecord, getUsableRecord, toRecord } from '../domain/records.ts';
import { Refused } from '../domain/refuse.ts';
import { stageFiles } from '../domain/stage.ts';
import type { HubParts } from '../hub.ts';
import { createGate, type Gate } from './gate.ts';
import { createHandlers, type JsonRoute } from './handlers.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { mountPages } from './pages.ts';
import { readUpload } from './upload.ts';

/** An upload is the files and the multipart around them; everything else is small JSON, except diffs. */
const UPLOAD_LIMIT_BYTES = 24 * 2 ** 20;
const JSON_LIMIT_BYTES = 6 * 2 ** 20;

export function createApp(parts: HubParts): Hono {
  const app = new Hono();
  const metrics = createMetrics();
  const gate = createGate(parts);
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], scriptSrc: ["'none'"], frameAncestors: ["'none'"] },
    }),
  );
  app.use(async (c, next) => {
    const started = performance.now();
    const waitS = gate.admit(c);
    if (waitS === undefined) await next();
    else c.res = refusal(new Refused('rate_limited', 'Too many requests.'), waitS);
    metrics.observe(c.req.routePath, c.res.status, (performance.now() - started) / 1000);
  });
  app.onError((error) => toRefusal(error, parts));
  app.notFound(() => refusal(new Refused('not_found', 'There is no such address.')));
  mountJson(app, parts, gate);
  mountFiles(app, parts, gate);
  mountService(app, parts, gate, metrics);
  mountPages(app, parts, gate);
  return app;
}

const limitOf = (maxSize: number) =>
  bodyLimit({ maxSize, onError: () => refusal(new Refused('too_large', 'The request is too large.')) });

function mountJson(app: Hono, parts: HubParts, gate: Gate): void {
  const handlers = createHandlers(parts);
  const limit = limitOf(JSON_LIMIT_BYTES);
  const mount = (name: JsonRoute) => {
    const route: RouteShape = ROUTES[name];
    const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
    app.on(route.method, API_PATH + route.path, limit, async (c) => {
      const caller = await gate.callerOf(c, route.access);
      const call = {
        params: check(route.params, c.req.param(), 'address'),
        query: check(route.query, c.req.query(), 'query'),
        body: hasBody ? check(route.body, parseJson(await c.req.text()), 'body') : {},
        caller,
      };
      // The door: `check` has just tried each part against this route's schema.
      const handle = handlers[name] as (input: typeof call) => Promise<unknown>;
      const reply = await (name === 'join' ? gate.guarded(c, () => handle(call)) : handle(call));
      return json(reply, route.status);
    });
  };
  for (const name of Object.keys(handlers) as JsonRoute[]) mount(name);
}

function mountFiles(app: Hono, parts: HubParts, gate: Gate): void {
  const { db, store } = parts;
  app.post(API_PATH + ROUTES.stage.path, limitOf(UPLOAD_LIMIT_BYTES), async (c) => {
    const caller = await gate.callerOf(c, ROUTES.stage.access);
    return json(await stageFiles(db, store, caller, await readUpload(c.req.raw)), ROUTES.stage.status);
  });
  app.post(API_PATH + ROUTES.createRecord.path, limitOf(JSON_LIMIT_BYTES), async (c) => {
    const caller = await gate.callerOf(c, ROUTES.createRecord.access);
    const body = check(ROUTES.createRecord.body, parseJson(await c.req.text()), 'body');
    const { recordId, created, headId } = await createRecord(db, caller, body, parts.options.quotaBytes);
    if (headId !== null) await parts.jobs.index(headId);
    return json(toRecord(await getRecord(db, caller, recordId)), created ? 201 : 200);
  });
  app.get(API_PATH + ROUTES.download.path, async (c) => {
    const caller = await gate.callerOf(c, ROUTES.download.access);
    const { id } = check(ROUTES.download.params, c.req.param(), 'address');
    const row = await getUsableRecord(db, caller, id);
    return new Response(new Uint8Array(await store.get(row.archive_hash)), {
      headers: {
        'content-type': 'application/zip',
        'content-disposition': 'attachment; filename="skill.zip"',
        etag: `"${row.archive_hash}"`,
        'cache-control': 'private, no-cache',
      },
    });
  });
}

function mountService(app: Hono, parts: HubParts, gate: Gate, metrics: Metrics): void {
  app.get('/healthz', async (c) => {
    await parts.db.run('SELECT 1');
    return c.json({ status: 'ok' });
  });
  app.get('/openapi.json', (c) => c.json(openApiDocument(parts.info.version)));
  app.get('/metrics', async (c) => {
    await gate.callerOf(c, 'metrics');
    return c.text(metrics.render(await parts.gauges()));
  });
}

const json = (value: unknown, status: number) =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  });

function check<T>(schema: z.ZodType<T>, value: unknown, what: 'address' | 'query' | 'body'): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // An id that could not be one is answered like any other that is not there.
  if (what === 'address') throw new Refused('not_found', 'There is no such record.');
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw new Refused('invalid', `The ${what} is not as expected: ${where} ${issue?.message ?? ''}`.trim());
}

function refusal(refused: Refused, retryAfterS?: number): Response {
  const response = json(refused.toJson(), refused.status);
  if (retryAfterS !== undefined) response.headers.set('retry-after', String(retryAfterS));
  return response;
}

const GUESSING_WAIT_S = 60;

function toRefusal(error: unknown, { log }: HubParts): Response {
  if (error instanceof Refused)
    return refusal(error, error.code === 'rate_limited' ? GUESSING_WAIT_S : undefined);
  if (error instanceof OpenSpaceError && (error.code === 'network' || error.code === 'busy')) {
    log.warn(error.message);
    return refusal(new Refused('unavailable', 'A part of the hub does not answer.'));
  }
  // Nothing of a bug reaches the client: messages of databases quote values.
  log.error(`Unexpected: ${toMessage(error)}`, error instanceof Error ? { stack: error.stack } : undefined);
  return refusal(new Refused('internal', 'Something unexpected went wrong on the hub.'));
}
