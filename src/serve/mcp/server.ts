// One MCP server instance: connects a client's requests with the tools. Knows no transport.
import { fileURLToPath } from 'node:url';
import {
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Answer } from '../../agent/index.ts';
import { type CallContext, callTool, isToolName, type ToolWorld } from './call-tool.ts';
import { callOffered, OFFER_CAPABILITIES, type Offer, serveOffers } from './offers.ts';
import { ownOffer } from './own-offer.ts';
import type { PendingQuestion } from './task-questions.ts';
import { codeOf } from './tool-result.ts';
import { INSTRUCTIONS, listTools } from './tools.ts';

export interface McpServerOptions {
  readonly world: ToolWorld;
  readonly version: string;
  /** Key of the client for turns in the queue. */
  readonly clientKey: string;
  /** True if a skill hub is set up. */
  readonly hub: () => boolean;
  /** What is offered besides our own tools, resources and prompts. */
  readonly offers?: readonly Offer[];
}

/** How long a client may take to say which folders it has open, in ms. */
const ROOTS_TIMEOUT_MS = 2_000;
/** How long a person may take to answer, in ms. */
const ASK_TIMEOUT_MS = 240_000;

/** Makes an instance for one connection, of either era of the protocol. */
export function createMcpServer(options: McpServerOptions): Server {
  const server = new Server(
    { name: 'OpenSpace', version: options.version },
    { capabilities: { tools: {}, logging: {}, ...OFFER_CAPABILITIES }, instructions: INSTRUCTIONS },
  );
  const offers = [ownOffer(options.world.config), ...(options.offers ?? [])];
  const { counter } = options.world;
  const clientName = () => server.getClientVersion()?.name ?? 'unknown';
  server.oninitialized = () => counter?.note(clientName(), { type: 'connect' });
  server.setRequestHandler('tools/list', () => {
    counter?.note(clientName(), { type: 'list' });
    return { tools: [...listTools({ hub: options.hub() }), ...offers.flatMap((offer) => offer.tools ?? [])] };
  });
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name } = params;
    if (isToolName(name)) {
      const answer = await callTool(
        name,
        params.arguments,
        options.world,
        callContext(server, context, options),
      );
      counter?.note(clientName(), { type: 'call', tool: name, error: answer.isError && codeOf(answer) });
      return answer;
    }
    const offered = await callOffered(offers, params.name, params.arguments ?? {}, context);
    if (offered !== undefined) return offered;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool "${params.name}".`);
  });
  const stop = serveOffers(server, offers);
  server.onclose = stop;
  return server;
}

function callContext(server: Server, context: ServerContext, { clientKey }: McpServerOptions): CallContext {
  const { signal, _meta, notify } = context.mcpReq;
  const progressToken = _meta?.progressToken;
  const started = performance.now();
  return {
    signal,
    wasCancelled: () => signal.aborted && !isGone(signal.reason),
    client: { key: clientKey, name: server.getClientVersion()?.name ?? 'unknown' },
    root: () => firstRoot(server),
    ...(canElicit(server) ? { ask: (question) => askPerson(question, context) } : {}),
    ...(progressToken === undefined
      ? {}
      : {
          progress: (message) => {
            const progress = Math.round((performance.now() - started) / 1_000);
            const sent = notify({
              method: 'notifications/progress',
              params: { progressToken, progress, message },
            });
            sent.catch(() => undefined); // the client is gone; the call's own signal says so
          },
        }),
  };
}

/** Clients of 2026-07-28 are asked in another way, which an answer that waits can't use. */
const canElicit = (server: Server) =>
  server.getClientCapabilities()?.elicitation !== undefined &&
  (server.getNegotiatedProtocolVersion() ?? '') < '2026';

/** What the person at the client says; undefined if nobody answers. */
async function askPerson(
  { action, reason }: PendingQuestion,
  { mcpReq }: ServerContext,
): Promise<Answer | undefined> {
  try {
    const { action: done, content } = await mcpReq.elicitInput(
      {
        message: `OpenSpace asks: ${action}\n${reason}`,
        requestedSchema: {
          type: 'object',
          properties: {
            answer: {
              type: 'string',
              title: 'Allow it?',
              enum: ['yes', 'no', 'always', 'never'],
              description: '"always" and "never" are remembered for this folder.',
            },
          },
          required: ['answer'],
        },
      },
      // Over HTTP the question goes with the answer to this call: the client's other stream may not be open yet.
      { timeout: ASK_TIMEOUT_MS, signal: mcpReq.signal, relatedRequestId: mcpReq.id },
    );
    if (done !== 'accept') return done === 'decline' ? false : undefined;
    const answer = content?.answer;
    if (answer === 'always' || answer === 'never') return answer;
    return answer === 'yes';
  } catch (error) {
    if (error instanceof SdkError || error instanceof ProtocolError) return undefined; // gone, or too slow
    throw error;
  }
}

/** A connection that closed aborts its calls too; that is not a wish to stop the work. */
const isGone = (reason: unknown) =>
  reason instanceof SdkError && reason.code === SdkErrorCode.ConnectionClosed;

/** The first folder that the client has open, where it says so. */
async function firstRoot(server: Server): Promise<string | undefined> {
  if (server.getClientCapabilities()?.roots === undefined) return undefined;
  try {
    const { roots } = await server.listRoots(undefined, { timeout: ROOTS_TIMEOUT_MS });
    const uri = roots.find((root) => root.uri.startsWith('file://'))?.uri;
    return uri === undefined ? undefined : fileURLToPath(uri);
  } catch (error) {
    if (error instanceof SdkError || error instanceof ProtocolError || error instanceof TypeError)
      return undefined; // said it has some, and does not tell
    throw error;
  }
}
