// The door of learning: so far the ledger of uses, and what the original had learnt.

// Library economics
export {
  type Applied,
  applyProposal,
  CONSOLIDATION_RULES,
  type ConsolidationOptions,
  type Proposal,
  percent,
  proposeConsolidation,
  type TakenBack,
  undoConsolidation,
} from './consolidate/index.ts';
export type { Saving, Share } from './intervals.ts';
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
export { noStats, type SkillStats, type StatsFilter, skillStats } from './skill-stats.ts';
export { type ToolQuality, toolQualities, toolQuality } from './tool-quality.ts';
