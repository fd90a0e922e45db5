// From settings to routes: which provider, address and key a model call uses. A key only ever meets its own provider's address.
import {
  cleanSecret,
  findProvider,
  type ModelRole,
  normaliseBaseUrl,
  PROVIDERS,
  type Provider,
  type ProxySettings,
  parseModelId,
  ROUTE_DEFAULTS,
  type Route,
  type Secret,
} from '../agent/index.ts';
import { OpenSpaceError } from '../lib/index.ts';
import type { Config } from './config.ts';
import type { Layer, Sourced } from './layers.ts';
import { SETTINGS } from './settings.ts';

/** Roles that a route is made for. */
export type RouteRole = ModelRole | 'embedding';

/** What the original used, and what a bare OpenRouter key stands for here too. */
const DEFAULT_MODEL = 'openrouter/anthropic/claude-sonnet-4.5';

/** What one source offers for one provider. Fields of one offer belong together. */
interface Offer {
  readonly key: Secret | undefined;
  readonly base: Secret | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly trusted: boolean;
}

/** The model of the `chat` role, or undefined if none is set up. */
export function resolveModel(config: Config): { readonly id: string; readonly origin: string } | undefined {
  const set = config.get('model');
  if (set !== undefined) return { id: set, origin: config.originOf('model') };
  const fallback = parseModelId(DEFAULT_MODEL);
  if (fallback.kind === 'unknown') return undefined;
  const key = offersFor(config, fallback.provider, 'none').find((offer) => offer.key !== undefined)?.key;
  return key === undefined
    ? undefined
    : { id: DEFAULT_MODEL, origin: `default, since there is ${key.origin}` };
}

/** The error that says how to set up a model. */
export function noModelError(): OpenSpaceError {
  return new OpenSpaceError('config', 'No model is set up.', {
    hint: [
      'Set one and its key, for example:',
      `  export OPENSPACE_MODEL=${DEFAULT_MODEL} OPENROUTER_API_KEY=…`,
      'Or see how it works without one: openspace demo',
    ].join('\n'),
  });
}

/** The model id of a role: its own, else the chat model's. Undefined for `embedding` where none is configured. */
function modelOf(
  config: Config,
  role: RouteRole,
): { readonly id: string; readonly origin: string } | undefined {
  const own = role === 'chat' ? undefined : config.get(`models.${role}`);
  if (own !== undefined) return { id: own, origin: config.originOf(`models.${role}` as 'models.vision') };
  return role === 'embedding' ? undefined : resolveModel(config);
}

/**
 * The route of a role, or undefined for an embedding model that is not configured.
 * Throws `config` if no model is set up, the model's provider is unknown, or key and address do not belong together.
 */
export function routeFor(config: Config, role: RouteRole): Route | undefined {
  const model = modelOf(config, role);
  if (model === undefined) {
    if (role === 'embedding') return undefined;
    throw noModelError();
  }
  const { provider, name } = readModel(config, model);
  const generic = genericFor(config, role, provider);
  const offers = offersFor(config, provider, generic);
  const keyOffer = offers.find((offer) => offer.key !== undefined);
  const base = pickBase(provider, offers, keyOffer);
  const key = keyOffer?.key;
  refuseForeignKey(provider, key, base?.value);
  if (base === undefined) {
    throw new OpenSpaceError('config', `${model.id} (${model.origin}) needs a base URL.`, {
      hint: 'Set OPENSPACE_LLM_API_BASE, for example http://127.0.0.1:8000/v1.',
    });
  }
  const context = config.get('llm.context_tokens');
  const maxOutput = config.get('llm.max_output_tokens');
  return {
    ...ROUTE_DEFAULTS,
    provider: provider.id,
    model: name,
    baseUrl: base.value,
    baseUrlOrigin: base.origin,
    key,
    headers: Object.assign({}, ...offers.toReversed().map((offer) => offer.headers)),
    stream: config.get('llm.stream') ?? true,
    timeoutMs: Math.round((config.get('llm.timeout_s') ?? 300) * 1000),
    maxTries: config.get('llm.max_tries') ?? ROUTE_DEFAULTS.maxTries,
    proxy: proxyOf(config),
    ...(context === undefined ? {} : { contextTokens: context }),
    ...(maxOutput === undefined ? {} : { maxOutputTokens: maxOutput }),
  };
}

