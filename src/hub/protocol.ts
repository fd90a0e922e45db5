// The hub's records on the wire: the original cloud's contract and our fields beside it, as schemas.
import { z } from 'zod';

/** Path below a hub's address under which the API lives; the original's cloud has the same. */
export const API_PATH = '/api/v1';
export const API_KEY_HEADER = 'x-api-key';

/** Opaque, shaped `name__clo_ab12cd34`. Never a path: no separators, quotes or control characters. */
export const RecordId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}/\\"'`<>?#%]+$/u, 'not a record id')
  .refine((id) => id.trim() === id && !/^\.+$/.test(id), 'not a record id');
/** Name of an account, a group or the path part of a skill. */
export const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'lower-case letters, digits and single . _ - between them');
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const VISIBILITIES = ['private', 'group_only', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export const CLOUD_ORIGINS = ['imported', 'captured', 'derived', 'fixed'] as const;
export type CloudOrigin = (typeof CLOUD_ORIGINS)[number];

/** Why these parents do not fit the origin; undefined if they do. imported, captured: none; derived: some; fixed: one. */
export function parentsProblem(origin: CloudOrigin, parents: number): string | undefined {
  if (origin === 'derived') return parents >= 1 ? undefined : 'origin "derived" needs at least one parent';
  if (origin === 'fixed') return parents === 1 ? undefined : 'origin "fixed" needs exactly one parent';
  return parents === 0 ? undefined : `origin "${origin}" has no parents`;
}

/** A text that was signed with Ed25519, exactly as signed. See statements.ts for what it says. */
export const SignedStatement = z.object({
  /** `ed25519:` and the raw public key in base64url. */
  public_key: z.string().regex(/^ed25519:[A-Za-z0-9_-]{43}$/),
  signature: z.string().max(100),
  statement: z.string().max(8_000),
});
export type SignedStatement = z.infer<typeof SignedStatement>;

export const VERDICTS = ['unknown', 'fine', 'worse-than-parent'] as const;
/** Counts that members chose to report about a version; never texts. */
export const Quality = z.object({
  uses: z.int(),
  successes: z.int(),
  reporters: z.int(),
  verdict: z.enum(VERDICTS),
  /** Record to use instead while the verdict is `worse-than-parent`. */
  fallback_record_id: z.string().nullable(),
});
export type Quality = z.infer<typeof Quality>;

export const RECORD_STATUSES = ['active', 'proposed', 'declined', 'quarantined'] as const;

/** A version as the hub shows it. The original's cloud fills only the first part; everything of ours may be missing. */
export const HubRecord = z.object({
  record_id: z.string(),
  name: z.string().default(''),
  description: z.string().nullish(),
  visibility: z.string().default('public'),
  created_by: z.string().nullish(),
  origin: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  parent_skill_ids: z.array(z.string()).nullish(),
  change_summary: z.string().nullish(),
  created_at: z.string().nullish(),
  search_rank: z.number().nullish(),
  embedding: z.array(z.number()).nullish(),
  // ours
  skill_id: z.string().optional(),
  owner: z.string().optional(),
  version_number: z.int().optional(),
  /** The skill's newest accepted version. */
  head_record_id: z.string().nullish(),
  files_hash: Sha256.optional(),
  size_bytes: z.int().optional(),
  file_count: z.int().optional(),
  status: z.enum(RECORD_STATUSES).optional(),
  publication: SignedStatement.nullish(),
  quality: Quality.optional(),
});
export type HubRecord = z.infer<typeof HubRecord>;

export const RecordPage = z.object({
  items: z.array(HubRecord),
  has_more: z.boolean().default(false),
  next_cursor: z.string().nullish(),
});

export const SEARCH_LIMIT = 300;
export const SearchRequest = z.object({
  query: z.string().max(4_000),
  limit: z.int().min(1).max(SEARCH_LIMIT).default(20),
  level: z.string().nullish(),
  tags: z.array(z.string().max(100)).max(20).nullish(),
});

export const StagedArtifact = z.object({
  artifact_id: z.string().min(1),
  stats: z.object({ file_count: z.int() }).loose().optional(),
  files_hash: Sha256.optional(),
});

export const CreateRecord = z.object({
  record_id: RecordId,
  artifact_id: z.string().min(1).max(100),
  origin: z.enum(CLOUD_ORIGINS),
  visibility: z.enum(VISIBILITIES),
  parent_skill_ids: z.array(RecordId).max(20).default([]),
  tags: z.array(z.string().max(100)).max(50).default([]),
  level: z.string().max(40).default('workflow'),
  created_by: z.string().max(200).nullish(),
  change_summary: z.string().max(4_000).nullish(),
  content_diff: z.string().max(5_000_000).nullish(),
  // ours
  /** Group that owns the skill; needed for `group_only`. */
  group: Slug.optional(),
  /** Head that the publisher has seen; the hub answers `stale_head` if it has moved. Null: a skill of its own. */
  expected_head: RecordId.nullish(),
  /** Offer this version to the parent's owner instead of publishing it. */
  proposal: z.boolean().default(false),
  publication: SignedStatement.optional(),
});
export type CreateRecord = z.infer<typeof CreateRecord>;

/** What a refusal carries. `error` is a code to act on, `message` is for people. */
export const ErrorReply = z
  .object({
    error: z.string(),
    message: z.string().optional(),
    hint: z.string().optional(),
    existing_record_id: z.string().optional(),
    head_record_id: z.string().nullish(),
    findings: z
      .array(z.object({ rule: z.string(), message: z.string(), file: z.string().optional() }))
      .optional(),
  })
  .loose();
export type ErrorReply = z.infer<typeof ErrorReply>;

/** Codes of refusals with their HTTP status. The two `…_conflict` codes are the original's. */
export const REFUSALS = {
  invalid: 422,
  unauthorized: 401,
  key_expired: 401,
  key_revoked: 401,
  scope_too_small: 403,
  role_too_small: 403,
  quota_exceeded: 403,
  not_found: 404,
  fingerprint_record_id_conflict: 409,
  record_id_fingerprint_conflict: 409,
  stale_head: 409,
  already_exists: 409,
  too_large: 413,
  unsafe: 422,
  secret_in_file: 422,
  bad_signature: 422,
  unknown_signing_key: 422,
  hash_mismatch: 422,
  quarantined: 423,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
} as const;
export type Refusal = keyof typeof REFUSALS;
