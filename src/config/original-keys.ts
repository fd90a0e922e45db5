// The original's settings, each mapped, ignored with a notice, or refused. One table; docs/guide/from-the-original.md shows it.
import { OpenSpaceError } from '../lib/index.ts';
import type { SettingKey } from './settings.ts';

/** What becomes of one key of the original's files. `convert` returns undefined to leave the setting unset. */
export type Fate =
  | { readonly to: SettingKey; readonly convert?: (value: unknown) => unknown }
  | { readonly ignored: string }
  | { readonly refusedIf: string; readonly refused: (value: unknown) => string | undefined };

const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);
const logLevel = (value: unknown) =>
  ({ warning: 'warn', critical: 'error' })[String(lower(value))] ?? lower(value);
const retries = 'failures are retried by their kind';
const recorded = 'every run is recorded in the data home';
const noGui = 'there is no desktop control';
const quality = 'tool quality comes from the recorded runs';

/** Keys of `OpenSpaceConfig` (the file given with --config). */
const ENGINE_KEYS: Readonly<Record<string, Fate>> = {
  llm_model: { to: 'model' },
  llm_enable_thinking: { ignored: 'reasoning is left to the provider’s default' },
  llm_timeout: { to: 'llm.timeout_s' },
  llm_max_retries: { to: 'llm.max_tries' },
  llm_rate_limit_delay: { ignored: retries },
  tool_retrieval_model: { ignored: 'tools are picked without a model' },
  visual_analysis_model: { to: 'models.vision' },
  skill_registry_model: { to: 'models.selection' },
  execution_analyzer_model: { to: 'models.analysis' },
  skill_evolver_model: { to: 'models.evolution' },
  grounding_max_iterations: { to: 'max_iterations' },
  grounding_system_prompt: { ignored: 'give context with the task instead' },
  backend_scope: { to: 'tools.sources' },
  use_clawwork_productivity: { ignored: 'the benchmark’s own tools are not part of the product' },
  workspace_dir: { to: 'workspace' },
  enable_recording: { ignored: recorded },
  recording_backends: { ignored: recorded },
  recording_log_dir: { ignored: recorded },
  enable_screenshot: { ignored: noGui },
  enable_video: { ignored: noGui },
  enable_conversation_log: { ignored: recorded },
  evolution_max_concurrent: { ignored: 'learning runs from a queue' },
  log_to_file: { ignored: 'send stderr to a file' },
  log_file_path: { ignored: 'send stderr to a file' },
};

const disabledWhenFalse = (source: string): Fate => ({
  to: 'tools.disabled',
  convert: (value) => (value === false ? [source] : undefined),
});

/** Keys of `config_grounding.json`, `config_security.json`, `config_agents.json` and `config_mcp.json`. */
const GROUNDING_KEYS: Readonly<Record<string, Fate>> = {
  'shell.enabled': disabledWhenFalse('shell'),
  'shell.mode': {
    refusedIf: 'it is not "local": commands run on this machine, there is no desktop server',
    refused: (value) =>
      value === 'local' ? undefined : 'commands run on this machine; there is no desktop server',
  },
  'shell.timeout': { to: 'shell.timeout_s' },
  'shell.max_retries': { ignored: retries },
  'shell.retry_interval': { ignored: retries },
  'shell.default_shell': { to: 'shell.program' },
  'shell.working_dir': { to: 'shell.working_dir' },
  'shell.conda_env': { to: 'shell.conda_env' },
  'shell.env': { to: 'shell.env' },
  'shell.default_port': { ignored: 'there is no desktop server' },
  'shell.use_clawwork_productivity': { ignored: 'the benchmark’s own tools are not part of the product' },
  'shell.productivity_date': { ignored: 'the benchmark’s own tools are not part of the product' },
  'web.enabled': disabledWhenFalse('web'),
  'web.timeout': { ignored: 'each call has its own limit' },
  'web.max_retries': { ignored: retries },
  'mcp.enabled': disabledWhenFalse('mcp'),
  'mcp.timeout': { ignored: 'each call has its own limit' },
  'mcp.max_retries': { ignored: retries },
  'mcp.retry_interval': { ignored: retries },
  'mcp.sandbox': { ignored: 'servers run in the sandbox wherever the system has one' },
  'mcp.auto_initialize': { ignored: 'servers start at their first use' },
  'mcp.eager_sessions': { ignored: 'servers start at their first use' },
  'mcp.sse_read_timeout': { ignored: 'each call has its own limit' },
  'mcp.servers': { to: 'mcp_servers' },
  mcpServers: { to: 'mcp_servers' },
  'mcp.check_dependencies': { ignored: 'a missing program is reported by name' },
  'mcp.auto_install': { ignored: 'nothing is installed unasked' },
  gui: { ignored: noGui },
  'system.enabled': disabledWhenFalse('system'),
  'system.timeout': { ignored: 'each call has its own limit' },
  'system.max_retries': { ignored: retries },
  tool_search: { ignored: 'tools are picked without a model, and all are offered when they fit' },
  tool_quality: { ignored: quality },
  'skills.enabled': { to: 'skills.enabled' },
  'skills.skill_dirs': { to: 'skills.dirs' },
  'skills.max_select': { to: 'skills.max_select' },
  enabled_backends: { to: 'tools.sources', convert: namesOf },
  session_defaults: { ignored: 'each call has its own limit' },
  tool_cache_ttl: { ignored: 'tool lists follow the servers’ own notices' },
  tool_cache_maxsize: { ignored: 'tool lists follow the servers’ own notices' },
  debug: { to: 'log_level', convert: (value) => (value === true ? 'debug' : undefined) },
  log_level: { to: 'log_level', convert: logLevel },
  security_policies: { to: 'policy.security_policies' },
};