/** Splits a model id. With a base URL of one's own, an unknown name is that server's model. */
function readModel(
  config: Config,
  model: { id: string; origin: string },
): { provider: Provider; name: string } {
  const parsed = parseModelId(model.id);
  if (parsed.kind === 'known') return { provider: parsed.provider, name: parsed.model };
  const custom = findProvider('custom');
  if (custom !== undefined && config.get('llm.api_base') !== undefined)
    return { provider: custom, name: model.id };
  throw new OpenSpaceError(
    'config',
    `The model ${JSON.stringify(model.id)} (${model.origin}): ${parsed.reason}`,
    {
      hint: [
        ...(parsed.suggestion === undefined ? [] : [`Did you mean ${parsed.suggestion}?`]),
        `Providers: ${PROVIDERS.map((provider) => provider.id).join(', ')}.`,
        'For another server that speaks the OpenAI protocol set OPENSPACE_LLM_API_BASE.',
      ].join('\n'),
    },
  );
}

/** Which general key and base apply: a general key belongs to the chat model's provider and to no other. */
function genericFor(config: Config, role: RouteRole, provider: Provider): 'llm' | 'embedding' | 'none' {
  if (
    role === 'embedding' &&
    (config.get('embedding.api_key') !== undefined || config.get('embedding.api_base') !== undefined)
  )
    return 'embedding';
  const chat = resolveModel(config);
  return chat !== undefined && readModel(config, chat).provider.id === provider.id ? 'llm' : 'none';
}

/** All offers for a provider, best first. */
function offersFor(
  config: Config,
  provider: Provider,
  generic: 'llm' | 'embedding' | 'none',
): readonly Offer[] {
  return config.layers
    .flatMap((layer) => [
      ...(generic === 'none' ? [] : [genericOffer(layer, generic)]),
      blockOffer(layer, provider),
      variableOffer(layer, provider),
    ])
    .filter(
      (offer) => offer.key !== undefined || offer.base !== undefined || Object.keys(offer.headers).length > 0,
    );
}

function genericOffer(layer: Layer, generic: 'llm' | 'embedding'): Offer {
  // An untrusted `.env` has lost these settings, but the pair of key and base in it may be used together.
  const variables =
    generic === 'llm'
      ? ['OPENSPACE_LLM_API_KEY', 'OPENSPACE_LLM_API_BASE']
      : ['EMBEDDING_API_KEY', 'EMBEDDING_BASE_URL'];
  const [key, base] = layer.trusted
    ? [layer.values.get(`${generic}.api_key`), layer.values.get(`${generic}.api_base`)]
    : [variableOf(layer, variables.slice(0, 1)), variableOf(layer, variables.slice(1))];
  const headers = generic === 'llm' ? layer.values.get('llm.extra_headers')?.value : undefined;
  return {
    key: toSecret(key),
    base: toSecret(base),
    headers: (headers ?? {}) as Readonly<Record<string, string>>,
    trusted: layer.trusted,
  };
}

interface ProviderBlock {
  readonly api_key?: string;
  readonly api_base?: string;
  readonly extra_headers?: Readonly<Record<string, string>>;
}

function blockOffer(layer: Layer, provider: Provider): Offer {
  const blocks = layer.values.get('providers');
  const names = [provider.id, ...provider.aliases];
  const [name, block] =
    Object.entries((blocks?.value ?? {}) as Readonly<Record<string, ProviderBlock>>).find(([item]) =>
      names.includes(item),
    ) ?? [];
  const sourced = (field: 'api_key' | 'api_base') =>
    block?.[field] && { value: block[field], origin: `providers.${name}.${field} (${layer.name})` };
  return {
    key: toSecret(sourced('api_key') || undefined),
    base: toSecret(sourced('api_base') || undefined),
    headers: block?.extra_headers ?? {},
    trusted: layer.trusted,
  };
}

function variableOffer(layer: Layer, provider: Provider): Offer {
  return {
    key: toSecret(variableOf(layer, provider.keyVariables)),
    base: toSecret(variableOf(layer, provider.baseVariables)),
    headers: {},
    trusted: layer.trusted,
  };
}

function variableOf(layer: Layer, names: readonly string[]): Sourced | undefined {
  const name = names.find((item) => layer.variables.has(item));
  return name === undefined
    ? undefined
    : { value: layer.variables.get(name), origin: `${name} (${layer.name})` };
}

