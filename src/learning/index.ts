// The door of learning: from a recording to better skills.

// A run's analysis
export { type AnalyzeResult, analyze } from './analysis/analyze.ts';
export { LEARNING_MODES, type LearningDeps, type LearningMode, type Verify } from './deps.ts';
// The gate
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
// Working the queue off
export {
  type DrainOptions,
  type DrainReport,
  doJob,
  drain,
  type JobReport,
  type Preview,
  previewLearning,
} from './learn.ts';
export { admissionInput, type Decided, knownSkills, noteRun, queueChange, settle } from './learn-run.ts';
// The ledger

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
export { type Saving, type Share, shareOf } from './intervals.ts';
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
  type DailyBudget,
  type Job,
  openQueue,
  type Queue,
  type QueueStatus,
  type Spending,
} from './queue.ts';
export { keepChecks, openCaseShelf, readChecks } from './replay.ts';
export { recordedTools } from './replay-tools.ts';
export {
  approveReview,
  diffOfReview,
  editReview,
  listReviews,
  pickReview,
  rejectReview,
  undoReview,
} from './review.ts';
export { taskKeyOf } from './run-facts.ts';
export { noStats, type SkillStats, type StatsFilter, skillStats } from './skill-stats.ts';
// What becomes of suggestions
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
export { suggestOnRequest, TRIGGER_RULES, type TriggerRules } from './suggest/triggers.ts';
export type * from './suggestion.ts';
export {
  type HealthFilter,
  type LearningMoney,
  learningMoney,
  type SkillHealth,
  skillHealth,
  type ToolHealth,
  toolHealth,
} from './trust/health.ts';
export { priorsOf } from './trust/priors.ts';
export { settleTrust, type TrustChange } from './trust/settle.ts';
export { chooseVersion, judgeTrust, TRUST_RULES, type Trial, type TrustRules } from './trust/trust.ts';
export {
  analysisCounts,
  figuresOfUses,
  findImportedRun,
  type ImportedFilter,
  type ImportedRun,
  importedRuns,
  judgedVersions,
  knowledgeOfRuns,
  NO_USE,
  type RunDay,
  type RunKnowledge,
  type RunSpan,
  runDays,
  runSpan,
  runsThatJudged,
  spendingByDay,
  type UseFigures,
  versionFigures,
} from './use-figures.ts';
export {
  CHANGE_STATES,
  type ChangePageFilter,
  type ChangeState,
  type LearntChange,
  openWorkStore,
  type StoredSuggestion,
  type WorkStore,
} from './work-store.ts';
