// The contract of skills: list, detail, versions, lineage, diff, blame, uses, and what a person does to them.
import { z } from 'zod';
import { Finding } from './errors.ts';
import { EditedFiles, limited, Next, Share, Time } from './shared.ts';

export const Origin = z.enum([
  'imported',
  'edited',
  'captured',
  'derived',
  'fixed',
  'merged',
  'shrunk',
  'restored',
]);
export const VersionState = z.enum(['candidate', 'trial', 'trusted', 'rejected', 'retired']);

/** One word for how a skill stands. `unready`: only candidates or rejected versions. */
export const Standing = z.enum(['trusted', 'trial', 'unready', 'quarantined', 'shadowed', 'archived']);
export type Standing = z.infer<typeof Standing>;

/** Where its folder is: a host agent's folder, a configured one, the project's, the user's own, … `library`: in none. */
export const Host = z.enum(['host', 'configured', 'project', 'agents', 'user', 'other-agent', 'library']);
export type Host = z.infer<typeof Host>;

export const SkillItem = z.object({
  skill_id: z.string(),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  standing: Standing,
  pinned: z.boolean(),
  host: Host,
  folder: z.string().nullable(),
  head: z.string().nullable(),
  trial: z.string().nullable(),
  /** The version that is shown: the head, else the trial, else the newest. */
  version_id: z.string(),
  version_number: z.number(),
  versions: z.number(),
  origin: Origin,
  author: z.string(),
  created_at: Time,
  /** Of the version that is shown. */
  updated_at: Time,
  /** Runs that had it. */
  uses: z.number(),
  /** Runs that were offered it, those that had it included. */
  offered: z.number(),
  /** Runs of which the analysis says that it was followed. */
  applied: z.number(),
  /** Of the runs that had it: share that did their task by the attempt that had it. */
  success: Share,
  last_used_at: Time.nullable(),
  /** Learning's changes that wait for a decision. */
  proposals: z.number(),
});
export type SkillItem = z.infer<typeof SkillItem>;

export const SkillsQuery = z.object({
  /** Words for the real search; sorts by fit unless `sort` says otherwise. */
  q: z.string().max(2_000).optional(),
  /** `usable`: trusted and on trial, what a run may get. */
  state: z.enum(['usable', 'all', 'pinned', 'waiting', ...Standing.options]).default('usable'),
  origin: Origin.optional(),
  host: Host.optional(),
  tag: z.string().max(200).optional(),
  sort: z.enum(['fit', 'name', 'updated', 'uses', 'success', 'last-used']).optional(),
  cursor: z.string().max(1_000).optional(),
  limit: limited(1, 200, 50),
});

export const SkillsPage = z.object({
  items: z.array(
    SkillItem.extend({
      /** With `q`: how well it fits, 0 to 1, and why, in words. */
      fit: z.number().nullable(),
      reasons: z.array(z.string()),
    }),
  ),
  next: Next,
  /** Skills that the filters let through; with `q` those found so far, at least one more than shown if there are more. */
  total: z.number(),
  /** How many there are by state, whatever the other filters. */
  counts: z.object({
    usable: z.number(),
    all: z.number(),
    pinned: z.number(),
    waiting: z.number(),
    trusted: z.number(),
    trial: z.number(),
    unready: z.number(),
    quarantined: z.number(),
    shadowed: z.number(),
    archived: z.number(),
  }),
  /** What the filters could choose from, most frequent first; tags at most 50. */
  facets: z.object({
    origins: z.array(z.object({ value: Origin, count: z.number() })),
    hosts: z.array(z.object({ value: Host, count: z.number() })),
    tags: z.array(z.object({ value: z.string(), count: z.number() })),
  }),
});
export type SkillsPage = z.infer<typeof SkillsPage>;

export const Version = z.object({
  version_id: z.string(),
  skill_id: z.string(),
  number: z.number(),
  name: z.string(),
  description: z.string(),
  origin: Origin,
  parents: z.array(z.string()),
  state: VersionState,
  reason: z.string(),
  author: z.string(),
  /** Run or suggestion that it rests on. */
  evidence: z.string().nullable(),
  created_at: Time,
  is_head: z.boolean(),
  /** Runs that had this version, and how they went. */
  uses: z.number(),
  applied: z.number(),
  success: Share,
});
export type Version = z.infer<typeof Version>;

export const FileItem = z.object({ path: z.string(), size_bytes: z.number(), is_text: z.boolean() });

export const Change = z.object({
  change_id: z.number(),
  action: z.enum([
    'commit',
    'promote',
    'rollback',
    'archive',
    'unarchive',
    'pin',
    'unpin',
    'quarantine',
    'release',
  ]),
  skill_id: z.string(),
  skill_name: z.string(),
  version_id: z.string().nullable(),
  author: z.string(),
  reason: z.string(),
  undoes: z.number().nullable(),
  created_at: Time,
});
export type Change = z.infer<typeof Change>;

export const Saving = z.object({
  /** Positive: runs with it used less. With the 95 % interval. */
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  runs_with: z.number(),
  runs_without: z.number(),
});

