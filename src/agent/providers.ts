// The table of model providers: where they are, which credential they want and how they spell requests.

/** How requests are spelled. `openai-chat` is what most servers understand. */
export type WireFormat = 'openrouter' | 'openai' | 'openai-chat' | 'anthropic' | 'google' | 'mistral';

/** The header that carries the credential. `authorization` carries `Bearer <key>`, the others the bare key. */
export type CredentialHeader = 'authorization' | 'x-api-key' | 'x-goog-api-key';

export interface Provider {
  readonly id: string;
  /** As people write it. */
  readonly title: string;
  /** Other prefixes that mean this provider. */
  readonly aliases: readonly string[];
  /** Words of a bare model name that mean this provider: `claude-sonnet-4-5`. */
  readonly keywords: readonly string[];
  readonly wire: WireFormat;
  /** Undefined: the user must give one. */
  readonly defaultBaseUrl: string | undefined;
  /** Path that a base URL without any path gets. */
  readonly basePath?: string;
  /** Variables that supply the key, first wins. */
  readonly keyVariables: readonly string[];
  /** Variables that supply the base URL, first wins. */
  readonly baseVariables: readonly string[];
  readonly keyNeeded: boolean;
  readonly credentialHeader: CredentialHeader;
  /** What keys start with, where the provider says so. */
  readonly keyPrefix?: string;
  /** Page where a key is made. */
  readonly keyPage?: string;
  /** Has an embeddings endpoint. */
  readonly embeddings: boolean;
  /** Most texts in one embeddings request. */
  readonly embeddingBatch: number;
  /** `schema`: the endpoint enforces a JSON Schema; `object`: only that it is JSON; `none`: only the prompt asks. */
  readonly jsonOutput: 'schema' | 'object' | 'none';
  /** Streams report usage only if asked by `stream_options`. False where that field is refused. */
  readonly streamUsage: boolean;
}

type Entry = Partial<Provider> & Pick<Provider, 'id' | 'title'>;

/** `deepseek` → `DEEPSEEK_API_KEY`, `DEEPSEEK_API_BASE`, `DEEPSEEK_BASE_URL`. */
function provider(entry: Entry): Provider {
  const name = entry.id.toUpperCase();
  return {
    aliases: [],
    keywords: [entry.id],
    wire: 'openai-chat',
    defaultBaseUrl: undefined,
    keyVariables: [`${name}_API_KEY`],
    baseVariables: [`${name}_API_BASE`, `${name}_BASE_URL`],
    keyNeeded: true,
    credentialHeader: 'authorization',
    embeddings: false,
    embeddingBatch: 64,
    jsonOutput: 'object',
    streamUsage: true,
    ...entry,
  };
}

