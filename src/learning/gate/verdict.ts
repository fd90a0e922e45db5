// The gate's vocabulary: check, case, arm, runner, verdict.
import type { Usage } from '../../agent/index.ts';
import type { RunStatus } from '../../recording/index.ts';
import type { SkillFiles } from '../../skills/index.ts';

/** Says whether a task was done: `sh -c command` in the workspace after the run; exit code 0 means that it holds. */
export interface Check {
  readonly name: string;
  readonly command: string;
  /** `task`: it came with the task. `reviewer`: written afterwards, by someone who saw only the task and its start. */
  readonly origin: 'task' | 'reviewer';
}

export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
  /** What it printed, cut. */
  readonly output: string;
}

/** A recorded run that can be done again from its start. */
export interface GateCase {
  /** Id of the recorded run. */
  readonly caseId: string;
  readonly task: string;
  /** The user's folder at the time; must not appear in a skill. */
  readonly workspace: string;
  /** Versions that the recorded run worked with. */
  readonly versionIds: readonly string[];
  /** Empty: nobody has written any yet. */
  readonly checks: readonly Check[];
}

/** What the agent is given in a replay. */
export type Arm =
  | { readonly kind: 'none' }
  | { readonly kind: 'current' | 'candidate'; readonly name: string; readonly files: SkillFiles };

export interface ReplayResult {
  /** The replay's own run; its recording has the purpose `replay`. */
  readonly runId: string;
  readonly status: RunStatus;
  readonly turns: number;
  readonly usage: Usage;
  readonly checks: readonly CheckOutcome[];
}

/** The start of a case, as someone sees it who writes checks for it. */
export interface CaseStart {
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly head: string }[];
  /** The checks in the untouched folder. */
  readonly checks: readonly CheckOutcome[];
}

/**
 * Does recorded tasks again. Learning can't see the engine, which implements this and hands it down.
 * Contract: a replay works on a copy of the start, is recorded with the purpose `replay`, is not learnt from and not
 * counted; a failing run is a result. Rejects if the case can't be laid out.
 */
export interface Runner {
  replay(testCase: GateCase, arm: Arm, signal: AbortSignal): Promise<ReplayResult>;
  lookAtStart(testCase: GateCase, checks: readonly Check[], signal: AbortSignal): Promise<CaseStart>;
}

/** Where cases come from, and where checks that were written for them are kept. */
export interface CaseShelf {
  /** Newest first. */
  list(): readonly GateCase[];
  keepChecks(caseId: string, checks: readonly Check[]): void;
}

export interface GateBudget {
  /** Tokens for one verification: the review, the checks and all replays. */
  readonly maxTokens: number;
  readonly maxCostUsd?: number;
}

export interface GateRules {
  /** Most cases replayed for one change. */
  readonly maxCases: number;
  /** Cases in which it must show who did it: those that no arm can do tell nothing. */
  readonly minCases: number;
  /**
   * Points that make it trusted, from cases other than those it was learnt from: 2 for a task that only the candidate
   * gets done, 1 for one done with clearly fewer tokens, -1 for one with clearly more. Tokens alone vary by chance.
   */
  readonly minGain: number;
  /** Cases that were done without it: they could get worse. Without any, nothing is known about harm. */
  readonly minControls: number;
  /** Share of the tokens from which on a run is cheaper, and up to which it is not dearer. */
  readonly cheaper: number;
  readonly dearer: number;
  /** Likeness from which on a task is one that the skill would be used for. */
  readonly sameSubject: number;
}

/** What a case told. `open`: no arm did it, or it could not be replayed. `unsure`: runs of the same arm differ. */
export type CaseResult = 'better' | 'cheaper' | 'same' | 'dearer' | 'worse' | 'unsure' | 'open';

export interface ArmReport {
  readonly arm: Arm['kind'];
  readonly runIds: readonly string[];
  /** Runs that passed all checks, of how many. */
  readonly passed: number;
  readonly runs: number;
  /** Mean of its runs. */
  readonly tokens: number;
  readonly turns: number;
}

export interface CaseReport {
  readonly caseId: string;
  /** The change was learnt from this run or the same task: its gain does not count, its loss does. */
  readonly own: boolean;
  readonly result: CaseResult;
  /** Some arm other than the candidate did it. */
  readonly control: boolean;
  readonly arms: readonly ArmReport[];
  readonly checks: readonly Check[];
  readonly note?: string;
}

export interface Problem {
  readonly rule: string;
  readonly message: string;
  readonly hint?: string;
}

/** What the gate did and found, for people and for the record: plain JSON. */
export interface GateReport {
  readonly problems: readonly Problem[];
  /** What the reviewer said; undefined if there was none. */
  readonly review: { readonly verdict: 'fine' | 'refuse'; readonly concerns: readonly string[] } | undefined;
  readonly cases: readonly CaseReport[];
  readonly spent: Usage;
  /** What was not done: no model, no cases, budget used up. */
  readonly missing: readonly string[];
}

export interface Verdict<Report = unknown> {
  /** `trusted`: measured to be better and nowhere worse. `trial`: not known yet. `reject`: worse, useless or unsound. */
  readonly decision: 'reject' | 'trial' | 'trusted';
  readonly reasons: readonly string[];
  readonly report: Report;
  /** The draft's files with the reviewer's checks in `evals/`: commit these. Absent: the draft's as they are. */
  readonly files?: SkillFiles;
}
