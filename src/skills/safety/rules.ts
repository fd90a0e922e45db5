// All rules on texts, and what only looks like a match.
import type { TextRule } from './rule.ts';
import { COMMANDS } from './rules-commands.ts';
import { EXFILTRATION } from './rules-exfiltration.ts';
import { INJECTION } from './rules-injection.ts';
import { SECRETS } from './rules-secrets.ts';

export type { TextRule } from './rule.ts';
export { isExample } from './rules-secrets.ts';

export const TEXT_RULES: readonly TextRule[] = [...INJECTION, ...EXFILTRATION, ...COMMANDS, ...SECRETS];
