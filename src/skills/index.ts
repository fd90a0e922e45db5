// The door of skills: the library. Spends no tokens, knows nothing of models.

export type { BlamedLine } from './blame.ts';
export { type BundleLimits, DEFAULT_BUNDLE_LIMITS, packSkill, unpackSkill } from './bundle.ts';
export { comparePaths, diffFiles } from './diff.ts';
export { type ParsedSkill, parseSkillMd, SIDECARS, SKILL_FILE } from './format.ts';
export type { HistoryReport, HistoryVersion, SkillHistory } from './histories.ts';
export type { RecoveryReport } from './journal.ts';
export { type Library, type LibraryOptions, type LibrarySearchOptions, openLibrary } from './library.ts';
export type { RootKind, SkillRoot } from './roots.ts';
export { scanSkill } from './safety.ts';
export { CONFIDENT, type SearchHit } from './search-index.ts';
export type * from './skill.ts';
export { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';
export type { Cause, FlagResult, UndoResult } from './states.ts';
export type { Change, ListOptions, SkillPage } from './store.ts';
export type { SyncReport } from './sync.ts';