function toSecret(sourced: Sourced | undefined): Secret | undefined {
  const value = typeof sourced?.value === 'string' ? cleanSecret(sourced.value) : undefined;
  return sourced === undefined || value === undefined ? undefined : { value, origin: sourced.origin };
}

const hostOf = (url: string) => new URL(url).host;

/** The first base that may be combined with the key, else the provider's own. */
function pickBase(
  provider: Provider,
  offers: readonly Offer[],
  keyOffer: Offer | undefined,
): Secret | undefined {
  for (const offer of offers) {
    if (offer.base === undefined) continue;
    const base = { value: normaliseBaseUrl(offer.base.value, provider), origin: offer.base.origin };
    if (offer === keyOffer || (keyOffer === undefined && offer.trusted)) return base;
    const own =
      provider.defaultBaseUrl !== undefined && hostOf(base.value) === hostOf(provider.defaultBaseUrl);
    // A folder that is not trusted can neither redirect a key of the user's nor lend its key to the user's address.
    if (own || (offer.trusted && keyOffer?.trusted)) return base;
  }
  const own = provider.defaultBaseUrl;
  return own === undefined ? undefined : { value: own, origin: `default of ${provider.title}` };
}

/** Stops one provider's key on its way to another's address. */
function refuseForeignKey(provider: Provider, key: Secret | undefined, base: string | undefined): void {
  if (key === undefined || base === undefined) return;
  const host = hostOf(base);
  const owner = PROVIDERS.find(
    (item) => item.defaultBaseUrl !== undefined && hostOf(item.defaultBaseUrl) === host,
  );
  if (owner !== undefined && owner.id !== provider.id) {
    throw new OpenSpaceError(
      'config',
      `The model is ${provider.title}'s, but its base URL is ${owner.title}'s (${host}).`,
      {
        hint: `Write the model as ${owner.id}/…, or unset the base URL.`,
      },
    );
  }
  const issuer =
    owner === undefined
      ? undefined
      : PROVIDERS.find((item) => isDistinct(item) && key.value.startsWith(item.keyPrefix ?? ''));
  if (issuer !== undefined && issuer.id !== provider.id) {
    throw new OpenSpaceError(
      'config',
      `The key from ${key.origin} looks like a key of ${issuer.title}, but the model is ${provider.title}'s; nothing was sent.`,
      {
        hint: `Write the model as ${issuer.id}/…, or set ${provider.keyVariables[0] ?? 'OPENSPACE_LLM_API_KEY'} to a key of ${provider.title}.`,
      },
    );
  }
}

/** Prefixes like `sk-` are shared by many; only longer ones tell who issued a key. */
const isDistinct = (provider: Provider) => (provider.keyPrefix?.length ?? 0) > 3;

/** Proxies from the user's own environment; loopback is always reached directly. */
function proxyOf(config: Config): ProxySettings {
  const value = (...names: string[]) => names.map((name) => config.env[name]?.trim()).find((item) => item);
  const http = value('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY');
  const https = value('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY');
  const except = ['127.0.0.1', 'localhost', '[::1]', value('no_proxy', 'NO_PROXY')].filter(Boolean).join(',');
  return { ...(http && { http }), ...(https && { https }), except };
}

/** Every credential in the settings, so that it can be kept out of logs and recordings. */
export function secretsOf(config: Config): readonly string[] {
  const keyVariables = new Set(PROVIDERS.flatMap((provider) => provider.keyVariables));
  const secrets: string[] = [];
  for (const layer of config.layers) {
    for (const [name, value] of layer.variables)
      if (keyVariables.has(name) || SECRET_NAME.test(name)) secrets.push(value);
    for (const [key, { value }] of layer.values)
      if ('secret' in SETTINGS[key]) collectSecrets(value, secrets);
  }
  return secrets;
}

const SECRET_NAME = /key|token|secret|password|passwd|credential|authorization/i;

/** Texts in a secret setting: the text itself, or in an object those under telling names. */
function collectSecrets(value: unknown, secrets: string[]): void {
  if (typeof value === 'string') secrets.push(value.trim());
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'object' || SECRET_NAME.test(name)) collectSecrets(item, secrets);
  }
}
