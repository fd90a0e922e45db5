// What a caller asks for and gets: task, live events, report.
import type { AgentEvent, Answer, Question, Usage } from '../agent/index.ts';
import type { ErrorCode } from '../lib/index.ts';
import type { RunEvent, RunHeader, RunStatus } from '../recording/index.ts';

export interface ConversationTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface Task {
  /** Id of the run, for a caller that had to give it out before the run began. Default: a new one. */
  readonly runId?: string | undefined;
  /** What is to be done, in words. */
  readonly task: string;
  /** What was said before, oldest first. */
  readonly history?: readonly ConversationTurn[] | undefined;
  /** What the agent should know besides. */
  readonly context?: string | undefined;
  /** Folder to work in. Default: the `workspace` setting, else the current folder. */
  readonly workspace?: string | undefined;
  /** Most model turns, both attempts together. Default: the `max_iterations` setting. */
  readonly maxTurns?: number | undefined;
  /** Default true. */
  readonly useSkills?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asks the user before something risky. Without it such calls are denied. */
  readonly ask?: ((question: Question) => Promise<Answer>) | undefined;
  readonly purpose?: RunHeader['purpose'] | undefined;
}

/** Everything that happens in a run, as it happens. `text-delta` is shown live but not recorded. */
export type RunStreamEvent =
  | RunEvent
  | (Extract<AgentEvent, { type: 'text-delta' }> & { readonly attempt: number });

export interface RunReport {
  readonly runId: string;
  readonly status: RunStatus;
  readonly answer: string;
  /** Model turns of all attempts. */
  readonly turns: number;
  readonly usage: Usage;
  /** Names of the skills that the answer was made with. */
  readonly skills: readonly string[];
  readonly workspace: string;
  readonly learning: 'pending' | 'off';
  readonly tookMs: number;
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly hint?: string };
}

/** A run under way. */
export interface Run {
  readonly runId: string;
  /** May be walked once; ends with the run. Failures are in the report. */
  readonly events: AsyncIterable<RunStreamEvent>;
  /** Rejects only with what stopped the run before it began (settings, workspace, disk). */
  readonly report: Promise<RunReport>;
  cancel(): void;
}
