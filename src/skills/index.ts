// The door of skills: the library. Spends no tokens, knows nothing of models.

export type { ReadFolder } from './adopt.ts';
export type { BlamedLine } from './blame.ts';
export { type BundleLimits, unpackSkill } from './bundle.ts';
export { SKILL_FILE } from './format.ts';
export type { HistoryReport, HistoryVersion, SkillHistory } from './histories.ts';
export type { RecoveryReport } from './journal.ts';
export {
  buildHistories,
  type Counters,
  findSource,
  type ImportSource,
  numberOf,
  type OriginalDatabase,
  type OriginalRecord,
  openOriginal,
  readRecords,
  type Skipped,
  type SourceFolder,
  textOf,
  timeOf,
} from './legacy/index.ts';
export { type Library, type LibraryOptions, type LibrarySearchOptions, openLibrary } from './library.ts';
export type { RootKind, SkillRoot } from './roots.ts';
export type { SearchHit } from './search-index.ts';
export type * from './skill.ts';
export { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';
export type { Cause, FlagResult, UndoResult } from './states.ts';
export type { Including, ListOptions, SkillPage } from './store.ts';
export type { Change } from './store-rows.ts';
export type { SyncReport } from './sync.ts';
