// The door of learning: so far the ledger of uses, and what the original had learnt.
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
export {
  ADMISSION_RULES,
  type AdmissionInput,
  type AdmissionRules,
  admit,
  type Candidate,
  type Decision,
  type KnownSkill,
  type Topic,
  withDecision,
} from './suggest/admission.ts';
export { createSimilarity, type Similarity } from './suggest/similarity.ts';
