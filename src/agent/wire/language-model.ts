// Makes the SDK's model for a route. Key, base URL and fetch are always given, so that no package looks for its own.
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import { OpenSpaceError } from '../../lib/index.ts';
import type { Fetch } from '../guarded-fetch.ts';
import { providerOf, type Route, routeId, safeHeaders } from '../route.ts';

interface Settings {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
}

function settingsOf(route: Route, fetch: Fetch): Settings {
  return {
    baseURL: route.baseUrl,
    apiKey: route.key?.value ?? '',
    headers: safeHeaders(route.headers),
    fetch,
  };
}

/** The chat model of a route. Only the package of its wire format is loaded. */
export async function openLanguageModel(route: Route, fetch: Fetch): Promise<LanguageModelV4> {
  const provider = providerOf(route);
  const settings = settingsOf(route, fetch);
  switch (provider.wire) {
    case 'openrouter': {
      const { createOpenRouter } = await import('@openrouter/ai-sdk-provider');
      const open = createOpenRouter({ ...settings, compatibility: 'strict' });
      return open.chat(route.model, { structuredOutputs: { strict: false } });
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic(settings).messages(route.model);
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle(settings).languageModel(route.model);
    }
    case 'mistral': {
      const { createMistral } = await import('@ai-sdk/mistral');
      return createMistral(settings).chat(route.model);
    }
    case 'openai': {
      // `.chat`: the default of this package is /responses, which only OpenAI itself has.
      const { createOpenAI } = await import('@ai-sdk/openai');
      return createOpenAI(settings).chat(route.model);
    }
    case 'openai-chat': {
      const open = await openCompatible(route, settings);
      return open.chatModel(route.model);
    }
  }
}

/** The embedding model of a route. */
export async function openEmbeddingModel(route: Route, fetch: Fetch): Promise<EmbeddingModelV4> {
  const provider = providerOf(route);
  const settings = settingsOf(route, fetch);
  if (!provider.embeddings) {
    throw new OpenSpaceError('config', `${provider.title} has no embeddings (${routeId(route)}).`, {
      hint: 'Choose another embedding model, for example openrouter/openai/text-embedding-3-small.',
    });
  }
  if (provider.wire === 'google') {
    const { createGoogle } = await import('@ai-sdk/google');
    return createGoogle(settings).embeddingModel(route.model);
  }
  const open = await openCompatible(route, settings);
  return open.embeddingModel(route.model);
}

async function openCompatible(route: Route, settings: Settings) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const provider = providerOf(route);
  const { apiKey, ...rest } = settings;
  return createOpenAICompatible({
    ...rest,
    ...(apiKey === '' ? {} : { apiKey }),
    name: 'openaiCompatible',
    includeUsage: provider.streamUsage,
    supportsStructuredOutputs: provider.jsonOutput === 'schema',
  });
}
