// What a server offers besides its tools: resources, prompts and the skills extension, from one or several sources.
import {
  type CallToolResult,
  type CompleteResult,
  type GetPromptResult,
  type ListResourcesResult,
  type Prompt,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ResourceTemplateType,
  type Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { watchResources } from './subscriptions.ts';

/** One source. Undefined as an answer: that name or address is not mine. */
export interface Offer {
  readonly tools?: readonly Tool[];
  callTool?(
    name: string,
    args: Readonly<Record<string, unknown>>,
    context: ServerContext,
  ): Promise<CallToolResult | undefined>;
  readonly templates?: readonly ResourceTemplateType[];
  /** A page; `cursor` is what the page before said, undefined for the first. */
  listResources?(cursor: string | undefined): Promise<ListResourcesResult>;
  readResource?(uri: string): Promise<ReadResourceResult | undefined>;
  /** Changes when the resource does; asked about once a second for those that a client watches. */
  stampOf?(uri: string): string | undefined;
  readonly prompts?: readonly Prompt[];
  getPrompt?(name: string, args: Readonly<Record<string, string>>): Promise<GetPromptResult | undefined>;
  /** Values that an argument of a prompt or a template may have, best first. */
  complete?(reference: string, argument: { name: string; value: string }): Promise<readonly string[]>;
  /** The skills extension (SEP-2640). */
  readonly skills?: SkillsOffer;
}

export interface SkillsOffer {
  list(
    cursor: string | undefined,
  ): Promise<{ readonly skills: readonly object[]; readonly nextCursor?: string }>;
  get(uri: string): Promise<object | undefined>;
}

/** As SEP-2640 names them. */
const SKILLS_EXTENSION = 'io.modelcontextprotocol/skills';
/** Nothing is to be kept: the library changes under the client's hands. */
const UNCACHED = { ttlMs: 0, cacheScope: 'private' as const };
const COMPLETIONS = 100;

export const OFFER_CAPABILITIES = {
  resources: { subscribe: true },
  prompts: {},
  completions: {},
  extensions: { [SKILLS_EXTENSION]: {} },
};

/** Answers everything but tools from the offers, in their order. Returns what ends it. */
export function serveOffers(server: Server, offers: readonly Offer[]): () => void {
  serveResources(server, offers);
  servePrompts(server, offers);
  serveSkills(server, offers);
  const watch = watchResources(server, (uri) => firstOf(offers.map((offer) => offer.stampOf?.(uri))));
  server.setRequestHandler('resources/subscribe', ({ params }) => {
    watch.add(params.uri);
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    watch.remove(params.uri);
    return {};
  });
  return () => watch.close();
}

const firstOf = <T>(values: readonly (T | undefined)[]): T | undefined =>
  values.find((value) => value !== undefined);

/** The first answer that is one; later offers are not asked. */
async function askInTurn<T>(
  offers: readonly Offer[],
  ask: (offer: Offer) => Promise<T | undefined> | undefined,
): Promise<T | undefined> {
  for (const offer of offers) {
    const answer = await ask(offer);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

export const callOffered = (
  offers: readonly Offer[],
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: ServerContext,
): Promise<CallToolResult | undefined> => askInTurn(offers, (offer) => offer.callTool?.(name, args, context));

function serveResources(server: Server, offers: readonly Offer[]): void {
  server.setRequestHandler('resources/list', async ({ params }) => {
    const pages = await Promise.all(offers.map((offer) => offer.listResources?.(params?.cursor)));
    const nextCursor = firstOf(pages.map((page) => page?.nextCursor));
    return {
      resources: pages.flatMap((page) => page?.resources ?? []),
      ...(nextCursor === undefined ? {} : { nextCursor }),
    };
  });
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: offers.flatMap((offer) => offer.templates ?? []),
  }));
  server.setRequestHandler('resources/read', async ({ params }) => {
    const found = await askInTurn(offers, (offer) => offer.readResource?.(params.uri));
    if (found === undefined) throw new ResourceNotFoundError(params.uri);
    return found;
  });
}

function servePrompts(server: Server, offers: readonly Offer[]): void {
  server.setRequestHandler('prompts/list', () => ({
    prompts: offers.flatMap((offer) => offer.prompts ?? []),
  }));
  server.setRequestHandler('prompts/get', async ({ params }) => {
    const found = await askInTurn(offers, (offer) => offer.getPrompt?.(params.name, params.arguments ?? {}));
    if (found === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt "${params.name}".`);
    return found;
  });
  server.setRequestHandler('completion/complete', async ({ params }): Promise<CompleteResult> => {
    const { ref, argument } = params;
    const reference = ref.type === 'ref/prompt' ? ref.name : ref.uri;
    const found = await Promise.all(offers.map((offer) => offer.complete?.(reference, argument) ?? []));
    const values = found.flat();
    return {
      completion: {
        values: values.slice(0, COMPLETIONS),
        total: values.length,
        hasMore: values.length > COMPLETIONS,
      },
    };
  });
}

function serveSkills(server: Server, offers: readonly Offer[]): void {
  const [skills] = offers.map((offer) => offer.skills).filter((each) => each !== undefined);
  if (skills === undefined) return;
  server.setRequestHandler(
    'skills/list',
    { params: z.looseObject({ cursor: z.string().optional() }) },
    async ({ cursor }) => ({ ...UNCACHED, ...(await skills.list(cursor)) }),
  );
  server.setRequestHandler('skills/get', { params: z.looseObject({ uri: z.string() }) }, async ({ uri }) => {
    const skill = await skills.get(uri);
    if (skill === undefined) throw new ResourceNotFoundError(uri);
    return { ...UNCACHED, skill };
  });
}
