// The door of agent: think and act in turns. Knows nothing of skills.
export { createEmbedder } from './embedder.ts';
export { refusedCredential, toModelError, toOpenSpaceError } from './errors.ts';
export type { Fetch } from './guarded-fetch.ts';
export { runAgent } from './loop.ts';
export { createModel, type ModelOptions, type Sleep } from './model.ts';
export { type ModelIdResult, normaliseBaseUrl, parseModelId } from './model-id.ts';
export {
  type CredentialHeader,
  findProvider,
  PROVIDERS,
  type Provider,
  type WireFormat,
} from './providers.ts';
export {
  cleanSecret,
  DEFAULT_CONTEXT_TOKENS,
  isCredentialHeader,
  type ProxySettings,
  ROUTE_DEFAULTS,
  type Route,
  refuseRoute,
  routeId,
  type Secret,
  safeHeaders,
} from './route.ts';
export {
  type Script,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
  scriptedModel,
} from './scripted-model.ts';
export type * from './types.ts';
export { MODEL_ROLES } from './types.ts';
export { addUsage, NO_USAGE } from './usage.ts';
