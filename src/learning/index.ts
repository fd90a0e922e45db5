// The door of learning: so far the ledger of uses, and what the original had learnt.

export {
  type Arm,
  type ArmReport,
  type CaseReport,
  type CaseShelf,
  type CaseStart,
  type Check,
  type CheckOutcome,
  EVALS_FILE,
  GATE_BUDGET,
  GATE_RULES,
  type GateBudget,
  type GateCase,
  type GateDeps,
  type GateEvidence,
  type GateReport,
  type GateRules,
  type ReplayResult,
  type Runner,
  type Verdict,
  verify,
} from './gate.ts';
export {
  type AnalysisEntry,
  type Judgment,
  type Ledger,
  type LedgerAttempt,
  type LedgerRun,
  openLedger,
  type Rates,
  type Use,
  type UseReport,
} from './ledger.ts';
export { differingCounters, importOriginalLedger, type OriginalLedgerReport } from './original.ts';
export { keepChecks, openCaseShelf, readChecks } from './replay.ts';
export { recordedTools } from './replay-tools.ts';
