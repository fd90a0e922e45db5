// The door of skills: the library. Spends no tokens, knows nothing of models.

// The library
export type { AdoptedFolder, ReadFolder } from './adopt.ts';
export { allSkills } from './all-skills.ts';
export type { BlamedLine } from './blame.ts';
// Skills as files
export { type BundleLimits, packSkill, unpackSkill } from './bundle.ts';
// Fewer skills
export {
  type AlikeGroup,
  type AlikePair,
  alikePairs,
  type ComparedSkill,
  groupAlike,
  type Merged,
  mergeSkillFiles,
  type Shrunk,
  shrinkSkillFiles,
} from './consolidation/index.ts';
export { diffFiles, diffText } from './diff.ts';
export { applyEdit, type EditResult, takeChangeSummary } from './edit.ts';
export { FOLDER_LIMITS, type FolderContent, readFolder } from './folder-reader.ts';
export { type ParsedSkill, parseSkillMd, SIDECARS, SKILL_FILE, setFrontMatterField } from './format.ts';
export type { HistoryReport, HistoryVersion, SkillHistory } from './histories.ts';
export type { RecoveryReport } from './journal.ts';
// The original's data
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
export { fixLint, HOST_NAMES, type HostName, lintSkill } from './lint.ts';
export { freeSkillName, isSkillName, NAME_MAX, toSkillName } from './names.ts';
export type { CatalogueEntry, ChangeFilter, LibraryPages, Lineage, NamedChange } from './pages.ts';
export type { RootKind, SkillRoot } from './roots.ts';
export { scanSkill } from './safety.ts';
export {
  fuseHistory,
  type HistoryOptions,
  type SkillPrior,
} from './search/history.ts';
export { CONFIDENT, openSearchIndex, type SearchHit, type SearchIndex } from './search-index.ts';
export type * from './skill.ts';
export { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';
export { decodeText, encodeText } from './skill-text.ts';
export type { Cause, FlagResult, UndoResult } from './states.ts';
export type { Including, ListOptions, SkillPage } from './store.ts';
export type { Change } from './store-rows.ts';
export type { SyncReport } from './sync.ts';
