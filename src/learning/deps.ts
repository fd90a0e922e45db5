// What learning works with; the engine puts it together.
import type { Model } from '../agent/index.ts';
import type { Database, Spawner, World } from '../lib/index.ts';
import type { Recording } from '../recording/index.ts';
import type { Draft, Library, SkillFiles } from '../skills/index.ts';
import type { GateEvidence, Verdict } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { Queue } from './queue.ts';
import type { AdmissionRules } from './suggest/admission.ts';
import type { TriggerRules } from './suggest/triggers.ts';
import type { TrustRules } from './trust/trust.ts';
import type { WorkStore } from './work-store.ts';

/** `observe`: analyse and say what would be changed; `propose`: write changes for a person to approve; `auto`: commit them. */
export const LEARNING_MODES = ['off', 'observe', 'propose', 'auto'] as const;
export type LearningMode = (typeof LEARNING_MODES)[number];

/** Proves a draft; see gate.ts. */
export type Verify = (
  draft: Draft,
  evidence: GateEvidence,
  context: {
    readonly current: SkillFiles | undefined;
    readonly recordings: readonly Recording[];
    readonly signal: AbortSignal;
  },
) => Promise<Verdict>;

export interface LearningDeps {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly library: Library;
  readonly queue: Queue;
  readonly store: WorkStore;
  readonly model: (role: 'analysis' | 'evolution') => Model;
  readonly spawner: Spawner;
  readonly world: World;
  /** Throws `not-found` for a run that is not there any more. */
  readonly openRun: (runId: string) => Recording;
  readonly mode: LearningMode;
  readonly verify: Verify;
  readonly admission: AdmissionRules;
  readonly triggers: TriggerRules;
  readonly trust: TrustRules;
}
