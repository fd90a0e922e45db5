// The contract of the review: changes that learning wrote, and what a person decides about them.
import { z } from 'zod';
import { EditedFiles, limited, Next, Time } from './shared.ts';

export const ProposalState = z.enum(['drafted', 'proposed', 'committed', 'declined', 'rejected', 'undone']);
export type ProposalState = z.infer<typeof ProposalState>;
export const ProposalKind = z.enum(['fix', 'derive', 'capture', 'merge', 'shrink', 'retire']);

export const ProposalItem = z.object({
  proposal_id: z.string(),
  kind: ProposalKind,
  /** `proposed` waits for a person. */
  state: ProposalState,
  skill_id: z.string().nullable(),
  /** Of the skill that it changes, or that it would make. */
  skill_name: z.string().nullable(),
  parents: z.array(z.string()),
  /** The version that it became. */
  version_id: z.string().nullable(),
  /** What was to be changed, and what was. */
  direction: z.string(),
  summary: z.string(),
  /** Why it stands as it does. */
  reason: z.string(),
  /** What the gate says. */
  decision: z.enum(['reject', 'trial', 'trusted']).nullable(),
  changed_lines: z.number(),
  tokens: z.number(),
  cost_usd: z.number().nullable(),
  created_at: Time,
  decided_at: Time.nullable(),
  decided_by: z.string().nullable(),
});
export type ProposalItem = z.infer<typeof ProposalItem>;

export const Replay = z.object({
  /** Id of the run that was done again. */
  run_id: z.string(),
  /** It was learnt from this run, or the same task. */
  own: z.boolean(),
  result: z.string(),
  note: z.string().nullable(),
  arms: z.array(
    z.object({
      arm: z.enum(['none', 'current', 'candidate']),
      run_ids: z.array(z.string()),
      passed: z.number(),
      runs: z.number(),
      tokens: z.number(),
      turns: z.number(),
    }),
  ),
  checks: z.array(z.object({ name: z.string(), command: z.string(), origin: z.string() })),
});

export const Proposal = ProposalItem.extend({
  /** Unified diff against the version that it starts from. */
  diff: z.string(),
  /** Text files of the proposal; null for one without files (a retirement). */
  files: z.record(z.string(), z.string()).nullable(),
  evidence: z.array(
    z.object({
      /** A passage of a recording, word by word, and what it shows. */
      quote: z.string(),
      says: z.string(),
      seq: z.number(),
      /** The run that it is from; null if that is not known. */
      run_id: z.string().nullable(),
    }),
  ),
  verdict: z
    .object({
      decision: z.enum(['reject', 'trial', 'trusted']),
      reasons: z.array(z.string()),
      problems: z.array(z.object({ rule: z.string(), message: z.string(), hint: z.string().nullable() })),
      /** What the reviewing model said; null if none was asked. */
      review: z.object({ verdict: z.enum(['fine', 'refuse']), concerns: z.array(z.string()) }).nullable(),
      replays: z.array(Replay),
      /** What was not done, and why. */
      missing: z.array(z.string()),
    })
    .nullable(),
});
export type Proposal = z.infer<typeof Proposal>;

export const ProposalsQuery = z.object({
  /** `waiting`: proposed; `decided`: all others. */
  state: z.enum(['waiting', 'decided', 'all']).default('waiting'),
  skill: z.string().optional(),
  cursor: z.string().max(1_000).optional(),
  limit: limited(1, 200, 50),
});
export const ProposalPage = z.object({
  items: z.array(ProposalItem),
  next: Next,
  /** How many wait. */
  waiting: z.number(),
});
export type ProposalPage = z.infer<typeof ProposalPage>;

/** `trusted`: in use at once, without a trial. */
export const ApproveRequest = z.strictObject({ trusted: z.boolean().default(false) });
export const RejectRequest = z.strictObject({ reason: z.string().max(1_000).default('') });
export const EditProposalRequest = z.strictObject({ files: EditedFiles });
