// The door of agent: think and act in turns. Knows nothing of skills.
export type * from './types.ts';
export { MODEL_ROLES } from './types.ts';
export { addUsage, NO_USAGE } from './usage.ts';
