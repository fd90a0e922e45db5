// The door of engine: the product.
export { DEMO_SKILL, DEMO_TASKS, demoModel, makeDemoFolders } from './demo.ts';
export type { Check } from './doctor.ts';
export { rememberedApprovals, undoRun } from './hands.ts';
export { type ImportInput, type ImportReport, importOriginal } from './import-original.ts';
export { type EngineLearning, learningMode } from './learn.ts';
export { learningWorker } from './learning-worker.ts';
export { type LibraryHandles, openLibraryOf } from './open-library.ts';
export {
  examineSetup,
  type OpenSpace,
  type OpenSpaceOptions,
  openOpenSpace,
  refreshMcpTools,
} from './openspace.ts';
export type { ConversationTurn, Run, RunReport, RunStreamEvent, Task } from './task.ts';
