// Binds the contract's routes to their handlers: reads path, query and body, checks them, answers in JSON.
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { OpenSpaceError } from '../../lib/index.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import { ROUTES, type Route, type RouteName } from './contract.ts';
import { homeHandlers } from './home.ts';
import { errorResponse, responseOf } from './http-errors.ts';
import { openApiDocument } from './openapi-document.ts';
import { proposalHandlers } from './proposals.ts';
import { runHandlers } from './runs.ts';
import { skillActionHandlers } from './skill-actions.ts';
import { skillHandlers } from './skills.ts';
import { addOriginalRoutes } from './v1/routes.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const BODY_LIMIT_BYTES = 8 * 2 ** 20;

/** The whole API, without any check of who asks: the server puts that before it. */
export function createApi(api: ApiContext, tell: (text: string) => void): Hono {
  const app = new Hono();
  const handlers: HandlersOf<RouteName> = {
    ...{ ...homeHandlers(api), ...skillHandlers(api), ...skillActionHandlers(api) },
    ...{ ...runHandlers(api), ...proposalHandlers(api) },
  };
  for (const name of Object.keys(ROUTES).filter(isRouteName)) bind(app, api, ROUTES[name], handlers[name]);
  const document = openApiDocument(api.version);
  app.get('/api/v2/openapi.json', () => Response.json(document));
  addOriginalRoutes(app, api);
  app.all('/api/*', ({ req }) => wrongRoute(req.method, req.path));
  app.onError((error) => responseOf(error, tell));
  return app;
}

const isRouteName = (name: string): name is RouteName => name in ROUTES;

function bind(app: Hono, api: ApiContext, route: Route, handler: (input: never) => unknown): void {
  const path = route.path.replace(/\{(\w+)\}/g, ':$1');
  app.on(route.method, path, async (context) => {
    const input = {
      id: context.req.param('id') ?? '',
      query: route.query === undefined ? undefined : parse(route.query, context.req.query(), 'address'),
      body: route.body === undefined ? undefined : parse(route.body, await readBody(context), 'body'),
      // Made only for who asks for it: most answers are there before anybody could have gone.
      get signal() {
        return AbortSignal.any([context.req.raw.signal, api.signal]);
      },
      lastEventId: lastEventId(context),
    };
    // The door: what was parsed with the route's schemas has the type that its handler takes.
    const result = await handler(input as never);
    if (result instanceof Response) return result;
    return new Response(JSON.stringify(result), { status: route.status ?? 200, headers: JSON_TYPE });
  });
}

function parse(schema: z.ZodType, value: unknown, where: 'address' | 'body'): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OpenSpaceError(
    'usage',
    `The ${where} of the request is not as it should be: ${z.prettifyError(parsed.error)}`,
    {
      hint: 'The routes are described at /api/v2/openapi.json.',
    },
  );
}

/** JSON only, and only under its own name: what a form of another site can send is refused. */
async function readBody({ req }: Context): Promise<unknown> {
  const type = req.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new OpenSpaceError('usage', 'The body has to be JSON, with content-type: application/json.');
  const text = await limitedText(req.raw);
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch (error) {
    throw new OpenSpaceError('usage', 'The body of the request is not JSON.', { cause: error });
  }
}

async function limitedText(request: Request): Promise<string> {
  const tooLarge = () =>
    new OpenSpaceError('too-large', `The body is larger than ${BODY_LIMIT_BYTES} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > BODY_LIMIT_BYTES) throw tooLarge();
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > BODY_LIMIT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lastEventId({ req }: Context): number | undefined {
  const text = req.header('last-event-id');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function wrongRoute(method: string, path: string): Response {
  const shown = path.slice(0, 200);
  const known = Object.values(ROUTES).find((route) =>
    new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  if (known === undefined)
    return errorResponse(
      'not-found',
      `There is no ${shown} here.`,
      'The routes are described at /api/v2/openapi.json.',
    );
  return errorResponse('usage', `${shown} does not take ${method}.`, undefined, 405);
}
