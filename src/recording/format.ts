// The form of a recorded run on disk: `run.json` (what was asked) and `events.jsonl` (what happened, one event a line).
import { join } from 'node:path';
import type { AgentEvent, AgentOutcome, Usage } from '../agent/index.ts';

/** Version of the folder's form; readers refuse a higher one. */
export const RECORDING_VERSION = 1;

/** Names in a run's folder. Pictures and long texts are in `artifacts/`; `workspace/`, if there, holds the run's results. */
export const HEADER_FILE = 'run.json';
export const EVENTS_FILE = 'events.jsonl';
/** Kept while the run goes on, so that a full disk still has room for its end. */
export const RESERVE_FILE = '.reserve';

/** Where the runs of a data home are. */
export const runsFolder = (home: string): string => join(home, 'runs');

export type RunStatus = 'running' | 'done' | 'incomplete' | 'out-of-budget' | 'error' | 'cancelled';

/** A skill as the run saw it. */
export interface OfferedSkill {
  readonly skillId: string;
  readonly versionId: string;
  readonly name: string;
  /** Why it was considered, for people. */
  readonly reason: string;
}

/** Which skills a run was given, and how that was decided. */
export interface SkillChoice {
  readonly picked: readonly OfferedSkill[];
  readonly considered: readonly (OfferedSkill & { readonly score: number })[];
  /** `none`: the library is empty or skills are off; `rank`: the model failed or there is none. */
  readonly how: 'model' | 'rank' | 'none';
  readonly reason: string;
}

/** What was asked: the content of `run.json`, written before anything else. */
export interface RunHeader {
  readonly version: number;
  readonly runId: string;
  readonly task: string;
  readonly model: string;
  readonly workspace: string;
  readonly startedAt: string;
  /** `replay` runs are neither learnt from nor counted. */
  readonly purpose: 'task' | 'demo' | 'replay';
  /** Process that does the run, to recognise a crash. */
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one with the same number, where the system can. */
  readonly processMark?: string;
}

export interface FileChange {
  /** Relative to the workspace. */
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
  /** Unified diff of a text, shortened; else what kind of change it is. */
  readonly diff: string;
}

/** Agent events with their attempt, and the frame around them. Every line on disk also has `at` (UTC ISO time) and `seq` (from 0). */
export type RunEvent =
  | { readonly type: 'skills-chosen'; readonly choice: SkillChoice }
  | { readonly type: 'attempt-start'; readonly attempt: number; readonly skills: readonly OfferedSkill[] }
  | (Exclude<AgentEvent, { type: 'text-delta' }> & { readonly attempt: number })
  | {
      readonly type: 'attempt-end';
      readonly attempt: number;
      readonly outcome: Omit<AgentOutcome, 'messages'>;
    }
  | { readonly type: 'skill-retrieved'; readonly attempt: number; readonly skill: OfferedSkill }
  | {
      /** What an attempt changed in the workspace, and what became of it. */
      readonly type: 'files-changed';
      readonly attempt: number;
      /** False: the attempt failed, and its changes were thrown away. */
      readonly applied: boolean;
      readonly changes: readonly FileChange[];
      /** Changes that did not reach the folder, with the reason: the user edited the same place, or they need an approval. */
      readonly left: readonly { readonly path: string; readonly reason: string }[];
    }
  | { readonly type: 'note'; readonly text: string }
  | {
      readonly type: 'run-end';
      readonly status: RunStatus;
      readonly answer: string;
      readonly error?: string;
      /** Sums over the attempts; filled in by the recorder. */
      readonly turns?: number;
      readonly usage?: Usage;
    };

/** An event as it is read back: numbered from 0, with its UTC ISO time. */
export type TimedEvent = RunEvent & { readonly at: string; readonly seq: number };

/** A run as it is read back. */
export interface Recording {
  readonly header: RunHeader;
  readonly events: readonly TimedEvent[];
  /** `error` with a note if the process ended without a `run-end`. */
  readonly status: RunStatus;
  /** What a reader should know beside the status: that the run crashed, or that lines could not be read. */
  readonly note?: string;
  /** Lines left out: of a type that a newer version writes, or damaged. */
  readonly skippedLines: number;
  readonly folder: string;
}
