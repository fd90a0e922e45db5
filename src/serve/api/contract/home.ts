// The contract of the overview, settings, doctor and the live stream.
import { z } from 'zod';
import { ProposalItem } from './proposals.ts';
import { RunItem } from './runs.ts';
import { limited, Share } from './shared.ts';
import { Change, SkillItem } from './skills.ts';

export const About = z.object({
  name: z.literal('openspace'),
  version: z.string(),
  /** Data home. */
  home: z.string(),
  /** Model that does tasks; null: none is set up, all but starting runs and fixes works. */
  model: z.string().nullable(),
  /** What learning does with changes: in use at once, propose them, or off. */
  learning_mode: z.string(),
  /** Folder that tasks work in unless they name another. */
  workspace: z.string(),
});
export type About = z.infer<typeof About>;

export const OverviewQuery = z.object({
  /** Days that the series covers, ending today (UTC). */
  days: limited(1, 366, 30),
});

export const Day = z.object({
  /** UTC date. */
  date: z.string(),
  runs: z.number(),
  done: z.number(),
  /** Runs that had at least one skill, and how many of these did their task. */
  with_skills: z.number(),
  with_skills_done: z.number(),
  tokens: z.number(),
  learning_tokens: z.number(),
  /** Null: no price is known. */
  learning_usd: z.number().nullable(),
  /** Versions that came into the library. */
  versions: z.number(),
});
export type Day = z.infer<typeof Day>;

export const Overview = z.object({
  skills: z.object({
    usable: z.number(),
    all: z.number(),
    trial: z.number(),
    quarantined: z.number(),
    shadowed: z.number(),
    archived: z.number(),
    unready: z.number(),
    pinned: z.number(),
    /** Usable ones that a run has had. */
    used: z.number(),
  }),
  runs: z.object({
    total: z.number(),
    running: z.number(),
    success: Share,
    with_skills: Share,
    without_skills: Share,
    tokens: z.number(),
  }),
  /** The same span, compared with the one before it. */
  trend: z.object({
    now: Share,
    before: Share,
    tokens_per_run_now: z.number().nullable(),
    tokens_per_run_before: z.number().nullable(),
  }),
  learning: z.object({
    mode: z.string(),
    jobs: z.object({ pending: z.number(), running: z.number(), done: z.number(), failed: z.number() }),
    spent_tokens: z.number(),
    spent_usd: z.number().nullable(),
    spent_today_tokens: z.number(),
    spent_today_usd: z.number().nullable(),
    saved_tokens: z.number(),
    /** Uses that the saving rests on. */
    compared_uses: z.number(),
  }),
  /** What waits for a person. */
  waiting: z.object({ proposals: z.number(), quarantined: z.number(), trials: z.number() }),
  /** Oldest first, a day without runs included. */
  days: z.array(Day),
  top_skills: z.array(SkillItem),
  recent_runs: z.array(RunItem),
  recent_changes: z.array(Change),
  recent_proposals: z.array(ProposalItem),
  /** The worst first: only those that fail often. */
  broken_tools: z.array(
    z.object({
      tool: z.string(),
      calls: z.number(),
      recent_rate: z.number(),
      last_error: z.string().nullable(),
    }),
  ),
});
export type Overview = z.infer<typeof Overview>;

export const Settings = z.object({
  home: z.string(),
  items: z.array(
    z.object({
      key: z.string(),
      /** As text; a secret by its length and first characters only; null: not set. */
      value: z.string().nullable(),
      /** A file, variable or flag; `default` if nothing sets it. */
      origin: z.string(),
      is_secret: z.boolean(),
      doc: z.string(),
      variables: z.array(z.string()),
    }),
  ),
  /** Ignored keys, folders that are not trusted, files that can't be read. */
  notices: z.array(z.string()),
  skill_folders: z.array(
    z.object({
      path: z.string(),
      kind: z.string(),
      origin: z.string(),
      writable: z.boolean(),
      trusted: z.boolean(),
    }),
  ),
});
export type Settings = z.infer<typeof Settings>;

export const DoctorRequest = z.strictObject({ offline: z.boolean().default(true) });
export const DoctorReport = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      /** `off`: not set up, and need not be. */
      status: z.enum(['ok', 'warn', 'fail', 'off']),
      detail: z.string(),
      hint: z.string().nullable(),
    }),
  ),
});
export type DoctorReport = z.infer<typeof DoctorReport>;

/** The header Last-Event-ID, if there is one, counts more: the stream goes on after that event. */
export const StreamQuery = z.object({ from: z.coerce.number().int().min(0).default(0) });

/** What `/api/v2/events` sends, each as the data of an event without a name. After a reconnect look at everything anew. */
export const LiveEvent = z.discriminatedUnion('type', [
  /** First of all, on each connection. */
  z.object({ type: z.literal('hello'), version: z.string() }),
  /** A run began, went on or ended. */
  z.object({ type: z.literal('run'), run: RunItem }),
  /** Something in the library is different: new versions, flags, folders. */
  z.object({ type: z.literal('skills'), changes: z.array(Change) }),
  /** A proposal came, or was decided. */
  z.object({ type: z.literal('proposals'), waiting: z.number() }),
  /** Uses or analyses came in, or learning's queue moved: figures are different. */
  z.object({ type: z.literal('figures') }),
  /** A fix that a person started is over. */
  z.object({
    type: z.literal('fix-end'),
    fix_id: z.string(),
    skill_id: z.string(),
    proposal_id: z.string().nullable(),
    /** Why nothing came of it. */
    error: z.string().nullable(),
  }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
