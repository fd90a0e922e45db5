// Every setting once: its name in config files, its variables, its kind, its default and what it is for.
import { z } from 'zod';
import { choice, headers, type Kind, list, number, object, text, wholeNumber, yesOrNo } from './kinds.ts';

/** One setting. Names are paths in `config.json`: `shell.timeout_s` is `{"shell": {"timeout_s": …}}`. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  readonly doc: string;
  /** Environment variables, the first wins. */
  readonly env?: readonly string[];
  readonly default?: T;
  /** Shown only by length and first characters. */
  readonly secret?: true;
  /** A folder that the user does not trust can't set it: it could steal a key or start a program. */
  readonly guarded?: true;
}

const setting = <T>(kind: Kind<T>, doc: string, rest: Omit<Setting<T>, 'kind' | 'doc'> = {}): Setting<T> => ({
  kind,
  doc,
  ...rest,
});

const mcpServer = z.looseObject({
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});
const provider = z.strictObject({
  api_key: z.string().optional(),
  api_base: z.string().optional(),
  extra_headers: z.record(z.string(), z.string()).optional(),
});

export const SETTINGS = {
  model: setting(text, 'The model that does tasks, as provider/model.', { env: ['OPENSPACE_MODEL'] }),
  'models.selection': setting(text, 'Model that picks skills. Default: model.', {
    env: ['OPENSPACE_MODEL_SELECTION'],
  }),
  'models.summary': setting(text, 'Model that shortens long results. Default: model.', {
    env: ['OPENSPACE_MODEL_SUMMARY'],
  }),
  'models.analysis': setting(text, 'Model that analyses runs. Default: model.', {
    env: ['OPENSPACE_MODEL_ANALYSIS'],
  }),
  'models.evolution': setting(text, 'Model that writes changes to skills. Default: model.', {
    env: ['OPENSPACE_MODEL_EVOLUTION'],
  }),
  'models.judging': setting(text, 'Model that reviews changes to skills. Default: model.', {
    env: ['OPENSPACE_MODEL_JUDGING'],
  }),
  'models.vision': setting(text, 'Model that looks at pictures. Default: model.', {
    env: ['OPENSPACE_MODEL_VISION'],
  }),
  'models.embedding': setting(text, 'Embedding model for search; without one, search goes by words.', {
    env: ['OPENSPACE_EMBEDDING_MODEL', 'EMBEDDING_MODEL'],
  }),
  'llm.api_key': setting(text, 'Key for the provider of `model`.', {
    env: ['OPENSPACE_LLM_API_KEY'],
    secret: true,
    guarded: true,
  }),
  'llm.api_base': setting(text, 'Base URL for the provider of `model`.', {
    env: ['OPENSPACE_LLM_API_BASE'],
    guarded: true,
  }),
  'llm.extra_headers': setting(
    headers,
    'Headers to add to model requests; credential headers are left out.',
    {
      env: ['OPENSPACE_LLM_EXTRA_HEADERS'],
      guarded: true,
    },
  ),
  'llm.timeout_s': setting(number(1, 3600), 'How long one model call may take, in seconds.', {
    default: 300,
  }),
  'llm.max_tries': setting(wholeNumber(1, 20), 'Requests for one model call, retries included.', {
    default: 4,
  }),
  'llm.stream': setting(yesOrNo, 'Ask for streamed replies.', { default: true }),
  'llm.context_tokens': setting(
    wholeNumber(1000, 100_000_000),
    'Tokens that the model can read, where it is not known.',
  ),
  'llm.temperature': setting(number(0, 2), 'Sampling temperature; unset leaves it to the provider.'),
  'llm.max_output_tokens': setting(wholeNumber(1, 1_000_000), 'Most tokens of one reply.', {
    default: 16_000,
  }),
  'embedding.api_key': setting(
    text,
    'Key for the embedding model, where it is not the provider’s usual one.',
    {
      env: ['EMBEDDING_API_KEY'],
      secret: true,
      guarded: true,
    },
  ),
  'embedding.api_base': setting(text, 'Base URL for the embedding model.', {
    env: ['EMBEDDING_BASE_URL'],
    guarded: true,
  }),
  providers: setting(
    object(z.record(z.string(), provider)),
    'Keys, bases and headers by provider: {"openrouter": {"api_key": "…"}}.',
    {
      guarded: true,
      secret: true,
    },
  ),
  max_iterations: setting(wholeNumber(1, 10_000), 'Most model turns of a task, both attempts together.', {
    env: ['OPENSPACE_MAX_ITERATIONS'],
    default: 30,
  }),
  max_tokens: setting(wholeNumber(1, 1_000_000_000), 'Most tokens of a task, input and output together.', {
    default: 2_000_000,
  }),
  max_cost_usd: setting(number(0, 100_000), 'Most money of a task, where the cost is known.'),
  workspace: setting(text, 'Folder that tasks work in. Default: the current folder.', {
    env: ['OPENSPACE_WORKSPACE'],
    guarded: true,
  }),
  mode: setting(
    choice(['plan', 'ask', 'auto', 'unsafe']),
    'What the agent may do unasked; see docs/guide/safety.md.',
    {
      env: ['OPENSPACE_MODE'],
      guarded: true,
    },
  ),
  'skills.enabled': setting(yesOrNo, 'Use skills at all.', { default: true }),
  'skills.host_dirs': setting(list, 'Skill folders of the agent that calls us; first in precedence.', {
    env: ['OPENSPACE_HOST_SKILL_DIRS'],
  }),
  'skills.dirs': setting(list, 'Further skill folders.', { env: ['OPENSPACE_SKILLS_DIRS'] }),
  'skills.max_select': setting(wholeNumber(1, 20), 'Most skills that a task is given.', { default: 2 }),
  'skills.capture_dir': setting(text, 'Where learnt skills go once they are trusted.', {
    env: ['OPENSPACE_CAPTURE_SKILL_DIR'],
  }),
  'learning.mode': setting(
    choice(['off', 'observe', 'propose', 'auto']),
    'What learning does after a run: nothing, say what it would change, propose changes for review, or make them once they are proved. Default: auto where learnt skills stay in the data home, propose where their folder is shared.',
    { env: ['OPENSPACE_LEARNING_MODE'], guarded: true },
  ),
  'learning.worker': setting(yesOrNo, 'Learn in a background process that ends by itself.', {
    env: ['OPENSPACE_LEARNING_WORKER'],
    default: true,
  }),
  'learning.daily_tokens': setting(
    wholeNumber(0, 1_000_000_000),
    'Most tokens that learning uses in a day (UTC).',
    { default: 1_000_000 },
  ),
  'learning.daily_cost_usd': setting(number(0, 100_000), 'Most money that learning uses in a day (UTC).', {
    default: 5,
  }),
  'learning.trial_share': setting(number(0, 1), 'Share of fitting tasks that get a version on trial.', {
    default: 0.5,
  }),
  'learning.trial_successes': setting(
    wholeNumber(1, 100),
    'Different tasks that must succeed before a version on trial is trusted.',
    { default: 2 },
  ),
  'tools.sources': setting(list, 'Which tools to offer: shell, files, web, mcp, system.', {
    env: ['OPENSPACE_BACKEND_SCOPE'],
  }),
  'tools.disabled': setting(list, 'Tools, or whole sources of tools, not to offer.', {
    env: ['OPENSPACE_TOOLS_DISABLED'],
  }),
  'tools.max_offered': setting(
    wholeNumber(1, 10_000),
    'Most tools of MCP servers that a task is offered at its start. If there are more, those that fit the task are, and the others can be found.',
    { env: ['OPENSPACE_TOOLS_MAX_OFFERED'], default: 40 },
  ),
  'shell.timeout_s': setting(
    wholeNumber(1, 3600),
    'How long a command may take unless the call says otherwise, in seconds.',
    { default: 120 },
  ),
  'shell.program': setting(text, 'The program that runs shell commands.', {
    default: '/bin/bash',
    guarded: true,
  }),
  'shell.conda_env': setting(text, 'Conda environment that commands run in.', {
    env: ['OPENSPACE_SHELL_CONDA_ENV'],
    guarded: true,
  }),
  'shell.working_dir': setting(text, 'Folder that commands start in. Default: the workspace.', {
    env: ['OPENSPACE_SHELL_WORKING_DIR'],
    guarded: true,
  }),
  'shell.env': setting(object(z.record(z.string(), z.string())), 'Variables to set for commands.', {
    guarded: true,
  }),
  mcp_servers: setting(
    object(z.record(z.string(), mcpServer)),
    'MCP servers whose tools the agent may use.',
    {
      env: ['OPENSPACE_MCP_SERVERS_JSON'],
      guarded: true,
      secret: true,
    },
  ),
  'mcp.when_client_leaves': setting(
    choice(['leave', 'cancel']),
    'What becomes of tasks when the MCP client that started them goes away: they go on, or are stopped.',
    { env: ['OPENSPACE_MCP_WHEN_CLIENT_LEAVES'], default: 'leave' },
  ),
  'mcp.parallel_tasks': setting(wholeNumber(1, 64), 'Tasks that one MCP server does at the same time.', {
    env: ['OPENSPACE_MCP_PARALLEL_TASKS'],
    default: 4,
  }),
  'mcp.transport': setting(
    choice(['auto', 'stdio', 'sse', 'streamable-http']),
    'How the MCP server talks to its clients.',
    { env: ['OPENSPACE_MCP_TRANSPORT'], default: 'auto' },
  ),
  'mcp.host': setting(text, 'Address that the MCP server listens on for HTTP.', {
    env: ['OPENSPACE_MCP_HOST'],
    default: '127.0.0.1',
    guarded: true,
  }),
  'mcp.port': setting(wholeNumber(0, 65_535), 'Port of the MCP server for HTTP.', {
    env: ['OPENSPACE_MCP_PORT'],
    default: 8080,
  }),
  'web.search_provider': setting(choice(['brave', 'tavily', 'searxng', 'exa']), 'Web search service.', {
    env: ['OPENSPACE_SEARCH_PROVIDER'],
  }),
  'web.brave_key': setting(text, 'Key for Brave Search.', {
    env: ['BRAVE_API_KEY'],
    secret: true,
    guarded: true,
  }),
  'web.tavily_key': setting(text, 'Key for Tavily.', {
    env: ['TAVILY_API_KEY'],
    secret: true,
    guarded: true,
  }),
  'web.exa_key': setting(text, 'Key for Exa.', { env: ['EXA_API_KEY'], secret: true, guarded: true }),
  'web.searxng_base': setting(text, 'Address of a SearXNG server.', { env: ['SEARXNG_URL'], guarded: true }),
  'sandbox.allow_hosts': setting(
    list,
    'Hosts that commands in the sandbox and web tools may reach unasked, for example *.npmjs.org.',
    { env: ['OPENSPACE_ALLOW_HOSTS'], guarded: true },
  ),
  'policy.rules': setting(
    object(z.array(z.record(z.string(), z.unknown())), 'a JSON array of rules'),
    'Rules over tools, paths, commands and hosts.',
    {
      guarded: true,
    },
  ),
  'policy.security_policies': setting(
    object(z.record(z.string(), z.unknown())),
    'Rules in the form of the original’s config_security.json.',
    {
      guarded: true,
    },
  ),
  'cloud.api_key': setting(text, 'Key of the skill hub.', {
    env: ['OPENSPACE_API_KEY'],
    secret: true,
    guarded: true,
  }),
  'cloud.api_base': setting(text, 'Address of the skill hub.', {
    env: ['OPENSPACE_API_BASE'],
    guarded: true,
  }),
  'hub.task_sharing': setting(
    choice(['never', 'words', 'text']),
    'What of a task is sent to the skill hub to look for skills: nothing, a few telling words, or its beginning. Default: never. Always redacted.',
    { env: ['OPENSPACE_HUB_TASK_SHARING'], guarded: true },
  ),
  'hub.import_for_tasks': setting(
    yesOrNo,
    'Whether a task may take skills from the hub into the library, on trial. Needs hub.task_sharing.',
    { env: ['OPENSPACE_HUB_IMPORT_FOR_TASKS'], default: false, guarded: true },
  ),
  'hub.share_results': setting(
    yesOrNo,
    'Whether the hub is told how often its skills were applied here and with what success: counts, never texts.',
    { env: ['OPENSPACE_HUB_SHARE_RESULTS'], default: false, guarded: true },
  ),
  'hub.offer_fixes': setting(
    yesOrNo,
    'Whether a fix of a hub’s skill that is trusted here is offered to the hub as a proposal.',
    { env: ['OPENSPACE_HUB_OFFER_FIXES'], default: false, guarded: true },
  ),
  'runs.keep': setting(wholeNumber(1, 1_000_000), 'How many recorded runs to keep.', { default: 2000 }),
  log_level: setting(choice(['debug', 'info', 'warn', 'error']), 'What goes to the log on stderr.', {
    env: ['OPENSPACE_LOG_LEVEL'],
    default: 'warn',
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
export const isSettingKey = (key: string): key is SettingKey => key in SETTINGS;
