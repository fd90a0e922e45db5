// The program `openspace-hub`: serve, backup, restore, key. Answers on stdout, everything else on stderr.
import { serve } from '@hono/node-server';
import { SCOPES } from '../../src/hub/index.ts';
import { createLogger, createRedactor, OpenSpaceError, toMessage } from '../../src/lib/index.ts';
import { backup, restore } from './backup.ts';
import { authenticate } from './domain/caller.ts';
import { bootstrap, createInvite, issueKey } from './domain/team.ts';
import { type Hub, type HubOptions, openHub } from './hub.ts';
import { readInvocation, type Settings, toOptions, USAGE } from './settings.ts';
import { openFolderStore, openS3Store } from './store/artifacts.ts';
import { openPglite, openPostgres } from './store/sql.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);
const log = createLogger({
  level: 'info',
  write: (line) => process.stderr.write(line),
  redactor: createRedactor(),
});
const SHUTDOWN_MS = 10_000;
const FIRST_INVITE = { role: 'member', expires_in_s: 7 * 24 * 3600, max_uses: 20 } as const;

/** Runs the program; sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const { command, words, settings } = readInvocation(args);
    if (settings.help || command === undefined) process.stdout.write(USAGE);
    else if (command === 'serve') await runServer(settings);
    else if (command === 'backup' || command === 'restore') await copy(command, words[0], settings);
    else if (command === 'key') await printKey(words, settings);
    else throw new OpenSpaceError('usage', `There is no command "${command}".`, { hint: USAGE });
  } catch (error) {
    say(toMessage(error));
    if (error instanceof OpenSpaceError && error.hint !== undefined) say(error.hint);
    process.exitCode = error instanceof OpenSpaceError && ['usage', 'config'].includes(error.code) ? 2 : 1;
  }
}

async function runServer(settings: Settings): Promise<void> {
  const hub = await openHub(toOptions(settings, log));
  const first = await bootstrap(hub.db, settings.account, settings.group);
  const server = serve({
    fetch: (request, env) => hub.fetch(request, env),
    hostname: settings.host,
    port: settings.port,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  const url = settings['public-url'] ?? `http://${settings.host}:${port}`;
  say(`${settings.name} runs at ${url} (${hub.db.kind}, archives in ${hub.store.kind}).`);
  await sayFirstSteps(hub, settings, url, first);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    setTimeout(resolve, SHUTDOWN_MS).unref(); // a client that never ends its request does not hold the hub up
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
  await hub.close();
}

/** On a hub without accounts: the first key, and an invitation for the others. Shown this once. */
async function sayFirstSteps(
  hub: Hub,
  settings: Settings,
  url: string,
  first: Awaited<ReturnType<typeof bootstrap>>,
): Promise<void> {
  const event = (data: object) => {
    if (settings.events) process.stdout.write(`${JSON.stringify(data)}\n`);
  };
  if (first === undefined) return event({ event: 'listening', url });
  const caller = await authenticate(hub.db, first.key);
  const { invite } = await createInvite(hub.db, caller, first.group, FIRST_INVITE);
  if (!settings.events) say(`First account "${first.account}", shown only now: ${first.key}`);
  say(`Invite your team (7 days, 20 people):  openspace hub login ${url} --invite ${invite}`);
  event({ event: 'listening', url, account: first.account, group: first.group, key: first.key, invite });
}

async function openStorage(options: HubOptions) {
  const db =
    options.database === undefined
      ? await openPglite(`${options.folder}/database`)
      : await openPostgres(options.database);
  const store =
    typeof options.artifacts === 'object'
      ? openS3Store(options.artifacts)
      : openFolderStore(options.artifacts ?? `${options.folder}/artifacts`);
  return { db, store };
}

async function copy(
  command: 'backup' | 'restore',
  folder: string | undefined,
  settings: Settings,
): Promise<void> {
  if (folder === undefined) throw new OpenSpaceError('usage', `openspace-hub ${command} needs a folder.`);
  const { db, store } = await openStorage(toOptions(settings, log));
  try {
    if (command === 'restore') await restore(db, store, folder);
    else {
      const { rows, archives } = await backup(db, store, folder);
      say(`${rows} rows and ${archives} archives are in ${folder}.`);
    }
  } finally {
    await db.close();
  }
}

async function printKey([account, ...wanted]: readonly string[], settings: Settings): Promise<void> {
  const scopes = SCOPES.filter((scope) => wanted.includes(scope));
  if (account === undefined || scopes.length === 0 || scopes.length !== wanted.length)
    throw new OpenSpaceError('usage', `openspace-hub key <account> <scope>…; scopes: ${SCOPES.join(' ')}`);
  const { db } = await openStorage(toOptions(settings, log));
  try {
    process.stdout.write(`${await issueKey(db, account, scopes)}\n`);
  } finally {
    await db.close();
  }
}
