// The door of skills: the library. Spends no tokens, knows nothing of models.
export type * from './skill.ts';
export { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';
