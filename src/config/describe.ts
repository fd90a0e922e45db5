// A setting's value as a text that people may see.
import { describeSecret } from '../lib/index.ts';
import type { Config } from './config.ts';
import { SETTINGS, type SettingKey } from './settings.ts';

/** Undefined: not set. Of secrets only their length and first characters, of tables with secrets only their size. */
export function settingText(config: Config, key: SettingKey): string | undefined {
  const value = config.get(key);
  if (value === undefined) return undefined;
  if (!('secret' in SETTINGS[key])) return typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' ? describeSecret(value) : `${Object.keys(value).length} entries (hidden)`;
}
