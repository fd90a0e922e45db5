// Fewer and better skills without a model: what is alike, what can be merged, what can be made short.
export { type AlikeGroup, type AlikePair, alikePairs, type ComparedSkill, groupAlike } from './alike.ts';
export { MERGED_TOKENS, type Merged, type MergePart, mergeSkillFiles } from './merge-files.ts';
export { type Shrunk, shrinkSkillFiles } from './shrink-files.ts';
