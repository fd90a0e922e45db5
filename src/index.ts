// The public API: explicit exports, pinned by test/public-api.test.ts.
import { homedir } from 'node:os';
import type { Model } from './agent/index.ts';
import { environment, loadConfig, type SettingKey } from './config/index.ts';
import { type OpenSpace, openOpenSpace as openEngine } from './engine/index.ts';

export interface OpenOptions {
  /** Settings that beat all other sources, by their names in `config.json`: `{ model: 'openai/…', 'skills.enabled': false }`. */
  readonly settings?: Readonly<Partial<Record<SettingKey, unknown>>>;
  /** A settings file to read as well. */
  readonly configFile?: string;
  /** Folder to work in, and where project settings are looked for. Default: the current folder. */
  readonly cwd?: string;
  /** Environment to read settings and keys from. Default: the process environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A model of your own instead of the configured one. */
  readonly model?: Model;
}

/** Opens OpenSpace with the user's settings. Close it when done; `await using` does so by itself. Throws `OpenSpaceError`. */
export async function openOpenSpace(options: OpenOptions = {}): Promise<OpenSpace> {
  const env = options.env ?? environment();
  const config = loadConfig({
    env,
    cwd: options.cwd ?? process.cwd(),
    userHome: env.HOME ?? homedir(),
    ...(options.settings === undefined ? {} : { flags: options.settings }),
    configFile: options.configFile,
  });
  return openEngine({ config, model: options.model });
}

export type {
  Message,
  Model,
  ModelReply,
  ModelRequest,
  Part,
  Question,
  Tool,
  ToolCall,
  ToolResult,
  Usage,
} from './agent/index.ts';
export type { SettingKey } from './config/index.ts';
export type { ConversationTurn, OpenSpace, Run, RunReport, RunStreamEvent, Task } from './engine/index.ts';
export { type ErrorCode, OpenSpaceError } from './lib/index.ts';
export type { Recording, RunEvent, RunStatus, SkillChoice } from './recording/index.ts';
