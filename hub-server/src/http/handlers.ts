// What each route does: the domain's functions under the routes' names.
import { z } from 'zod';
import type { RouteName, RouteOf } from '../../../src/hub/index.ts';
import { diffFiles, unpackSkill } from '../../../src/skills/index.ts';
import { accountOf, type Caller, timestamp } from '../domain/caller.ts';
import * as moderation from '../domain/moderation.ts';
import { usedBytes } from '../domain/publish.ts';
import { addEvidence, adviceFor } from '../domain/quality.ts';
import {
  getRecord,
  getUsableRecord,
  lineageOf,
  listRecords,
  skillPage,
  toRecord,
} from '../domain/records.ts';
import { searchSkills } from '../domain/search.ts';
import * as team from '../domain/team.ts';
import type { HubParts } from '../hub.ts';

/** What a handler gets: checked input and who sent it. */
export interface Call<K extends RouteName> {
  readonly params: z.output<RouteOf<K>['params']>;
  readonly query: z.output<RouteOf<K>['query']>;
  readonly body: z.output<RouteOf<K>['body']>;
  readonly caller: Caller;
}

/** Routes whose body or answer is not JSON, and the one with two statuses, are done in app.ts. */
export type JsonRoute = Exclude<RouteName, 'stage' | 'download' | 'createRecord'>;
export type Handlers = {
  readonly [K in JsonRoute]: (call: Call<K>) => Promise<z.input<RouteOf<K>['reply']>>;
};

const ok = { ok: true } as const;
const AuditRow = z.object({
  id: z.int(),
  at: timestamp,
  account: z.string().nullable(),
  key_id: z.string().nullable(),
  action: z.string(),
  target: z.string(),
  detail: z.string(),
});

export function createHandlers(parts: HubParts): Handlers {
  return { ...recordHandlers(parts), ...teamHandlers(parts), ...peopleHandlers(parts) };
}

function recordHandlers({ db, store, jobs, embedder }: HubParts) {
  const filesOf = async (archiveHash: string) => unpackSkill(await store.get(archiveHash));
  return {
    listRecords: ({ caller, query }) => listRecords(db, caller, query.limit, query.cursor),
    getRecord: async ({ caller, params }) => toRecord(await getRecord(db, caller, params.id)),
    search: ({ caller, body }) =>
      searchSkills(db, caller, { query: body.query, limit: body.limit, tags: body.tags ?? [] }, embedder),
    getSkill: ({ caller, params }) =>
      skillPage(db, caller, 'o.name = $2 AND s.name = $3', [params.owner, params.name]),
    versions: async ({ caller, params }) => {
      const row = await getRecord(db, caller, params.id);
      return skillPage(db, caller, 's.id = $2', [row.skill]);
    },
    diff: async ({ caller, params, query }) => {
      const row = await getUsableRecord(db, caller, params.id);
      const against = query.against ?? row.parent_skill_ids[0];
      const before =
        against === undefined
          ? new Map()
          : await filesOf((await getUsableRecord(db, caller, against)).archive_hash);
      return { diff: diffFiles(before, await filesOf(row.archive_hash)) };
    },
    lineage: async ({ caller, params }) => {
      const rows = await lineageOf(db, caller, await getRecord(db, caller, params.id));
      return rows.map((row) => toRecord(row));
    },
    addEvidence: async ({ caller, params, body }) => {
      await jobs.settle(await addEvidence(db, caller, params.id, body));
      return ok;
    },
    advice: ({ caller, body }) => adviceFor(db, caller, body.record_ids),
  } satisfies Partial<Handlers>;
}

function teamHandlers({ db, info, options }: HubParts) {
  return {
    info: async () => info,
    join: ({ body }) => team.join(db, body.invite, body.account),
    me: async ({ caller }) => {
      const { id, name } = accountOf(caller);
      return {
        account: name,
        scopes: [...caller.scopes],
        groups: caller.groups.map((group) => ({ group: group.name, role: group.role })),
        used_bytes: await usedBytes(db, id),
        quota_bytes: options.quotaBytes,
      };
    },
    createKey: ({ caller, body }) => team.addKey(db, caller, body),
    listKeys: ({ caller }) => team.listKeys(db, caller),
    revokeKey: async ({ caller, params }) => {
      await team.revokeKey(db, caller, params.key);
      return ok;
    },
    addSigningKey: async ({ caller, body }) => {
      await team.addSigningKey(db, caller, body.public_key);
      return ok;
    },
    createGroup: ({ caller, body }) => team.createGroup(db, caller, body.group),
    getGroup: ({ caller, params }) => team.getGroup(db, caller, params.group),
    setMember: ({ caller, params, body }) =>
      team.setMember(db, caller, params.group, params.account, body.role),
    createInvite: ({ caller, params, body }) => team.createInvite(db, caller, params.group, body),
    audit: ({ query }) =>
      db.rows(
        AuditRow,
        'SELECT l.id, l.at, o.name AS account, l.key_id, l.action, l.target, l.detail FROM audit l LEFT JOIN owners o ON o.id = l.account_id WHERE l.id < $1 ORDER BY l.id DESC LIMIT $2',
        [query.before ?? 2 ** 31 - 1, query.limit],
      ),
  } satisfies Partial<Handlers>;
}

function peopleHandlers({ db, jobs }: HubParts) {
  const reindexed = async (record: Awaited<ReturnType<typeof moderation.decideProposal>>) => {
    await jobs.reindexSkill(record.skill_id ?? '');
    return record;
  };
  return {
    addReview: ({ caller, params, body }) => moderation.addReview(db, caller, params.id, body),
    listReviews: ({ caller, params }) => moderation.listReviews(db, caller, params.id),
    addReport: async ({ caller, params, body }) => {
      await moderation.addReport(db, caller, params.id, body);
      return ok;
    },
    listReports: ({ caller, query }) => moderation.listReports(db, caller, query.limit),
    quarantine: async ({ caller, params, body }) =>
      reindexed(await moderation.setQuarantine(db, caller, params.id, body)),
    addAttestation: async ({ caller, params, body }) => {
      await moderation.addAttestation(db, caller, params.id, body);
      return ok;
    },
    listAttestations: ({ caller, params }) => moderation.listAttestations(db, caller, params.id),
    listProposals: ({ caller, query }) => moderation.listProposals(db, caller, query.limit),
    decide: async ({ caller, params, body }) =>
      reindexed(await moderation.decideProposal(db, caller, params.id, body)),
  } satisfies Partial<Handlers>;
}
