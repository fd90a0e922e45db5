// Several processes of the hub on one PostgreSQL, and one that is killed while it publishes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createHubClient, hashOfFiles } from '../../src/hub/index.ts';
import { OpenSpaceError } from '../../src/lib/index.ts';
import { describeWith, longRun } from '../../test/support/needs.ts';
import { openFolderStore } from '../src/store/artifacts.ts';
import { openPostgres } from '../src/store/sql.ts';
import { type PostgresServer, startPostgres } from './databases.ts';
import { publish, skillFiles } from './people.ts';

const program = fileURLToPath(new URL('../bin/openspace-hub.js', import.meta.url));
const Started = z.object({ url: z.string(), key: z.string().optional() });

interface Running {
  readonly url: string;
  readonly key: string | undefined;
  readonly child: ChildProcess;
}

describeWith(['postgres'], 'processes of the hub', () => {
  let server: PostgresServer;
  let database: string;
  let folder: string;
  const children: ChildProcess[] = [];

  async function start(): Promise<Running> {
    const args = [
      program,
      'serve',
      '--events',
      '--port',
      '0',
      '--database',
      database,
      '--data',
      folder,
      '--rate',
      '10000',
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    if (child.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: child.stdout }))
      return { ...Started.parse(JSON.parse(line)), child, key: Started.parse(JSON.parse(line)).key };
    throw new Error('the hub ended before it listened');
  }
  const clientOf = (url: string, key: string | undefined) =>
    createHubClient({ baseUrl: url, apiKey: key, signal: new AbortController().signal, retryDelayMs: 1 });

  beforeAll(async () => {
    server = await startPostgres({ durable: true });
    database = await server.create();
    folder = mkdtempSync(join(tmpdir(), 'openspace-hub-processes-'));
  }, 120_000);
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('two processes serve one hub, and a kill in the middle of publishing leaves nothing half done', async () => {
    const first = await start();
    const key = first.key;
    const second = await start();
    expect(second.key).toBeUndefined(); // only the first start makes the account
    const made = await publish(clientOf(first.url, key), skillFiles('shared', 'one'), {
      visibility: 'group_only',
      group: 'team',
    });
    const seen = await clientOf(second.url, key).download(made.record_id);
    expect(hashOfFiles(seen)).toBe(made.record.files_hash);
    const bothAtOnce = await Promise.all(
      [first, second].flatMap(({ url }, at) =>
        [1, 2, 3].map((n) =>
          publish(clientOf(url, key), skillFiles(`from-${at}-${n}`, 'x'), {
            visibility: 'group_only',
            group: 'team',
          }),
        ),
      ),
    );
    expect(bothAtOnce).toHaveLength(6);

    const acknowledged: string[] = [];
    let target = second;
    for (let round = 0; round < (longRun ? 20 : 3); round += 1) {
      const client = clientOf(target.url, key);
      const work = [1, 2, 3, 4].map(async (n) => {
        for (let turn = 0; turn < 50; turn += 1) {
          try {
            const { record_id } = await publish(
              client,
              skillFiles(`crash-${n}`, `${round} ${turn} ${Math.random()}`),
              { visibility: 'group_only', group: 'team' },
            );
            acknowledged.push(record_id);
          } catch (error) {
            if (error instanceof OpenSpaceError) return; // the process is gone
            throw error;
          }
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 400));
      target.child.kill('SIGKILL');
      await once(target.child, 'exit');
      await Promise.all(work);
      if (round < 2 || longRun) target = await start();
    }

    const db = await openPostgres(database, 2);
    const store = openFolderStore(join(folder, 'artifacts'));
    const rows = await db.rows(
      z.object({ record_id: z.string(), archive_hash: z.string() }),
      'SELECT record_id, archive_hash FROM versions',
    );
    for (const { archive_hash } of rows) await store.get(archive_hash); // throws if bytes are missing or other ones
    const known = new Set(rows.map(({ record_id }) => record_id));
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(0);
    const broken = await db.rows(
      z.object({ id: z.int() }),
      `SELECT s.id FROM skills s LEFT JOIN versions v ON v.id = s.head_id
       WHERE s.head_id IS NULL OR v.skill_id <> s.id OR v.number <> (SELECT max(number) FROM versions WHERE skill_id = s.id)
          OR (SELECT count(*) FROM versions WHERE skill_id = s.id) <> v.number`,
    );
    expect(broken).toEqual([]);
    await db.close();
    const last = await publish(clientOf(first.url, key), skillFiles('after-all', 'x'), {
      visibility: 'private',
    });
    expect(last.action).toBe('created');
  }, 240_000);
});
