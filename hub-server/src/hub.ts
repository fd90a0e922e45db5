// The hub: opens storage, queue and HTTP face, and closes them again. Holds no state that another process would miss.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { HubInfo } from '../../src/hub/index.ts';
import type { Logger } from '../../src/lib/index.ts';
import type { Embedder } from './embedder.ts';
import { createApp } from './http/app.ts';
import type { RateLimit } from './http/limits.ts';
import { type Jobs, openJobs } from './jobs.ts';
import { type ArtifactStore, openFolderStore, openS3Store, type S3Options } from './store/artifacts.ts';
import { hasVectors, migrate } from './store/migrate.ts';
import { type Database, openPglite, openPostgres } from './store/sql.ts';
import { hubVersion } from './version.ts';

export interface HubOptions {
  readonly name: string;
  /** Where the embedded database and the archives lie; undefined: a database in memory, for tests. */
  readonly folder: string | undefined;
  /** Where archives lie, if elsewhere. */
  readonly artifacts: string | S3Options | undefined;
  /** Connection string of a PostgreSQL; undefined: the embedded one. */
  readonly database: string | undefined;
  readonly embedder: Embedder | undefined;
  /** Public records may be read without a key. */
  readonly anonymousRead: boolean;
  readonly quotaBytes: number;
  readonly rateLimit: RateLimit;
  /** Wrong keys and invitations from one address. */
  readonly failureLimit: RateLimit;
  readonly pollMs: number;
  readonly log: Logger;
}

export const DEFAULTS = {
  name: 'OpenSpace hub',
  anonymousRead: false,
  quotaBytes: 2 * 2 ** 30,
  rateLimit: { perSecond: 50, burst: 200 },
  failureLimit: { perSecond: 0.2, burst: 20 },
  pollMs: 2_000,
} as const;

/** What the parts of the hub get. */
export interface HubParts {
  readonly db: Database;
  readonly store: ArtifactStore;
  readonly jobs: Jobs;
  /** Undefined also where the database has no vectors. */
  readonly embedder: Embedder | undefined;
  readonly options: HubOptions;
  readonly info: z.output<typeof HubInfo>;
  readonly log: Logger;
  gauges(): Promise<Record<string, number>>;
}

export interface Hub extends HubParts {
  /** Answers one request; what the HTTP server calls. */
  fetch(request: Request, env?: unknown): Promise<Response>;
  close(): Promise<void>;
}

/** Opens everything and brings the database to the newest schema. */
export async function openHub(options: HubOptions): Promise<Hub> {
  const { folder, log } = options;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const db =
    options.database === undefined
      ? await openPglite(folder === undefined ? undefined : join(folder, 'database'))
      : await openPostgres(options.database);
  try {
    await migrate(db);
    const store = openStore(options);
    const vectors = await hasVectors(db);
    if (options.embedder !== undefined && !vectors)
      log.warn('The database has no pgvector: search goes by words only.');
    const embedder = vectors ? options.embedder : undefined;
    const jobs = await openJobs({ db, store, embedder, log, pollMs: options.pollMs });
    const parts: HubParts = {
      db,
      store,
      jobs,
      embedder,
      options,
      log,
      info: {
        name: options.name,
        version: hubVersion(),
        protocol: 1,
        storage: db.kind,
        vectors: embedder !== undefined,
        anonymous_read: options.anonymousRead,
      },
      gauges: () => readGauges(db),
    };
    const app = createApp(parts);
    return {
      ...parts,
      fetch: async (request, env) => app.fetch(request, env as object | undefined), // node-server's own bindings
      async close() {
        await jobs.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

function openStore({ artifacts, folder }: HubOptions): ArtifactStore {
  if (typeof artifacts === 'object') return openS3Store(artifacts);
  return openFolderStore(artifacts ?? join(folder ?? '.', 'artifacts'));
}

async function readGauges(db: Database): Promise<Record<string, number>> {
  const row = await db.first(
    z.object({ skills: z.int(), versions: z.int(), accounts: z.int(), jobs: z.int() }),
    `SELECT (SELECT count(*)::int FROM skills) AS skills, (SELECT count(*)::int FROM versions) AS versions,
       (SELECT count(*)::int FROM owners WHERE kind = 'account') AS accounts,
       (SELECT count(*)::int FROM hub_jobs.job WHERE state < 'completed' AND name LIKE 'hub-%') AS jobs`,
  );
  return {
    openspace_hub_skills: row?.skills ?? 0,
    openspace_hub_versions: row?.versions ?? 0,
    openspace_hub_accounts: row?.accounts ?? 0,
    openspace_hub_jobs_waiting: row?.jobs ?? 0,
  };
}
