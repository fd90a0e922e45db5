// The door of the policy: which calls run, which are asked about, which are refused.
export { type Approval, type Approvals, type NewApproval, openApprovals } from './approvals.ts';
export { type CallFacts, callFacts } from './call-facts.ts';
export { type CommandFacts, commandFacts } from './command-effects.ts';
export { type GuardOptions, guardFor } from './guard.ts';
export { type MappedPolicy, mapOriginalPolicy } from './original-policy.ts';
export { type Decision, loadPolicy, type Policy, type PolicyOptions, unsandboxed } from './policy.ts';
export { describeRule, MODES, type Mode, parseRules, type Rule } from './rules.ts';
