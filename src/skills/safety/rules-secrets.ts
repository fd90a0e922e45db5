// Rules on keys that a file holds.
import type { TextRule } from './rule.ts';

/** Words that an example has in place of a real key. */
const NOT_A_SECRET =
  /example|sample|dummy|placeholder|your|xxxx|\.\.\.|redacted|changeme|test_?key|fake|1234567|abcdef/i;

export const SECRETS: readonly TextRule[] = [
  {
    id: 'safety/secret',
    severity: 'quarantine',
    message: 'Holds what looks like a real key.',
    hint: 'Take it out and make it invalid: everybody who gets this skill gets the key.',
    words: [
      'sk-',
      'gsk_',
      'xai-',
      'hf_',
      'tvly-',
      'aiza',
      'ghp_',
      'gho_',
      'ghs_',
      'ghu_',
      'ghr_',
      'github_pat_',
      'glpat-',
      'npm_',
      'xox',
      'akia',
      'asia',
      'sk_live_',
      'rk_live_',
      'sg.',
      'dop_v1_',
      'eyj',
    ],
    pattern:
      /(?<![\w-])(?:sk-(?:or-v1-|ant-(?:api\d\d-)?|proj-|svcacct-)?(?=[\w-]*\d)(?=[\w-]*[A-Z]|[\w-]*[a-z])[A-Za-z0-9_-]{24,}|(?:gsk|hf|npm)_(?=\w*\d)[A-Za-z0-9]{30,}|(?:xai|tvly)-(?=[\w-]*\d)[A-Za-z0-9-]{24,}|AIza[A-Za-z0-9_-]{35}|gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}|glpat-[A-Za-z0-9_-]{20,}|xox[abposr]-\d[A-Za-z0-9-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|[sr]k_live_[A-Za-z0-9]{20,}|SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{60,}|eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,})/,
    scope: 'line',
  },
  {
    id: 'safety/secret',
    severity: 'quarantine',
    message: 'Holds a private key.',
    hint: 'Take it out and make it invalid: everybody who gets this skill gets the key.',
    words: ['private key-----'],
    pattern: /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=\s\\]{60,}/,
    scope: 'around',
  },
];

/** True if a rule's match is only an example: a key with a telling word in it. */
export function isExample(rule: TextRule, match: string): boolean {
  return rule.id === 'safety/secret' && NOT_A_SECRET.test(match);
}
