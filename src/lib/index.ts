// The door of lib: what could be someone else's package.
export { startDetached } from './detached.ts';
export {
  type ErrorCode,
  errnoOf,
  isAbsent,
  OpenSpaceError,
  toDiskError,
  toMessage,
  unreachable,
} from './errors.ts';
export {
  isInside,
  isPlainRelativePath,
  isPresent,
  makeFolder,
  pathInside,
  readTextIfPresent,
  realPathOfFuture,
  syncFolder,
  writeAll,
  writeFileAtomic,
} from './files.ts';
export { type HeldLock, tryHoldLock } from './held-lock.ts';
export { newTimedId, realWorld, sha256, type World } from './ids.ts';
export { parseJson } from './json.ts';
export { openProcessLock, type ProcessLock } from './lock.ts';
export { createLogger, type Logger, type LogLevel, silentLogger } from './log.ts';
export { type FoundJson, findJsonObject, type JsonObject } from './model-json.ts';
export { capOutput, OutputBuffer } from './output.ts';
export {
  findOrphans,
  isProcessAlive,
  makeOwnedFolder,
  type OwnedFolder,
  removeTree,
  sweepOwnedFolders,
} from './owned-folder.ts';
export {
  type ProcessEnd,
  plainSpawner,
  type RunningProcess,
  type RunRequest,
  type RunResult,
  type Spawner,
  type SpawnRequest,
} from './process.ts';
export { createRedactor, describeSecret, type Redactor } from './redact.ts';
export { type Database, type DatabaseOptions, type Migrations, openDatabase, type Row } from './sqlite.ts';
export { editDistance, estimateTokens, nearest, oneLine, plural } from './text.ts';
export { runInThread, type ThreadJob } from './thread.ts';
export { directView, type FolderView, toRootPath, toShownPath } from './view.ts';
