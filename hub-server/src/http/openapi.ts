// The OpenAPI document, made from the routes that client and server share.
import { z } from 'zod';
import { API_KEY_HEADER, API_PATH, ErrorReply, ROUTES, type RouteShape } from '../../../src/hub/index.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

function parametersOf(schema: z.ZodType, place: 'path' | 'query') {
  const { properties = {}, required = [] } = schemaOf(schema, 'input');
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: value,
  }));
}

const multipart = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      properties: { files: { type: 'array', items: { type: 'string', format: 'binary' } } },
    },
  },
};

function operationOf(id: string, route: RouteShape) {
  const reply =
    route.answers === 'zip'
      ? { 'application/zip': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: schemaOf(route.reply, 'output') } };
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
  const body =
    route.sends === 'multipart'
      ? multipart
      : { 'application/json': { schema: schemaOf(route.body, 'input') } };
  return {
    operationId: id,
    summary: route.summary,
    description:
      route.access === 'anyone'
        ? 'Needs no key.'
        : `Needs ${route.access === 'key' ? 'any key' : `a key with scope "${route.access}"`}.`,
    ...(route.access === 'anyone' ? { security: [] } : {}),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(hasBody ? { requestBody: { required: true, content: body } } : {}),
    responses: {
      [route.status]: { description: 'Done', content: reply },
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: schemaOf(ErrorReply, 'output') } },
      },
    },
  };
}

/** OpenAPI 3.1 of all routes. */
export function openApiDocument(version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, route] of Object.entries(ROUTES)) {
    const path = API_PATH + route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(id, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'OpenSpace hub', version },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: API_KEY_HEADER } } },
    security: [{ key: [] }],
    paths,
  };
}