/** Order matters where keywords of two providers fit a name: gateways first. */
export const PROVIDERS: readonly Provider[] = [
  provider({
    id: 'openrouter',
    title: 'OpenRouter',
    wire: 'openrouter',
    defaultBaseUrl: 'https://openrouter.ai/api/v1',
    basePath: '/api/v1',
    keyVariables: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
    keyPrefix: 'sk-or-',
    keyPage: 'https://openrouter.ai/settings/keys',
    embeddings: true,
    jsonOutput: 'schema',
  }),
  provider({
    id: 'aihubmix',
    title: 'AIHubMix',
    defaultBaseUrl: 'https://aihubmix.com/v1',
    basePath: '/v1',
    keyPrefix: 'sk-',
    keyPage: 'https://aihubmix.com/token',
    embeddings: true,
  }),
  provider({
    id: 'siliconflow',
    title: 'SiliconFlow',
    defaultBaseUrl: 'https://api.siliconflow.cn/v1',
    basePath: '/v1',
    keyPrefix: 'sk-',
    keyPage: 'https://cloud.siliconflow.cn/account/ak',
    embeddings: true,
    embeddingBatch: 32,
  }),
  provider({
    id: 'volcengine',
    title: 'Volcengine Ark',
    aliases: ['ark', 'volces', 'doubao'],
    keywords: ['volcengine', 'volces', 'ark', 'doubao'],
    defaultBaseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
    basePath: '/api/v3',
    keyVariables: ['VOLCENGINE_API_KEY', 'ARK_API_KEY'],
    baseVariables: ['VOLCENGINE_API_BASE', 'ARK_API_BASE'],
    keyPage: 'https://console.volcengine.com/ark',
    embeddings: true,
    jsonOutput: 'none',
  }),
  provider({
    id: 'anthropic',
    title: 'Anthropic',
    aliases: ['claude'],
    keywords: ['anthropic', 'claude'],
    wire: 'anthropic',
    defaultBaseUrl: 'https://api.anthropic.com/v1',
    basePath: '/v1',
    credentialHeader: 'x-api-key',
    keyPrefix: 'sk-ant-',
    keyPage: 'https://console.anthropic.com/settings/keys',
    jsonOutput: 'schema',
  }),
  provider({
    id: 'openai',
    title: 'OpenAI',
    keywords: ['openai', 'gpt', 'chatgpt', 'o1', 'o3', 'o4'],
    wire: 'openai',
    defaultBaseUrl: 'https://api.openai.com/v1',
    basePath: '/v1',
    keyPrefix: 'sk-',
    keyPage: 'https://platform.openai.com/api-keys',
    embeddings: true,
    jsonOutput: 'schema',
  }),
  provider({
    id: 'deepseek',
    title: 'DeepSeek',
    defaultBaseUrl: 'https://api.deepseek.com',
    keyPrefix: 'sk-',
    keyPage: 'https://platform.deepseek.com/api_keys',
  }),
  provider({
    id: 'gemini',
    title: 'Google Gemini',
    aliases: ['google'],
    wire: 'google',
    defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    basePath: '/v1beta',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    baseVariables: ['GEMINI_API_BASE', 'GEMINI_BASE_URL', 'GOOGLE_API_BASE'],
    credentialHeader: 'x-goog-api-key',
    keyPrefix: 'AIza',
    keyPage: 'https://aistudio.google.com/apikey',
    embeddings: true,
    jsonOutput: 'schema',
  }),
  provider({
    id: 'zhipu',
    title: 'Zhipu (BigModel)',
    aliases: ['zai', 'glm', 'bigmodel'],
    keywords: ['zhipu', 'glm', 'zai'],
    defaultBaseUrl: 'https://open.bigmodel.cn/api/paas/v4',
    basePath: '/api/paas/v4',
    keyVariables: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
    keyPage: 'https://open.bigmodel.cn',
    embeddings: true,
    streamUsage: false,
  }),
  provider({
    id: 'dashscope',
    title: 'DashScope (Alibaba)',
    aliases: ['qwen', 'alibaba'],
    keywords: ['dashscope', 'qwen', 'qwq'],
    defaultBaseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    basePath: '/compatible-mode/v1',
    keyPrefix: 'sk-',
    keyPage: 'https://bailian.console.aliyun.com',
    embeddings: true,
    embeddingBatch: 10,
  }),
  provider({
    id: 'moonshot',
    title: 'Moonshot (Kimi)',
    aliases: ['kimi', 'moonshotai'],
    keywords: ['moonshot', 'kimi'],
    defaultBaseUrl: 'https://api.moonshot.ai/v1',
    basePath: '/v1',
    keyPrefix: 'sk-',
    keyPage: 'https://platform.moonshot.ai/console/api-keys',
  }),
  provider({
    id: 'minimax',
    title: 'MiniMax',
    defaultBaseUrl: 'https://api.minimaxi.com/v1',
    basePath: '/v1',
    keyPage: 'https://platform.minimaxi.com',
    jsonOutput: 'none',
  }),
  provider({
    id: 'groq',
    title: 'Groq',
    defaultBaseUrl: 'https://api.groq.com/openai/v1',
    basePath: '/openai/v1',
    keyPrefix: 'gsk_',
    keyPage: 'https://console.groq.com/keys',
  }),
  provider({
    id: 'mistral',
    title: 'Mistral',
    aliases: ['mistralai'],
    keywords: ['mistral', 'codestral', 'devstral', 'magistral', 'ministral'],
    wire: 'mistral',
    defaultBaseUrl: 'https://api.mistral.ai/v1',
    basePath: '/v1',
    keyPage: 'https://console.mistral.ai/api-keys',
    embeddings: true,
    jsonOutput: 'schema',
  }),
  provider({
    id: 'xai',
    title: 'xAI',
    aliases: ['grok'],
    keywords: ['xai', 'grok'],
    defaultBaseUrl: 'https://api.x.ai/v1',
    basePath: '/v1',
    keyPrefix: 'xai-',
    keyPage: 'https://console.x.ai',
    jsonOutput: 'schema',
  }),
  provider({
    id: 'ollama',
    title: 'Ollama',
    aliases: ['ollama_chat'],
    defaultBaseUrl: 'http://127.0.0.1:11434/v1',
    basePath: '/v1',
    keyNeeded: false,
    embeddings: true,
    jsonOutput: 'schema',
  }),
  provider({
    id: 'custom',
    title: 'OpenAI-compatible server',
    aliases: ['openai_compatible'],
    keywords: [],
    keyVariables: ['OPENSPACE_LLM_API_KEY'],
    baseVariables: ['OPENSPACE_LLM_API_BASE'],
    keyNeeded: false,
    embeddings: true,
  }),
];

const plain = (name: string) => name.trim().toLowerCase().replaceAll('-', '_');

/** The provider with this id or alias; letter case and dashes do not matter. */
export function findProvider(name: string): Provider | undefined {
  const wanted = plain(name);
  return PROVIDERS.find((one) => one.id === wanted || one.aliases.includes(wanted));
}
