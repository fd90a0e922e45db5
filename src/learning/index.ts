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
