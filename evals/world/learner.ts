// Learning in the world: the product's own queue, analysis, admission, author, gate and trust; the stand-in plays the models.
import { loadConfig } from '../../src/config/index.ts';
import { openLibraryOf } from '../../src/engine/open-library.ts';
import {
  ADMISSION_RULES,
  drain,
  type LearningDeps,
  noteRun,
  openQueue,
  openWorkStore,
  TRIGGER_RULES,
  TRUST_RULES,
  verify,
} from '../../src/learning/index.ts';
import { plainSpawner, type World } from '../../src/lib/index.ts';
import { findRun, openRecording } from '../../src/recording/index.ts';
import type { Library } from '../../src/skills/index.ts';
import type { MeteredModel, WorldHome } from './run.ts';

/** One part of learning that is switched off. */
export type Off = 'admission' | 'gate' | 'rollback';

export interface Learner {
  readonly library: Library;
  /** Lets learning have a run, as the engine does after each. True if it will learn from it. */
  note(runId: string): boolean;
  /** Works the queue off, then lets days go by, so that what was refused may be tried again. */
  work(daysAfter: number): Promise<void>;
  /** What became of its changes, by state. */
  outcomes(): Readonly<Record<string, number>>;
  close(): void;
}

export function openLearner(home: WorldHome, model: MeteredModel, off?: Off): Learner {
  const config = loadConfig({ env: home.env, cwd: home.cwd, userHome: home.cwd });
  let aheadMs = 0;
  const world: World = {
    now: () => new Date(Date.now() + aheadMs),
    randomHex: (bytes) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex'),
  };
  const { db, library, ledger, close } = openLibraryOf(config, { world });
  const gate = home.gateDeps();
  const states = new Map<string, number>();
  const deps: LearningDeps = {
    ...{ db, library, ledger, world, spawner: plainSpawner, mode: 'auto' },
    queue: openQueue(db, { world, backoffMs: 1, budget: { tokens: 1e12, costUsd: 1e12 } }),
    store: openWorkStore(db, world),
    model: () => model,
    openRun: (runId) => openRecording(findRun(home.home, runId)),
    verify: (draft, evidence, { signal }) =>
      off === 'gate'
        ? Promise.resolve({ decision: 'trusted', reasons: [], report: {} })
        : verify(draft, evidence, { ...gate, library, signal }),
    // Off: every suggestion becomes a change, at once and each for itself.
    admission:
      off === 'admission'
        ? { ...ADMISSION_RULES, sightings: 1, changeTokens: 0, quietDays: 0, sameTopic: 2, takesIn: 2 }
        : ADMISSION_RULES,
    triggers: TRIGGER_RULES,
    trust:
      off === 'rollback'
        ? { ...TRUST_RULES, rollbackOdds: Number.POSITIVE_INFINITY, distrustOdds: Number.POSITIVE_INFINITY }
        : TRUST_RULES,
  };
  const add = (state: string) => states.set(state, (states.get(state) ?? 0) + 1);
  return {
    library,
    note: (runId) => noteRun(deps, openRecording(findRun(home.home, runId))),
    async work(daysAfter) {
      await drain(deps, {
        signal: new AbortController().signal,
        onJob({ kind, note, trust }) {
          if (kind === 'evolve') add(note.split('.')[0] ?? note);
          for (const { verdict, done } of trust) if (done) add(verdict.decision);
        },
      });
      aheadMs += daysAfter * 86_400_000;
    },
    outcomes: () => Object.fromEntries([...states].sort()),
    close,
  };
}