export const ORIGINAL_KEYS: Readonly<Record<string, Fate>> = { ...ENGINE_KEYS, ...GROUNDING_KEYS };

/** The original's variables that we do not read, with the reason. */
export const IGNORED_VARIABLES: Readonly<Record<string, string>> = {
  OPENSPACE_ENABLE_RECORDING: recorded,
  LOCAL_SERVER_URL: 'there is no desktop server',
  ANTHROPIC_API_KEY_BACKUP: noGui,
};

function namesOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const names = value.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'name' in item ? item.name : item,
  );
  return names.filter((name) => name !== 'gui');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Rewrites the original's keys of a settings object into ours and leaves all others as they are.
 * Notices say what was ignored; a refused value throws `config`.
 */
export function translateOriginal(
  data: Readonly<Record<string, unknown>>,
  name: string,
  report: (notice: string) => void,
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  const put = (key: string, value: unknown) => {
    const old = result[key];
    result[key] = Array.isArray(old) && Array.isArray(value) ? [...old, ...value] : value;
  };
  const walk = (node: Readonly<Record<string, unknown>>, prefix: string) => {
    for (const [part, value] of Object.entries(node)) {
      const key = prefix + part;
      const fate = ORIGINAL_KEYS[key];
      if (fate !== undefined) applyFate(fate, key, value, { name, report, put });
      else if (key === 'llm_kwargs' && isObject(value)) putModelOptions(value, name, report, put);
      else if (key === 'agents' && Array.isArray(value)) putAgents(value, put);
      else if (isObject(value) && Object.keys(ORIGINAL_KEYS).some((item) => item.startsWith(`${key}.`)))
        walk(value, `${key}.`);
      else put(key, value);
    }
  };
  walk(data, '');
  return result;
}

interface Target {
  readonly name: string;
  readonly report: (notice: string) => void;
  readonly put: (key: string, value: unknown) => void;
}

function applyFate(fate: Fate, key: string, value: unknown, { name, report, put }: Target): void {
  if ('ignored' in fate) {
    report(`${name}: "${key}" has no effect here: ${fate.ignored}.`);
  } else if ('refused' in fate) {
    const why = fate.refused(value);
    if (why !== undefined)
      throw new OpenSpaceError('config', `${name}: "${key}" can't be ${JSON.stringify(value)}: ${why}.`, {
        hint: `Remove "${key}".`,
      });
  } else {
    const converted = fate.convert === undefined ? value : fate.convert(value);
    if (converted !== undefined && converted !== null) put(fate.to, converted);
  }
}

/** LiteLLM's arguments, as in `llm_kwargs` and `OPENSPACE_LLM_CONFIG`. */
const MODEL_OPTIONS: Readonly<Record<string, SettingKey>> = {
  model: 'model',
  api_key: 'llm.api_key',
  api_base: 'llm.api_base',
  base_url: 'llm.api_base',
  extra_headers: 'llm.extra_headers',
  headers: 'llm.extra_headers',
  timeout: 'llm.timeout_s',
  num_retries: 'llm.max_tries',
  max_retries: 'llm.max_tries',
  temperature: 'llm.temperature',
  max_tokens: 'llm.max_output_tokens',
  max_completion_tokens: 'llm.max_output_tokens',
  stream: 'llm.stream',
};

/** Puts LiteLLM's arguments under our names; blank values count as unset. */
export function putModelOptions(
  options: Readonly<Record<string, unknown>>,
  name: string,
  report: (notice: string) => void,
  put: (key: string, value: unknown) => void,
): void {
  for (const [option, value] of Object.entries(options)) {
    const key = MODEL_OPTIONS[option];
    if (key === undefined) report(`${name}: "${option}" has no effect here.`);
    else if (value !== null && !(typeof value === 'string' && value.trim() === ''))
      put(key, typeof value === 'string' ? value.trim() : value);
  }
}

function putAgents(agents: readonly unknown[], put: (key: string, value: unknown) => void): void {
  const first = agents.find(isObject);
  if (typeof first?.max_iterations === 'number') put('max_iterations', first.max_iterations);
  if (Array.isArray(first?.backend_scope)) put('tools.sources', first.backend_scope);
}
