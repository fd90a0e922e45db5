// Turns texts into vectors over the same guarded road as chat: batched, retried, checked.
import { createRedactor, OpenSpaceError } from '../lib/index.ts';
import { type Failure, retryDelayMs, toModelError, toOpenSpaceError } from './errors.ts';
import { createGuardedFetch, type Fetch } from './guarded-fetch.ts';
import { type ModelOptions, realSleep } from './model.ts';
import { providerOf, type Route, refuseRoute, routeId } from './route.ts';
import type { Embedder } from './types.ts';

type EmbedBatch = (texts: string[], signal: AbortSignal) => Promise<readonly (readonly number[])[]>;

/**
 * An embedder with its credential bound. Vectors have one length, `route.dimensions` if it is set.
 * `embed` rejects with `OpenSpaceError` only: `auth` or `config` before anything is sent, `cancelled` on abort.
 */
export function createEmbedder(route: Route, options: ModelOptions = {}): Embedder {
  const redactor = options.redactor ?? createRedactor();
  if (route.key !== undefined) redactor.add(route.key.value);
  const refusal = refuseRoute(route);
  const sleep = options.sleep ?? realSleep;
  const random = options.random ?? Math.random;
  let connection: Promise<EmbedBatch> | undefined;

  const batchWithRetries = async (texts: string[], signal: AbortSignal) => {
    const { classifyFailure } = await import('./wire/index.ts');
    for (let tries = 1; ; tries += 1) {
      try {
        connection ??= connect(route, options.fetch);
        const embed = await connection;
        return checkVectors(await embed(texts, signal), texts.length, route);
      } catch (error) {
        if (signal.aborted) throw cancelled(signal);
        const failure: Failure = classifyFailure(error, route);
        const delayMs = tries < route.maxTries ? retryDelayMs(failure, tries, random) : undefined;
        if (delayMs === undefined) {
          const { message, hint } = failure.error;
          const told = { ...failure.error, message: redactor.text(message) };
          throw toOpenSpaceError(hint === undefined ? told : { ...told, hint: redactor.text(hint) });
        }
        await sleep(delayMs, signal);
      }
    }
  };

  const embed: Embedder['embed'] = async (texts, signal) => {
    if (refusal !== undefined) throw toOpenSpaceError(toModelError(refusal));
    if (texts.some((text) => text.trim() === '')) {
      throw new OpenSpaceError('invalid', 'An empty text has no vector.');
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(route.timeoutMs)]);
    const batch = providerOf(route).embeddingBatch;
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += batch) {
      vectors.push(...(await batchWithRetries(texts.slice(start, start + batch), limit)));
    }
    const length = vectors[0]?.length;
    if (vectors.some((vector) => vector.length !== length)) throw badVectors(route, 'of different lengths');
    return vectors;
  };
  return { id: `${routeId(route)}@${route.dimensions ?? 'default'}`, embed };
}

async function connect(route: Route, fetch: Fetch | undefined): Promise<EmbedBatch> {
  const guarded = createGuardedFetch(route, {
    ...(fetch === undefined ? {} : { fetch }),
    firstByteTimeoutMs: route.firstByteTimeoutMs,
    idleTimeoutMs: route.idleTimeoutMs,
  });
  const { openEmbeddingModel } = await import('./wire/index.ts');
  const model = await openEmbeddingModel(route, guarded);
  return async (texts, abortSignal) => {
    const { embeddings } = await model.doEmbed({
      values: texts,
      abortSignal,
      ...(route.dimensions === undefined ? {} : { dimensions: route.dimensions }),
    });
    return embeddings;
  };
}

function checkVectors(vectors: readonly (readonly number[])[], wanted: number, route: Route): Float32Array[] {
  if (vectors.length !== wanted) throw badVectors(route, `${vectors.length} in number for ${wanted} texts`);
  return vectors.map((vector) => {
    if (vector.length === 0) throw badVectors(route, 'empty');
    if (!vector.every(Number.isFinite)) throw badVectors(route, 'not made of numbers');
    if (route.dimensions !== undefined && vector.length !== route.dimensions) {
      throw badVectors(route, `${vector.length} long instead of ${route.dimensions}`);
    }
    return Float32Array.from(vector);
  });
}

function badVectors(route: Route, how: string): OpenSpaceError {
  return new OpenSpaceError('provider', `The vectors of ${routeId(route)} are ${how}.`, {
    hint: 'Check that the model is an embedding model.',
  });
}

function cancelled(signal: AbortSignal): OpenSpaceError {
  const timedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return timedOut
    ? new OpenSpaceError('timeout', 'The embedding took too long.')
    : new OpenSpaceError('cancelled', 'The embedding was cancelled.');
}
