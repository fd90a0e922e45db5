// Which model and key the server will find when a host starts it, with what that host passes on.
import { dataHome, loadConfig, resolveModel, routeFor } from '../../../config/index.ts';
import type { HostAdapter } from '../../../hosts/connect/index.ts';
import { OpenSpaceError } from '../../../lib/index.ts';
import type { CliContext } from '../../context.ts';

export interface Credentials {
  readonly model?: string;
  /** Where the key comes from; never the key. */
  readonly key?: string;
  readonly problem?: string;
  readonly hint?: string;
}

/** What every host passes on, measured with those that pass least. */
const ALWAYS_PASSED = ['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TERM', 'TMPDIR'];
const SECRET_NAME = /key|token|secret|password|credential|auth|cert/i;

/** `entryEnv`: the variables in the host's entry, which the server gets in any case. */
export function credentialsFor(
  host: HostAdapter,
  entryEnv: Readonly<Record<string, string>>,
  context: CliContext,
): Credentials {
  const passed = Object.entries(context.env).filter(([name]) =>
    host.environment === 'all'
      ? true
      : host.environment === 'few'
        ? ALWAYS_PASSED.includes(name)
        : !SECRET_NAME.test(name),
  );
  const found = look({ ...Object.fromEntries(passed), ...entryEnv }, context);
  if (found.problem === undefined) {
    const key = found.key?.replace('process environment', entryOrEnvironment(found.key, entryEnv, host));
    return { ...found, ...(key === undefined ? {} : { key }) };
  }
  const here = look(context.env, context);
  if (here.problem !== undefined) return found;
  const file = `${dataHome(context.env, context.userHome, context.cwd)}/config.json`;
  const [provider = ''] = here.model?.split('/') ?? [];
  return {
    problem: `${host.title} does not pass ${here.key === undefined ? 'your settings' : `your ${here.key}`} on.`,
    hint: [
      `Put model and key into ${file}:`,
      `  { "model": "${here.model}", "providers": { "${provider}": { "api_key": "…" } } }`,
      `or the variables into the "env" of the entry; connect keeps them there.`,
    ].join('\n'),
  };
}

const entryOrEnvironment = (key: string, entryEnv: Readonly<Record<string, string>>, host: HostAdapter) =>
  Object.keys(entryEnv).some((name) => key.startsWith(`${name} `))
    ? `the entry in ${host.title}’s settings`
    : 'process environment';

function look(env: CliContext['env'], { userHome }: CliContext): Credentials {
  try {
    const config = loadConfig({ env, cwd: userHome, userHome });
    const model = resolveModel(config);
    const route = routeFor(config, 'chat');
    const key = route?.key?.origin;
    return { ...(model === undefined ? {} : { model: model.id }), ...(key === undefined ? {} : { key }) };
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    return { problem: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}
