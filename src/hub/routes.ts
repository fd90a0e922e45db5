// Every route of the hub once: method, path, who may call it, and the schemas of what goes in and out.
import { z } from 'zod';
import {
  CreateRecord,
  HubRecord,
  RecordPage,
  SearchRequest,
  SignedStatement,
  Slug,
  StagedArtifact,
} from './protocol.ts';
import {
  Advice,
  AuditEntry,
  CreatedKey,
  Decision,
  Group,
  GroupParams,
  HubInfo,
  Invite,
  Join,
  Joined,
  KeyInfo,
  Me,
  NewEvidence,
  NewInvite,
  NewKey,
  NewQuarantine,
  NewReport,
  NewReview,
  Proposal,
  RecordParams,
  Report,
  Review,
  ROLES,
  type Scope,
  SkillPage,
} from './protocol-team.ts';

/** How a route is described. `access`: a scope, `key` for any valid key, `anyone` for no key at all. */
export interface RouteShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Scope | 'key' | 'anyone';
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly reply: z.ZodType;
  readonly status: number;
  /** What the body or the reply is, where it is not JSON. */
  readonly sends?: 'multipart';
  readonly answers?: 'zip' | 'text';
}

const nothing = z.object({});
const get = { method: 'GET', params: nothing, query: nothing, body: nothing, status: 200 } as const;
const post = { method: 'POST', params: nothing, query: nothing, body: nothing, status: 201 } as const;
const done = z.object({ ok: z.literal(true) });
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.coerce.number().int().optional(),
});

/** The six routes of the original's cloud. */
export const CLOUD_ROUTES = {
  listRecords: {
    ...get,
    path: '/records/metadata',
    summary: 'All records that the key may read, a page at a time',
    access: 'read',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(200),
      cursor: z.string().max(200).optional(),
      include_embedding: z.string().optional(),
    }),
    reply: RecordPage,
  },
  getRecord: {
    ...get,
    path: '/records/:id',
    summary: 'One record',
    access: 'read',
    params: RecordParams,
    reply: HubRecord,
  },
  download: {
    ...get,
    path: '/records/:id/download',
    summary: 'The files of a record as a zip archive',
    access: 'read',
    params: RecordParams,
    reply: nothing,
    answers: 'zip',
  },
  search: {
    ...post,
    path: '/records/embeddings/search',
    summary: 'Heads of skills that fit a query, best first',
    access: 'read',
    body: SearchRequest,
    reply: z.array(HubRecord),
    status: 200,
  },
  stage: {
    ...post,
    path: '/artifacts/stage',
    summary: 'Upload the files of a version (multipart, repeated field "files", file name = relative path)',
    access: 'publish',
    reply: StagedArtifact,
    sends: 'multipart',
  },
  createRecord: {
    ...post,
    path: '/records',
    summary: 'Publish staged files as a version',
    access: 'publish',
    body: CreateRecord,
    reply: HubRecord,
  },
} as const satisfies Record<string, RouteShape>;

