// The door of skills: the library. Spends no tokens, knows nothing of models.

export { type BundleLimits, DEFAULT_BUNDLE_LIMITS, packSkill, unpackSkill } from './bundle.ts';
export { diffFiles, diffText, type MatchBlock, matchLines, splitLines } from './diff.ts';
export { applyEdit, type EditResult, takeChangeSummary } from './edit.ts';
export {
  type FieldValue,
  type ParsedSkill,
  parseSkillMd,
  SIDECARS,
  SKILL_FILE,
  setFrontMatterField,
} from './format.ts';
export { fixLint, HOST_NAMES, type HostName, lintSkill } from './lint.ts';
export {
  formatSkillId,
  freeSkillName,
  isSkillName,
  newVersionId,
  parseSkillId,
  toSkillName,
} from './names.ts';
export { scanSkill, symlinkFinding } from './safety.ts';
export type * from './skill.ts';
export { ORIGIN_RULES, ORIGINS, VERSION_STATES } from './skill.ts';
export { decodeText, encodeText } from './skill-text.ts';
