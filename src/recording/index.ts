// The door of recording: what happened in a run, on disk.
export type * from './format.ts';
export { RECORDING_VERSION } from './format.ts';
