// The door of engine: the product.
export { DEMO_TASK, demoModel, makeDemoFolders } from './demo.ts';
export type { Check } from './doctor.ts';
export { openHomeDatabase, openSkillLibrary, type SkillLibrary } from './library.ts';
export { examineSetup, type OpenSpace, type OpenSpaceOptions, openOpenSpace } from './openspace.ts';
export type { ConversationTurn, Run, RunReport, RunStreamEvent, Task } from './task.ts';
