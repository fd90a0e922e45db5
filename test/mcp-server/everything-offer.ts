// The tools, resources and prompts that the official conformance suite asks a server for, mounted on ours.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallToolResult, ServerContext, Tool } from '@modelcontextprotocol/server';
import type { Offer } from '../../src/serve/mcp/offers.ts';

/** One red pixel, and a WAV file without sound. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

type Call = (args: Readonly<Record<string, unknown>>, context: ServerContext) => Promise<CallToolResult>;
const text = (value: string) => ({ type: 'text' as const, text: value });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const say = (value: string): CallToolResult => ({ content: [text(value)] });

async function elicit(
  context: ServerContext,
  message: string,
  properties: Record<string, object>,
  required: string[] = [],
) {
  const requestedSchema = { type: 'object', properties, required } as const;
  const { mcpReq } = context;
  const params = { message, requestedSchema } as Parameters<typeof mcpReq.elicitInput>[0];
  const answer = await mcpReq.elicitInput(params, { relatedRequestId: mcpReq.id });
  return `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
}

const CALLS: Readonly<Record<string, Call>> = {
  test_simple_text: async () => say('This is a simple text response for testing.'),
  test_image_content: async () => ({ content: [image] }),
  test_audio_content: async () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }),
  test_embedded_resource: async () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }),
  test_multiple_content_types: async () => ({
    content: [
      text('Multiple content types test:'),
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }),
  async test_tool_with_logging(_args, { mcpReq }) {
    for (const [index, line] of ['started', 'data', 'completed'].entries()) {
      if (index > 0) await sleep(50);
      await mcpReq.log('info', line === 'data' ? 'Tool processing data' : `Tool execution ${line}`);
    }
    return say('Logged three lines.');
  },
  test_error_handling: async () => ({
    ...say('This tool intentionally returns an error for testing'),
    isError: true,
  }),
  async test_tool_with_progress(_args, { mcpReq }) {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        });
      if (progress < 100) await sleep(50);
    }
    return say('Progressed.');
  },
  async test_sampling({ prompt }, { mcpReq }) {
    const messages = [{ role: 'user' as const, content: text(String(prompt)) }];
    const { content } = await mcpReq.requestSampling(
      { messages, maxTokens: 100 },
      { relatedRequestId: mcpReq.id },
    );
    const [first] = Array.isArray(content) ? content : [content];
    return say(`LLM response: ${first?.type === 'text' ? first.text : ''}`);
  },
  test_elicitation: async ({ message }, context) =>
    say(
      `User response: ${await elicit(
        context,
        String(message),
        {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        ['username', 'email'],
      )}`,
    ),
  test_elicitation_sep1034_defaults: async (_args, context) =>
    say(
      `Elicitation completed: ${await elicit(context, 'Please confirm', {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      })}`,
    ),
  test_elicitation_sep1330_enums: async (_args, context) =>
    say(
      `Elicitation completed: ${await elicit(context, 'Please choose', {
        untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        titledSingle: {
          type: 'string',
          oneOf: [1, 2, 3].map((n) => ({
            const: `value${n}`,
            title: `${['First', 'Second', 'Third'][n - 1]} Option`,
          })),
        },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: {
          type: 'array',
          items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        },
        titledMulti: {
          type: 'array',
          items: {
            anyOf: [1, 2, 3].map((n) => ({
              const: `value${n}`,
              title: `${['First', 'Second', 'Third'][n - 1]} Choice`,
            })),
          },
        },
      })}`,
    ),
  async test_reconnection(_args, { http }) {
    http?.closeSSE?.();
    await sleep(100);
    return say('Reconnection test completed successfully');
  },
};

const TOOLS: readonly Tool[] = [
  ...Object.keys(CALLS).map((name) => ({
    name,
    description: `Fixture of the conformance suite: ${name}`,
    inputSchema: {
      type: 'object' as const,
      properties: { prompt: { type: 'string' }, message: { type: 'string' } },
    },
  })),
  {
    name: 'json_schema_2020_12_tool',
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
      },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    },
  },
];

const RESOURCES: Readonly<Record<string, object>> = {
  'test://static-text': { mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
  'test://watched-resource': { mimeType: 'text/plain', text: 'Watched' },
};

function readResource(uri: string): object | undefined {
  const [, id] = uri.match(/^test:\/\/template\/([^/]+)\/data$/) ?? [];
  if (id === undefined) return RESOURCES[uri];
  return {
    mimeType: 'application/json',
    text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  };
}

const user = (content: unknown) => ({ role: 'user' as const, content });
const PROMPTS: Readonly<Record<string, (args: Readonly<Record<string, string>>) => object[]>> = {
  test_simple_prompt: () => [user(text('This is a simple prompt for testing.'))],
  test_prompt_with_arguments: ({ arg1, arg2 }) => [
    user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  ],
  test_prompt_with_embedded_resource: ({ resourceUri }) => [
    user({
      type: 'resource',
      resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
    }),
    user(text('Please process the embedded resource above.')),
  ],
  test_prompt_with_image: () => [user(image), user(text('Please analyze the image above.'))],
};
const ARGUMENTS: Readonly<Record<string, string[]>> = {
  test_prompt_with_arguments: ['arg1', 'arg2'],
  test_prompt_with_embedded_resource: ['resourceUri'],
};

export const everythingOffer: Offer = {
  tools: TOOLS,
  callTool: async (name, args, context) => CALLS[name]?.(args, context),
  templates: [{ name: 'template', uriTemplate: 'test://template/{id}/data', description: 'By id' }],
  listResources: async () => ({
    resources: Object.keys(RESOURCES).map((uri) => ({ uri, name: uri, description: `Fixture ${uri}` })),
  }),
  async readResource(uri) {
    const content = readResource(uri);
    return content === undefined
      ? undefined
      : ({ contents: [{ uri, ...content }] } as Awaited<ReturnType<NonNullable<Offer['readResource']>>>);
  },
  stampOf: (uri) => (uri in RESOURCES ? 'same' : undefined),
  prompts: Object.keys(PROMPTS).map((name) => ({
    name,
    description: `Fixture ${name}`,
    arguments: (ARGUMENTS[name] ?? []).map((each) => ({ name: each, required: true })),
  })),
  async getPrompt(name, args) {
    const messages = PROMPTS[name]?.(args);
    return messages === undefined
      ? undefined
      : ({ messages } as Awaited<ReturnType<NonNullable<Offer['getPrompt']>>>);
  },
  complete: async (_reference, { value }) =>
    ['paris', 'park', 'party'].filter((each) => each.startsWith(value)),
};
