// What our hub has beyond the original's cloud, on the wire: accounts, keys, groups, reviews, evidence, audit.
import { z } from 'zod';
import { HubRecord, Quality, RecordId, SignedStatement, Slug } from './protocol.ts';

/** What a key may do. `admin` holds all others. */
export const SCOPES = ['read', 'publish', 'review', 'evidence', 'manage', 'metrics', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
/** Scopes of a key that comes with an invitation. */
export const MEMBER_SCOPES: readonly Scope[] = ['read', 'publish', 'review', 'evidence', 'manage'];

/** From the weakest: what a member may do in a group. Readers read, members publish, maintainers decide, owners invite. */
export const ROLES = ['reader', 'member', 'maintainer', 'owner'] as const;
export type Role = (typeof ROLES)[number];

const Seconds = z
  .int()
  .min(60)
  .max(366 * 24 * 3600);

export const HubInfo = z.object({
  name: z.string(),
  version: z.string(),
  protocol: z.literal(1),
  storage: z.enum(['pglite', 'postgres']),
  vectors: z.boolean(),
  anonymous_read: z.boolean(),
});

export const Me = z.object({
  account: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  groups: z.array(z.object({ group: z.string(), role: z.enum(ROLES) })),
  used_bytes: z.int(),
  quota_bytes: z.int(),
});

export const NewKey = z.object({
  name: z.string().max(100).default('key'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  expires_in_s: Seconds.optional(),
});
export const KeyInfo = z.object({
  key_id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
});
export const CreatedKey = KeyInfo.extend({ key: z.string() });

export const NewInvite = z.object({
  role: z.enum(ROLES).default('member'),
  expires_in_s: Seconds.default(7 * 24 * 3600),
  max_uses: z.int().min(1).max(1000).default(1),
});
export const Invite = z.object({ invite: z.string(), group: z.string(), expires_at: z.string() });
export const Join = z.object({ invite: z.string().max(200), account: Slug });
export const Joined = z.object({ account: z.string(), group: z.string(), key: z.string() });

export const Group = z.object({
  group: z.string(),
  members: z.array(z.object({ account: z.string(), role: z.enum(ROLES) })),
});

export const SkillPage = z.object({
  skill_id: z.string(),
  owner: z.string(),
  name: z.string(),
  head_record_id: z.string().nullable(),
  versions: z.array(HubRecord),
});

export const NewReview = z.object({
  verdict: z.enum(['approve', 'reject', 'comment']),
  text: z.string().max(4_000).default(''),
});
export const Review = NewReview.extend({ account: z.string(), created_at: z.string() });
export const NewReport = z.object({
  reason: z.enum(['malicious', 'secret', 'broken', 'licence', 'other']),
  text: z.string().max(4_000).default(''),
});
export const Report = NewReport.extend({
  record_id: z.string(),
  account: z.string(),
  created_at: z.string(),
});
export const NewQuarantine = z.object({ on: z.boolean(), reason: z.string().max(1_000).default('') });

/** Counts of one stretch of use. `report_id` makes sending it twice harmless. */
export const NewEvidence = z.object({
  report_id: z.string().min(8).max(100),
  uses: z.int().min(1).max(10_000),
  successes: z.int().min(0).max(10_000),
});
export const Advice = z.object({
  advice: z.array(z.object({ record_id: z.string(), quality: Quality })),
});

export const Proposal = z.object({
  record: HubRecord,
  target_record_id: z.string(),
  /** What the proposer's gate measured, as attestations. */
  attestations: z.array(SignedStatement),
});
export const Decision = z.object({
  decision: z.enum(['accept', 'decline']),
  reason: z.string().max(1_000).default(''),
});

export const AuditEntry = z.object({
  id: z.int(),
  at: z.string(),
  account: z.string().nullable(),
  key_id: z.string().nullable(),
  action: z.string(),
  target: z.string(),
  detail: z.string(),
});

export const RecordParams = z.object({ id: RecordId });
export const GroupParams = z.object({ group: Slug });
