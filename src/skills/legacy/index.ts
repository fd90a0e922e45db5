// Reading what the original OpenSpace left on disk: its databases and skill folders. Writes nothing to them.
export { numberOf, type OriginalDatabase, openOriginal, textOf, timeOf } from './database.ts';
export { buildHistories, type SourceFolder } from './histories.ts';
export { type Counters, type OriginalRecord, readRecords, type Skipped } from './records.ts';
export { findSource, type ImportSource } from './sources.ts';
