// What learning makes of a run: evidence, judgments, suggestions. The vocabulary of this room.

/** What a change would do. FIX, DERIVED and CAPTURED of the original, and three that make a library smaller. */
export const SUGGESTION_KINDS = ['fix', 'derive', 'capture', 'merge', 'shrink', 'retire'] as const;
export type SuggestionKind = (typeof SUGGESTION_KINDS)[number];

/** What brought a suggestion up. */
export const TRIGGERS = ['run', 'broken-tool', 'health', 'recurrence', 'harm', 'upkeep', 'request'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Why a run, or a part of it, failed. `environment`: no skill could have helped (permission, network, quota). */
export const FAILURE_CAUSES = ['none', 'environment', 'skill', 'agent', 'task'] as const;
export type FailureCause = (typeof FAILURE_CAUSES)[number];

/** A passage of the recording, word by word, and what it shows. */
export interface Evidence {
  readonly quote: string;
  readonly says: string;
  /** The event that holds it. */
  readonly seq: number;
}

export interface Suggestion {
  readonly kind: SuggestionKind;
  readonly trigger: Trigger;
  /** Version ids; empty for a capture. */
  readonly targets: readonly string[];
  /** The original's `tool_guide`, `workflow` or `reference`, if it was said. */
  readonly category: string | null;
  /** What should change, in words. */
  readonly direction: string;
  readonly evidence: readonly Evidence[];
}

export interface SkillVerdict {
  readonly versionId: string;
  readonly applied: boolean;
  readonly effect: 'helped' | 'harmed' | 'none';
  readonly note: string;
}

export interface ToolProblem {
  readonly tool: string;
  readonly symptom: string;
  readonly cause: FailureCause;
}

/** What became of a run, and what could be learnt from it. */
export interface Analysis {
  readonly taskDone: boolean;
  readonly note: string;
  readonly failureCause: FailureCause;
  readonly evidence: readonly Evidence[];
  readonly verdicts: readonly SkillVerdict[];
  readonly toolProblems: readonly ToolProblem[];
  readonly suggestions: readonly Suggestion[];
}
