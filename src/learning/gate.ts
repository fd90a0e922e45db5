// Proves a draft before it counts: so far by static checks; what passes stays on trial until runs have shown it.
import { type Draft, lintSkill, type SkillFiles, scanSkill } from '../skills/index.ts';
import type { Evidence } from './suggestion.ts';

/** `trial`: sound, but not proved; `trusted`: proved better by replay. */
export interface Verdict {
  readonly decision: 'reject' | 'trial' | 'trusted';
  readonly reasons: readonly string[];
  /** What was checked, for people. JSON. */
  readonly report: unknown;
  /** Files to commit in place of the draft's: with checks added to them. */
  readonly files?: SkillFiles;
}

/** What a draft rests on. */
export interface GateEvidence {
  readonly direction: string;
  readonly evidence: readonly Evidence[];
  readonly runIds: readonly string[];
}

export interface GateDeps {
  /** Files of the version that would be replaced; undefined for a new skill. */
  readonly current: SkillFiles | undefined;
  readonly signal: AbortSignal;
}

/** Verifies a draft. Works without any set-up. */
export async function verify(draft: Draft, _evidence: GateEvidence, deps: GateDeps): Promise<Verdict> {
  const known = new Set(
    (deps.current === undefined ? [] : [...scanSkill(deps.current)]).map(({ rule }) => rule),
  );
  const findings = [...lintSkill(draft.files), ...scanSkill(draft.files)];
  const against = findings.filter(
    ({ severity, rule }) => severity === 'block' || (severity === 'quarantine' && !known.has(rule)),
  );
  const reasons = against.map(({ message, file }) => (file === undefined ? message : `${file}: ${message}`));
  const report = { static: findings.map(({ rule, severity, message }) => ({ rule, severity, message })) };
  return reasons.length > 0
    ? { decision: 'reject', reasons, report }
    : { decision: 'trial', reasons: [], report };
}
