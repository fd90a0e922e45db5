// Flags that every command takes.
import type { Command } from 'commander';
import type { ConfigSources } from '../config/index.ts';

export interface GlobalFlags {
  readonly config?: string;
  readonly model?: string;
  readonly mode?: string;
  readonly apiKeyEnv?: string;
  readonly apiKeyFile?: string;
  readonly logLevel?: string;
  readonly maxIterations?: string;
  readonly timeout?: string;
  readonly workspace?: string;
  readonly debug?: boolean;
}

/** Adds the flags that choose settings. */
export function addGlobalFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings file, ours or the original’s')
    .option('-m, --model <provider/model>', 'model that does the task')
    .option('--api-key-env <name>', 'take the key from this variable')
    .option('--api-key-file <path>', 'take the key from this file')
    .option('--mode <mode>', 'what the agent may do: plan, ask, auto, unsafe')
    .option('--workspace <folder>', 'folder to work in')
    .option('--log-level <level>', 'debug, info, warn, error')
    .option('--debug', 'show stack traces');
}

/** The settings that the flags stand for. `readKey` fetches the key that --api-key-env or --api-key-file names. */
export function flagSettings(
  flags: GlobalFlags,
  readKey: (flags: GlobalFlags) => string | undefined,
): NonNullable<ConfigSources['flags']> {
  const level = flags.logLevel?.toLowerCase();
  return {
    model: flags.model,
    mode: flags.mode,
    workspace: flags.workspace,
    log_level: level === 'warning' ? 'warn' : level === 'critical' ? 'error' : level,
    max_iterations: toNumber(flags.maxIterations),
    'llm.timeout_s': toNumber(flags.timeout),
    'llm.api_key': readKey(flags),
  };
}

/** Text that is no number stays text, so that the setting's own check says what is wrong. */
function toNumber(text: string | undefined): number | string | undefined {
  return text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? text : Number(text);
}
