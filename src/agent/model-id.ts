// Reading what people configure: model ids and base URLs.
import { nearest, OpenSpaceError } from '../lib/index.ts';
import { findProvider, PROVIDERS, type Provider } from './providers.ts';

export type ModelIdResult =
  | { readonly kind: 'known'; readonly provider: Provider; readonly model: string }
  | { readonly kind: 'unknown'; readonly reason: string; readonly suggestion: string | undefined };

/**
 * Reads `provider/model`; the provider ends at the first slash. A bare model name is recognised by a whole
 * word of it (`claude-sonnet-4-5`, `qwen3-max`), never by letters inside a word.
 */
export function parseModelId(text: string): ModelIdResult {
  const id = text.trim();
  if (id === '') return { kind: 'unknown', reason: 'The model name is empty.', suggestion: undefined };
  const slash = id.indexOf('/');
  if (slash < 0) return inferProvider(id);
  const prefix = id.slice(0, slash);
  const model = id.slice(slash + 1).trim();
  const provider = findProvider(prefix);
  if (provider === undefined) {
    const near = nearest(prefix, providerNames());
    return {
      kind: 'unknown',
      reason: `"${prefix}" is no known model provider.`,
      suggestion: near === undefined ? `openrouter/${id}` : `${near}/${model}`,
    };
  }
  if (model === '') {
    const reason = `"${id}" names a provider but no model.`;
    return { kind: 'unknown', reason, suggestion: undefined };
  }
  return { kind: 'known', provider, model };
}

function inferProvider(name: string): ModelIdResult {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .flatMap((word) => [word, word.replace(/\d.*$/, '')]); // qwen3 is a qwen
  const provider = PROVIDERS.find((one) => one.keywords.some((keyword) => words.includes(keyword)));
  if (provider !== undefined && name.toLowerCase() !== provider.id) {
    return { kind: 'known', provider, model: name };
  }
  const near = provider === undefined ? nearest(name, providerNames()) : undefined;
  return {
    kind: 'unknown',
    reason:
      provider === undefined
        ? `"${name}" does not say which provider serves it: write provider/model.`
        : `"${name}" names a provider but no model.`,
    suggestion: near === undefined ? undefined : `${near}/<model>`,
  };
}

function providerNames(): string[] {
  return PROVIDERS.flatMap((one) => [one.id, ...one.aliases]);
}

/** Endpoints that people paste together with the base. */
const ENDPOINTS = /\/+(?:chat\/completions|completions|embeddings|messages|responses|models)\/*$/i;

/**
 * A base URL as it is stored in a route: no endpoint, no trailing slash, http or https.
 * With a provider, a URL of its own host (or of Ollama) without a path gets the provider's usual path.
 * Throws `OpenSpaceError('config')`.
 */
export function normaliseBaseUrl(text: string, provider?: Provider): string {
  const trimmed = text
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const refuse = (why: string) =>
    new OpenSpaceError('config', `The base URL "${withoutPassword(trimmed)}" ${why}.`, {
      hint: 'Write it like https://openrouter.ai/api/v1 or http://127.0.0.1:11434/v1.',
    });
  if (url === undefined) throw refuse('is not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refuse('must start with https:// or http://');
  if (url.username !== '' || url.password !== '') throw refuse('must not contain a user name or password');
  if (url.search !== '' || url.hash !== '') throw refuse('must not contain "?" or "#"');
  let path = url.pathname.replace(ENDPOINTS, '').replace(/\/+$/, '');
  if (path === '' && provider?.basePath !== undefined) {
    const home = provider.defaultBaseUrl === undefined ? undefined : new URL(provider.defaultBaseUrl).host;
    if (provider.id === 'ollama' || url.host === home) path = provider.basePath;
  }
  return `${url.origin}${path}`;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@').slice(0, 200);
}