export const Skill = SkillItem.extend({
  /** Why it is quarantined or archived. */
  flag_reasons: z.object({ quarantined: z.string().nullable(), archived: z.string().nullable() }),
  /** Folder of the skill of the same name that is used instead. */
  shadowed_by: z.string().nullable(),
  version: Version,
  files: z.array(FileItem),
  /** Text of `SKILL.md` of the version that is shown. */
  text: z.string(),
  /** What lint and safety say of that version. */
  findings: z.array(Finding),
  worth: z.object({
    /** Runs that had it, and runs that were offered it and did not have it. */
    with: Share,
    without: Share,
    tokens_saved: Saving.nullable(),
    ms_saved: Saving.nullable(),
    /** What learning spent on it. */
    learning_tokens: z.number(),
  }),
  trust: z.object({
    /** Successes of different tasks that make a trial trusted. */
    successes_needed: z.number(),
    /** By version, model and phase (1: with the chosen skills, 2: a second attempt); most used first. */
    records: z.array(
      z.object({
        version_id: z.string(),
        model: z.string().nullable(),
        phase: z.number(),
        uses: z.number(),
        judged: z.number(),
        applied: z.number(),
        successes: z.number(),
        failures: z.number(),
        harmed: z.number(),
        mean_tokens: z.number().nullable(),
        last_used_at: Time,
      }),
    ),
  }),
  /** Ids of proposals that wait for a decision. */
  waiting: z.array(z.string()),
  /** The newest 10. */
  changes: z.array(Change),
});
export type Skill = z.infer<typeof Skill>;

export const PageQuery = z.object({ cursor: z.string().max(1_000).optional(), limit: limited(1, 500, 50) });

/** `version`: id of a version; without it the one that is shown. */
export const FileQuery = z.object({ path: z.string().min(1).max(1_000), version: z.string().optional() });
export const FileText = z.object({
  path: z.string(),
  version_id: z.string(),
  size_bytes: z.number(),
  /** Null: not a text, or too large to show. */
  text: z.string().nullable(),
});

export type FileText = z.infer<typeof FileText>;

export const VersionPage = z.object({ items: z.array(Version), next: Next, total: z.number() });

export const LineageQuery = z.object({
  /** Most nodes; those nearest to the skill's own versions are kept. */
  limit: limited(1, 2_000, 600),
});
export const Lineage = z.object({
  skill_id: z.string(),
  /** Oldest first: parents come before their children. */
  nodes: z.array(
    z.object({
      version_id: z.string(),
      skill_id: z.string(),
      name: z.string(),
      number: z.number(),
      origin: Origin,
      state: VersionState,
      is_head: z.boolean(),
      author: z.string(),
      reason: z.string(),
      created_at: Time,
      uses: z.number(),
      success: Share,
    }),
  ),
  /** Parent → child, both among the nodes. */
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Nodes that there are; more than `nodes` if they were cut. */
  total: z.number(),
});
export type Lineage = z.infer<typeof Lineage>;

/** Without `before`: the first parent of `after`; without `after`: the version that is shown. Versions of other skills are fine. */
export const DiffQuery = z.object({ before: z.string().optional(), after: z.string().optional() });
export const Diff = z.object({
  before: z.string().nullable(),
  after: z.string(),
  /** Unified diff of all files, empty if they are the same. */
  diff: z.string(),
  added_lines: z.number(),
  removed_lines: z.number(),
});
export type Diff = z.infer<typeof Diff>;

export const BlameQuery = z.object({
  path: z.string().min(1).max(1_000).default('SKILL.md'),
  version: z.string().optional(),
});
export const Blame = z.object({
  path: z.string(),
  version_id: z.string(),
  lines: z.array(z.object({ line: z.number(), text: z.string(), version_id: z.string() })),
  /** The versions that the lines name. */
  versions: z.array(
    z.object({
      version_id: z.string(),
      skill_id: z.string(),
      name: z.string(),
      number: z.number(),
      origin: Origin,
      author: z.string(),
      reason: z.string(),
      created_at: Time,
    }),
  ),
});
export type Blame = z.infer<typeof Blame>;

export const UsePage = z.object({
  items: z.array(
    z.object({
      run_id: z.string(),
      task: z.string(),
      status: z.string(),
      started_at: Time,
      attempt: z.number(),
      version_id: z.string(),
      /** `offered`: considered only; `chosen`: given to the attempt; `retrieved`: fetched while it ran. */
      how: z.enum(['offered', 'chosen', 'retrieved']),
      /** Null until the run was analysed. */
      applied: z.boolean().nullable(),
      note: z.string().nullable(),
      tokens: z.number().nullable(),
      took_ms: z.number().nullable(),
    }),
  ),
  next: Next,
});
export type UsePage = z.infer<typeof UsePage>;
export const ChangePage = z.object({ items: z.array(Change), next: Next });

export const RestoreRequest = z.strictObject({ version_id: z.string().min(1) });
export const FlagRequest = z.strictObject({ on: z.boolean() });
export const EditRequest = z.strictObject({
  /** Only what is changed. */
  files: EditedFiles,
  /** The head that was edited; the report says `stale-head` if it has moved since. Null: it has none, the shown version was edited. */
  head: z.string().nullable(),
  reason: z.string().max(500).default(''),
  /** Only says what lint and safety find. */
  dry_run: z.boolean().default(false),
});
export const FixRequest = z.strictObject({
  /** What is wrong, or what should be different. */
  direction: z.string().min(1).max(4_000),
});

/** `ok`: it was committed, or (dry run) could be. Otherwise `reason` and `findings` say why not. */
export const CommitReport = z.object({
  ok: z.boolean(),
  reason: z.enum(['invalid', 'unsafe', 'unchanged', 'stale-head']).nullable(),
  findings: z.array(Finding),
  /** The new version; null for a dry run and if it was refused. */
  version_id: z.string().nullable(),
  skill: SkillItem,
});
export type CommitReport = z.infer<typeof CommitReport>;
/** `changed` is false if there was nothing to do. */
export const SkillReport = z.object({ changed: z.boolean(), findings: z.array(Finding), skill: SkillItem });
export const UndoReport = z.object({ undone: Change, findings: z.array(Finding), skill: SkillItem });
export const FixStarted = z.object({
  /** Told again by the `fix-end` event. */
  fix_id: z.string(),
});
