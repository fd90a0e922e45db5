// A scripted model on loopback that speaks OpenAI's Responses API, as Codex asks for it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

export interface ResponsesCall {
  /** Codex puts the tools of an MCP server into a namespace of its own. */
  readonly namespace?: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What tests look at in the body of a request. */
const Body = z.looseObject({
  tools: z.array(z.unknown()).default([]),
  input: z.array(
    z.looseObject({
      type: z.string().optional(),
      name: z.string().optional(),
      call_id: z.string().optional(),
      output: z.unknown().optional(),
    }),
  ),
});
export type ResponsesBody = z.infer<typeof Body>;

export interface ResponsesServer extends AsyncDisposable {
  readonly origin: string;
  readonly bodies: readonly ResponsesBody[];
}

/** Answers each request with what `reply` says: a text, or a call of a tool. */
export async function startResponsesServer(
  reply: (body: ResponsesBody, turn: number) => string | ResponsesCall | Promise<string | ResponsesCall>,
): Promise<ResponsesServer> {
  const bodies: ResponsesBody[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (!request.url?.endsWith('/responses') || request.method !== 'POST') {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"none"}}');
      return;
    }
    const body = Body.parse(JSON.parse(text));
    bodies.push(body);
    const turn = bodies.length;
    const answer = await reply(body, turn);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of eventsOf(answer, turn))
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function eventsOf(reply: string | ResponsesCall, turn: number) {
  const item =
    typeof reply === 'string'
      ? {
          type: 'message',
          id: `msg_${turn}`,
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: reply, annotations: [] }],
        }
      : {
          type: 'function_call',
          id: `fc_${turn}`,
          call_id: `call_${turn}`,
          namespace: reply.namespace,
          name: reply.name,
          arguments: JSON.stringify(reply.args),
          status: 'completed',
        };
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 15,
  };
  const response = { id: `resp_${turn}`, object: 'response', status: 'in_progress', output: [] };
  return [
    { type: 'response.created', response },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { ...response, status: 'completed', output: [item], usage } },
  ];
}
