// The environment that programs started by the agent get: the user's, without secrets.
import { PROVIDERS } from '../agent/index.ts';
import type { Config } from '../config/index.ts';

const SECRET_NAME =
  /(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD_HASH|CREDENTIALS?|AUTH|COOKIE|DSN|PRIVATE)(_|$)/i;
/** Variables that make a program load code or settings chosen by somebody else. */
const HIJACK =
  /^(LD_|DYLD_|BASH_ENV$|ENV$|PROMPT_COMMAND$|NODE_OPTIONS$|PYTHONSTARTUP$|PERL5OPT$|RUBYOPT$|GIT_(SSH|ASKPASS|EXTERNAL)|BASH_FUNC_)/;

/** Variables for commands: nothing that looks like a credential, none of ours, then what `shell.env` sets. */
export function childEnvironment(config: Config): Record<string, string> {
  const providerKeys = new Set(
    PROVIDERS.flatMap((provider) => [...provider.keyVariables, ...provider.baseVariables]),
  );
  const kept = Object.entries(config.env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    if (value === undefined || name.startsWith('OPENSPACE_') || providerKeys.has(name)) return false;
    return !SECRET_NAME.test(name) && !HIJACK.test(name) && !/:\/\/[^/@\s]+:[^/@\s]+@/.test(value);
  });
  return { ...Object.fromEntries(kept), ...config.get('shell.env') };
}
