// The door of recording: what happened in a run, on disk.
export { readArtifact } from './artifacts.ts';
export { askToCancel, watchForCancel } from './cancel.ts';
export { describeEvent } from './describe.ts';
export { eventToLine } from './event-line.ts';
export type * from './format.ts';
export { RECORDING_VERSION, runsFolder } from './format.ts';
export { type OriginalRecording, readOriginalRecording } from './legacy.ts';
export {
  type EventLine,
  openRecording,
  readHeader,
  readLines,
  type TailOptions,
  tailEvents,
  tailLines,
} from './reader.ts';
export { type Recorder, type RecorderOptions, type RunEnd, startRecording } from './recorder.ts';
export {
  findRun,
  type ListOptions,
  listRuns,
  type Pruned,
  type PruneOptions,
  pruneRuns,
  type RunEntry,
  readEntry,
  runIds,
} from './runs.ts';
export { type RunSummary, summariseRun, type ToolSummary } from './summary.ts';
