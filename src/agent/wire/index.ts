// The door of wire: the SDK and its packages. Loaded at the first request, never before.
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { Fetch } from '../guarded-fetch.ts';
import { providerOf, type Route } from '../route.ts';
import type { ModelRequest } from '../types.ts';
import { type Collected, ReplyCollector } from './collect.ts';
import { openLanguageModel } from './language-model.ts';
import { toPrompt, toSdkTools } from './prompt.ts';

export type { Collected } from './collect.ts';
export { classifyFailure } from './failure.ts';
export { openEmbeddingModel } from './language-model.ts';

/** One request to the provider. Rejects only when the signal is aborted; a failure is part of what was collected. */
export type Ask = (
  request: ModelRequest,
  signal: AbortSignal,
  onText: ((text: string) => void) | undefined,
) => Promise<Collected>;

export async function connect(route: Route, fetch: Fetch): Promise<Ask> {
  const model = await openLanguageModel(route, fetch);
  return async (request, signal, onText) => {
    const collector = new ReplyCollector(route, onText);
    const options = toCallOptions(request, route, signal);
    try {
      if (route.stream) await readStream(model, options, collector, signal);
      else collector.addResult(await orAbort(Promise.resolve(model.doGenerate(options)), signal));
    } catch (error) {
      signal.throwIfAborted();
      collector.fail(error);
    }
    return collector.done();
  };
}

async function readStream(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  collector: ReplyCollector,
  signal: AbortSignal,
): Promise<void> {
  const { stream } = await orAbort(Promise.resolve(model.doStream(options)), signal);
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await orAbort(reader.read(), signal);
      if (done) return;
      collector.add(value);
    }
  } finally {
    reader.releaseLock();
    if (signal.aborted) void stream.cancel().catch(() => undefined); // the socket is already being closed
  }
}

/** A promise that gives up when the signal is aborted, whatever the SDK does. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function toCallOptions(request: ModelRequest, route: Route, signal: AbortSignal): LanguageModelV4CallOptions {
  const provider = providerOf(route);
  const limit = request.maxOutputTokens ?? route.maxOutputTokens ?? outputLimit(route);
  const options: LanguageModelV4CallOptions = {
    prompt: toPrompt(request, route),
    abortSignal: signal,
    includeRawChunks: provider.wire === 'openrouter',
  };
  if (limit !== undefined) options.maxOutputTokens = limit;
  if (request.temperature !== undefined) options.temperature = request.temperature;
  if (request.tools !== undefined && request.tools.length > 0) options.tools = toSdkTools(request.tools);
  if (request.output !== undefined && provider.jsonOutput !== 'none') {
    options.responseFormat = { type: 'json', name: request.output.name, schema: request.output.schema };
    // Strict mode refuses schemas with optional fields; the caller checks the answer anyway.
    const loose = { strictJsonSchema: false };
    options.providerOptions = { openai: loose, openaiCompatible: loose, mistral: loose };
  }
  return options;
}

/** Anthropic wants a limit. The package knows one for each known model and takes 4,096 for a new one: too short for files. */
function outputLimit(route: Route): number | undefined {
  const recent = /^claude-(?!3\b|2\b|instant)/.test(route.model);
  return providerOf(route).wire === 'anthropic' && recent ? 32_000 : undefined;
}
