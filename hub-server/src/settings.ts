// What the hub is started with: flags, then OPENSPACE_HUB_* variables. The only reader of the environment in this package.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { OpenSpaceError, toMessage } from '../../src/lib/index.ts';
import { createEmbedder } from './embedder.ts';
import { DEFAULTS, type HubOptions } from './hub.ts';

export const USAGE = `openspace-hub serve                     start the hub
openspace-hub backup <folder>           write everything into a new folder
openspace-hub restore <folder>          fill an empty hub from a backup
openspace-hub key <account> <scope>...  print a key for an account, for whoever runs the server

Flags, each also as a variable (OPENSPACE_HUB_PORT, …):
  --data <folder>        embedded database and archives (default ./openspace-hub-data)
  --database <url>       a PostgreSQL instead of the embedded database
  --artifacts <place>    folder, or S3 bucket as https://host/bucket (keys: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION)
  --host, --port         where to listen (default 127.0.0.1, 7790)
  --public-url <url>     the address that people use
  --name <text>          shown on the pages
  --account, --group     names of the first account and group (default admin, team)
  --anonymous-read       let everybody read public skills
  --quota-mb <n>         for each account (default 2048)
  --rate <n>             requests per second for each key (default 50)
  --embeddings <url>     server with the OpenAI embeddings protocol; --embeddings-model; key: OPENSPACE_HUB_EMBEDDINGS_KEY
  --events               print JSON lines about the start to stdout
`;

const FLAGS = {
  data: { type: 'string' },
  database: { type: 'string' },
  artifacts: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'public-url': { type: 'string' },
  name: { type: 'string' },
  account: { type: 'string' },
  group: { type: 'string' },
  'anonymous-read': { type: 'boolean' },
  'quota-mb': { type: 'string' },
  rate: { type: 'string' },
  embeddings: { type: 'string' },
  'embeddings-model': { type: 'string' },
  events: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const Settings = z.object({
  data: z.string().default('openspace-hub-data'),
  database: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'an address like postgres://user@host/name')
    .optional(),
  artifacts: z.string().optional(),
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535).default(7790),
  'public-url': z.url().optional(),
  name: z.string().max(100).default(DEFAULTS.name),
  account: z.string().default('admin'),
  group: z.string().default('team'),
  'anonymous-read': z.stringbool().or(z.boolean()).default(DEFAULTS.anonymousRead),
  'quota-mb': z.coerce
    .number()
    .positive()
    .default(DEFAULTS.quotaBytes / 2 ** 20),
  rate: z.coerce.number().positive().default(DEFAULTS.rateLimit.perSecond),
  embeddings: z.url().optional(),
  'embeddings-model': z.string().default('text-embedding-3-small'),
  events: z.boolean().default(false),
  help: z.boolean().default(false),
});
export type Settings = z.infer<typeof Settings>;

export interface Invocation {
  readonly command: string | undefined;
  readonly words: readonly string[];
  readonly settings: Settings;
}

/** Reads flags and variables. Throws `usage` for a wrong flag, `config` for a wrong value. */
export function readInvocation(args: readonly string[]): Invocation {
  const { values, positionals } = parse(args);
  const given = Object.fromEntries(
    Object.keys(FLAGS).map((flag) => [flag, Reflect.get(values, flag) ?? process.env[variableOf(flag)]]),
  );
  const parsed = Settings.safeParse(given);
  if (parsed.success) return { command: positionals[0], words: positionals.slice(1), settings: parsed.data };
  const [issue] = parsed.error.issues;
  const flag = String(issue?.path[0]);
  throw new OpenSpaceError('config', `--${flag} (${variableOf(flag)}): ${issue?.message}`, {
    hint: 'See openspace-hub --help.',
  });
}

const variableOf = (flag: string) => `OPENSPACE_HUB_${flag.toUpperCase().replaceAll('-', '_')}`;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new OpenSpaceError('usage', toMessage(error), { hint: 'See openspace-hub --help.' });
  }
}

/** The hub's options for these settings. */
export function toOptions(settings: Settings, log: HubOptions['log']): HubOptions {
  const { artifacts, embeddings } = settings;
  return {
    ...DEFAULTS,
    name: settings.name,
    folder: settings.data,
    database: settings.database,
    artifacts: artifacts !== undefined && /^https?:\/\//.test(artifacts) ? s3From(artifacts) : artifacts,
    embedder:
      embeddings === undefined
        ? undefined
        : createEmbedder({
            url: embeddings,
            model: settings['embeddings-model'],
            apiKey: process.env.OPENSPACE_HUB_EMBEDDINGS_KEY,
          }),
    anonymousRead: settings['anonymous-read'],
    quotaBytes: settings['quota-mb'] * 2 ** 20,
    rateLimit: { perSecond: settings.rate, burst: settings.rate * 4 },
    log,
  };
}

function s3From(url: string) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region = 'us-east-1',
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new OpenSpaceError('config', 'The S3 store needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  return { url, accessKeyId, secretAccessKey, region };
}
