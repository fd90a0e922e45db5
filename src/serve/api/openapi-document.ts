// The OpenAPI document, made from the table of routes.
import { z } from 'zod';
import { ApiError, LiveEvent, ROUTES, type Route, RunEvent } from './contract.ts';

type Json = Readonly<Record<string, unknown>>;

/** OpenAPI 3.1 of everything under `/api/v2`. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const methods = paths[route.path] ?? {};
    methods[route.method.toLowerCase()] = operation(name, route);
    paths[route.path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: {
      ...{ title: 'OpenSpace', version },
      description:
        'The API of the dashboard. Send `Authorization: Bearer <token>`; the token is printed by `openspace mcp token`. Times are UTC ISO texts.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'openspace_<port>' },
      },
      schemas: {
        ...{ ApiError: schemaOf(ApiError), RunEvent: schemaOf(RunEvent), LiveEvent: schemaOf(LiveEvent) },
      },
    },
  };
}

const schemaOf = (schema: z.ZodType, io: 'input' | 'output' = 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return rest;
};

function operation(name: string, { path, does, query, body, response, status }: Route): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    ...{ name: parameter, in: 'path', required: true, schema: { type: 'string' } },
  }));
  return {
    ...{ operationId: name, summary: does },
    parameters: [...inPath, ...(query === undefined ? [] : queryParameters(query))],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: {
      [status ?? 200]: { description: 'Success', content: contentOf(name, response) },
      default: {
        description: 'What went wrong',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } },
      },
    },
  };
}

function contentOf(name: string, response: Route['response']): Json {
  if (response === 'bytes') return { '*/*': {} };
  if (response !== 'stream') return { 'application/json': { schema: schemaOf(response) } };
  const event = name === 'events' ? 'LiveEvent' : 'RunEvent';
  return { 'text/event-stream': { schema: { $ref: `#/components/schemas/${event}` } } };
}

function queryParameters(query: z.ZodType): Json[] {
  const { properties, required } = z
    .object({
      properties: z.record(z.string(), z.unknown()).default({}),
      required: z.array(z.string()).default([]),
    })
    .parse(schemaOf(query, 'input'));
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema: schema === undefined ? {} : schema },
  }));
}
