// A hub in this process with people in it, and requests as they make them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  createHubClient,
  type HubClient,
  type PublishRequest,
  type PublishResult,
  publishSkill,
} from '../../src/hub/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import type { SkillFiles } from '../../src/skills/index.ts';
import { bootstrap } from '../src/domain/team.ts';
import { DEFAULTS, type Hub, type HubOptions, openHub } from '../src/hub.ts';

export interface Person {
  readonly name: string;
  readonly key: string;
  readonly client: HubClient;
}

export interface TestHub {
  readonly hub: Hub;
  readonly folder: string;
  /** Owner of the group `team`, admin of the hub. */
  readonly ann: Person;
  /** A client with this key, or with none. */
  as(key: string | undefined): HubClient;
  /** A new person in a group that `inviter` may invite into. */
  join(
    name: string,
    group: string,
    role?: 'reader' | 'member' | 'maintainer' | 'owner',
    inviter?: Person,
  ): Promise<Person>;
  /** Raw request, for what our client would never send. */
  send(path: string, init?: RequestInit, key?: string): Promise<Response>;
  close(): Promise<void>;
}

export async function openTestHub(options: Partial<HubOptions> = {}): Promise<TestHub> {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-hub-'));
  const hub = await openHub({
    ...DEFAULTS,
    folder: undefined,
    artifacts: join(folder, 'artifacts'),
    database: undefined,
    embedder: undefined,
    log: silentLogger,
    pollMs: 500,
    rateLimit: { perSecond: 10_000, burst: 10_000 },
    failureLimit: { perSecond: 100, burst: 10_000 },
    ...options,
  });
  const fetch: typeof globalThis.fetch = (input, init) => hub.fetch(new Request(input, init));
  const as = (key: string | undefined) =>
    createHubClient({
      baseUrl: 'http://hub.test',
      apiKey: key,
      signal: new AbortController().signal,
      fetch,
      retryDelayMs: 1,
    });
  const first = await bootstrap(hub.db, 'ann', 'team');
  const ann: Person = { name: 'ann', key: first?.key ?? '', client: as(first?.key) };
  return {
    hub,
    folder,
    ann,
    as,
    async join(name, group, role = 'member', inviter = ann) {
      const { invite } = await inviter.client.call('createInvite', { params: { group }, body: { role } });
      const { key } = await as(undefined).call('join', { body: { invite, account: name } });
      return { name, key, client: as(key) };
    },
    send(path, init = {}, key) {
      const headers = new Headers(init.headers);
      if (key !== undefined) headers.set('x-api-key', key);
      return hub.fetch(new Request(`http://hub.test${path}`, { ...init, headers }));
    },
    async close() {
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const bytes = (text: string) => new TextEncoder().encode(text);

export function skillFiles(
  name: string,
  body: string,
  options: { description?: string; extra?: Record<string, string> } = {},
): SkillFiles {
  const head = `---\nname: ${name}\ndescription: ${options.description ?? `What ${name} is for`}\n---\n`;
  return new Map([
    ['SKILL.md', bytes(`${head}${body}\n`)],
    ...Object.entries(options.extra ?? {}).map(([path, text]): [string, Uint8Array] => [path, bytes(text)]),
  ]);
}

/** Publishes and fails loudly if that did not make a record. */
export async function publish(
  client: HubClient,
  files: SkillFiles,
  request: Partial<PublishRequest> = {},
): Promise<Extract<PublishResult, { status: 'success' }>> {
  const result = await publishSkill(client, { files, fallbackName: 'skill', ...request });
  if (result.status !== 'success') throw new Error(`not published: ${JSON.stringify(result)}`);
  return result;
}

const Reply = z.record(z.string(), z.unknown());
/** A JSON answer's fields. */
export const fieldsOf = async (response: Response) => Reply.parse(await response.json());
