// Models and keys that other agents on this machine are set up with, read from their own files.
import { join } from 'node:path';
import { z } from 'zod';
import { isPresent, OpenSpaceError, readTextIfPresent, toMessage } from '../lib/index.ts';

/** What a host agent's settings offer us. Nothing is checked here beyond its form. */
export interface HostSettings {
  readonly host: 'nanobot' | 'openclaw';
  readonly file: string;
  readonly model?: string;
  readonly providers: Readonly<
    Record<
      string,
      {
        readonly api_key?: string;
        readonly api_base?: string;
        readonly extra_headers?: Record<string, string>;
      }
    >
  >;
  /** Variables that the host would give us. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface HostPlaces {
  /** Cleaned environment. */
  readonly variable: (name: string) => string | undefined;
  readonly userHome: string;
  /** Told about files that are there but can't be read; they are then left out. */
  readonly report: (notice: string) => void;
}

const texts = z
  .record(z.string(), z.unknown())
  .transform((entries) =>
    Object.fromEntries(
      Object.entries(entries).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  );
const providerBlock = z.looseObject({
  apiKey: z.string().nullish(),
  api_key: z.string().nullish(),
  apiBase: z.string().nullish(),
  api_base: z.string().nullish(),
  extraHeaders: texts.nullish(),
  extra_headers: texts.nullish(),
});
const server = z.looseObject({ env: texts.nullish() });
const Nanobot = z.looseObject({
  providers: z.record(z.string(), z.unknown()).nullish(),
  agents: z
    .looseObject({
      defaults: z.looseObject({ model: z.string().nullish(), provider: z.string().nullish() }).nullish(),
    })
    .nullish(),
  tools: z
    .looseObject({
      mcpServers: z.looseObject({ openspace: server.nullish() }).nullish(),
      mcp_servers: z.looseObject({ openspace: server.nullish() }).nullish(),
    })
    .nullish(),
});
const Openclaw = z.looseObject({
  env: z.looseObject({ vars: texts.nullish() }).nullish(),
  skills: z.looseObject({ entries: z.looseObject({ openspace: server.nullish() }).nullish() }).nullish(),
});

/** Gateways carry other providers' models, so nanobot names those without the gateway's prefix. */
const GATEWAYS = new Set(['openrouter', 'aihubmix', 'siliconflow']);

/** nanobot's settings, if it is set up here. */
export function readNanobot(places: HostPlaces): HostSettings | undefined {
  const state = places.variable('NANOBOT_STATE_DIR') ?? join(places.userHome, '.nanobot');
  const file = places.variable('NANOBOT_CONFIG_PATH') ?? join(state, 'config.json');
  const data = readForeign(file, Nanobot, places.report);
  if (data === undefined) return undefined;
  const providers = Object.fromEntries(
    Object.entries(data.providers ?? {}).flatMap(([name, block]) => readProvider(name, block)),
  );
  const defaults = data.agents?.defaults;
  const forced = defaults?.provider && defaults.provider !== 'auto' ? defaults.provider : undefined;
  // A forced provider without a key of its own gives nothing: its prefix must never meet another provider's key.
  const usable = forced === undefined || providers[forced]?.api_key !== undefined;
  const model = usable ? (defaults?.model ?? undefined) : undefined;
  const prefix =
    forced !== undefined && GATEWAYS.has(forced) && model !== undefined && !model.startsWith(`${forced}/`)
      ? `${forced}/`
      : '';
  return {
    host: 'nanobot',
    file,
    ...(model === undefined ? {} : { model: prefix + model }),
    providers: usable ? providers : {},
    variables: data.tools?.mcpServers?.openspace?.env ?? data.tools?.mcp_servers?.openspace?.env ?? {},
  };
}

function readProvider(
  name: string,
  block: unknown,
): [string, { api_key?: string; api_base?: string; extra_headers?: Record<string, string> }][] {
  const parsed = providerBlock.safeParse(block);
  if (!parsed.success) return [];
  const key = (parsed.data.apiKey ?? parsed.data.api_key ?? '').trim();
  const base = (parsed.data.apiBase ?? parsed.data.api_base ?? '').trim();
  const headers = parsed.data.extraHeaders ?? parsed.data.extra_headers;
  return [
    [
      name.replaceAll('-', '_'),
      {
        ...(key && { api_key: key }),
        ...(base && { api_base: base }),
        ...(headers && { extra_headers: headers }),
      },
    ],
  ];
}

const OPENCLAW_NAMES = ['openclaw', 'clawdbot', 'moldbot', 'moltbot'];

/** OpenClaw's settings (under any of its names), if it is set up here. */
export function readOpenclaw(places: HostPlaces): HostSettings | undefined {
  const file = findOpenclawFile(places);
  const data = file === undefined ? undefined : readForeign(file, Openclaw, places.report);
  if (file === undefined || data === undefined) return undefined;
  return {
    host: 'openclaw',
    file,
    providers: {},
    variables: { ...data.env?.vars, ...data.skills?.entries?.openspace?.env },
  };
}

function findOpenclawFile({ variable, userHome }: HostPlaces): string | undefined {
  const named = variable('OPENCLAW_CONFIG_PATH');
  if (named !== undefined) return isPresent(named) ? named : undefined;
  const state = variable('OPENCLAW_STATE_DIR');
  const folders = state === undefined ? OPENCLAW_NAMES.map((name) => join(userHome, `.${name}`)) : [state];
  return folders
    .flatMap((folder) => OPENCLAW_NAMES.map((name) => join(folder, `${name}.json`)))
    .find(isPresent);
}

function readForeign<T>(file: string, schema: z.ZodType<T>, report: (notice: string) => void): T | undefined {
  try {
    const content = readTextIfPresent(file);
    if (content === undefined) return undefined;
    const parsed = schema.safeParse(JSON.parse(content));
    if (parsed.success) return parsed.data;
    throw new OpenSpaceError('invalid', parsed.error.issues[0]?.message ?? 'unexpected form');
  } catch (error) {
    // Another program's file: its faults must not stop us, but the user has to hear why its keys are not used.
    // A parser's message quotes the text around the fault, which may be a key.
    report(
      `${file} is left out: ${error instanceof SyntaxError ? 'it is not valid JSON' : toMessage(error)}.`,
    );
    return undefined;
  }
}