/** Routes of our own hub. */
export const TEAM_ROUTES = {
  info: { ...get, path: '/hub', summary: 'What this hub is', access: 'anyone', reply: HubInfo },
  join: {
    ...post,
    path: '/join',
    summary: 'Use an invitation: makes the account and its first key',
    access: 'anyone',
    body: Join,
    reply: Joined,
  },
  me: { ...get, path: '/me', summary: 'Account, scopes, groups, quota', access: 'key', reply: Me },
  createKey: {
    ...post,
    path: '/keys',
    summary: 'A further key, with at most this key’s scopes',
    access: 'key',
    body: NewKey,
    reply: CreatedKey,
  },
  listKeys: {
    ...get,
    path: '/keys',
    summary: 'The account’s keys, without their secrets',
    access: 'key',
    reply: z.array(KeyInfo),
  },
  revokeKey: {
    ...get,
    method: 'DELETE',
    path: '/keys/:key',
    summary: 'End a key',
    access: 'key',
    params: z.object({ key: z.string().max(40) }),
    reply: done,
  },
  addSigningKey: {
    ...post,
    path: '/signing-keys',
    summary: 'Register a public key that publications of this account are signed with',
    access: 'publish',
    body: z.object({ public_key: SignedStatement.shape.public_key }),
    reply: done,
  },
  createGroup: {
    ...post,
    path: '/groups',
    summary: 'A new group with the caller as owner',
    access: 'manage',
    body: z.object({ group: Slug }),
    reply: Group,
  },
  getGroup: {
    ...get,
    path: '/groups/:group',
    summary: 'A group’s members',
    access: 'read',
    params: GroupParams,
    reply: Group,
  },
  setMember: {
    ...post,
    method: 'PUT',
    path: '/groups/:group/members/:account',
    summary: 'Give a member a role, or take the member out (role null)',
    access: 'manage',
    params: GroupParams.extend({ account: Slug }),
    body: z.object({ role: z.enum(ROLES).nullable() }),
    reply: Group,
    status: 200,
  },
  createInvite: {
    ...post,
    path: '/groups/:group/invites',
    summary: 'Invite people into a group',
    access: 'manage',
    params: GroupParams,
    body: NewInvite,
    reply: Invite,
  },
  getSkill: {
    ...get,
    path: '/skills/:owner/:name',
    summary: 'A skill with all its versions',
    access: 'read',
    params: z.object({ owner: Slug, name: z.string().max(200) }),
    reply: SkillPage,
  },
  versions: {
    ...get,
    path: '/records/:id/versions',
    summary: 'All versions of the record’s skill',
    access: 'read',
    params: RecordParams,
    reply: SkillPage,
  },
  diff: {
    ...get,
    path: '/records/:id/diff',
    summary: 'Unified diff of a record against another, or against its first parent',
    access: 'read',
    params: RecordParams,
    query: z.object({ against: z.string().max(200).optional() }),
    reply: z.object({ diff: z.string() }),
  },
  lineage: {
    ...get,
    path: '/records/:id/lineage',
    summary: 'Ancestors that the key may read, nearest first',
    access: 'read',
    params: RecordParams,
    reply: z.array(HubRecord),
  },
  addReview: {
    ...post,
    path: '/records/:id/reviews',
    summary: 'Review a version',
    access: 'review',
    params: RecordParams,
    body: NewReview,
    reply: Review,
  },
  listReviews: {
    ...get,
    path: '/records/:id/reviews',
    summary: 'Reviews of a version',
    access: 'read',
    params: RecordParams,
    reply: z.array(Review),
  },
  addReport: {
    ...post,
    path: '/records/:id/reports',
    summary: 'Report a version to its owner and the hub’s people',
    access: 'read',
    params: RecordParams,
    body: NewReport,
    reply: done,
  },
  listReports: {
    ...get,
    path: '/reports',
    summary: 'Reports that the key’s account has to look at',
    access: 'review',
    query: Page,
    reply: z.array(Report),
  },
  quarantine: {
    ...post,
    method: 'PUT',
    path: '/records/:id/quarantine',
    summary: 'Put a version out of use, or back',
    access: 'review',
    params: RecordParams,
    body: NewQuarantine,
    reply: HubRecord,
    status: 200,
  },
  addAttestation: {
    ...post,
    path: '/records/:id/attestations',
    summary: 'Add a signed evaluation',
    access: 'publish',
    params: RecordParams,
    body: SignedStatement,
    reply: done,
  },
  listAttestations: {
    ...get,
    path: '/records/:id/attestations',
    summary: 'Signed evaluations of a version',
    access: 'read',
    params: RecordParams,
    reply: z.array(SignedStatement),
  },
  addEvidence: {
    ...post,
    path: '/records/:id/evidence',
    summary: 'Counts of uses and successes (opt-in, never texts)',
    access: 'evidence',
    params: RecordParams,
    body: NewEvidence,
    reply: done,
  },
  advice: {
    ...post,
    path: '/advice',
    summary:
      'Aggregated quality of versions, with what to use instead of one that does worse than its parent',
    access: 'read',
    body: z.object({ record_ids: z.array(z.string().max(200)).max(500) }),
    reply: Advice,
    status: 200,
  },
  listProposals: {
    ...get,
    path: '/proposals',
    summary: 'Open proposals for skills of the caller’s groups',
    access: 'read',
    query: Page,
    reply: z.array(Proposal),
  },
  decide: {
    ...post,
    path: '/proposals/:id/decision',
    summary: 'Accept a proposal as the skill’s new head, or decline it',
    access: 'review',
    params: RecordParams,
    body: Decision,
    reply: HubRecord,
    status: 200,
  },
  audit: {
    ...get,
    path: '/audit',
    summary: 'Who did what, newest first',
    access: 'admin',
    query: Page,
    reply: z.array(AuditEntry),
  },
} as const satisfies Record<string, RouteShape>;

export const ROUTES = { ...CLOUD_ROUTES, ...TEAM_ROUTES };
export type RouteName = keyof typeof ROUTES;
export type RouteOf<K extends RouteName> = (typeof ROUTES)[K];
export type ReplyOf<K extends RouteName> = z.output<RouteOf<K>['reply']>;
