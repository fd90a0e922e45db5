// Our values as the contract names them.
import type { Usage } from '../../agent/index.ts';
import type { LearntChange, Saving, UseFigures } from '../../learning/index.ts';
import { OpenSpaceError, parseJson } from '../../lib/index.ts';
import type { EventLine } from '../../recording/index.ts';
import type { Finding, NamedChange, Version } from '../../skills/index.ts';
import {
  type Change as ChangeJson,
  type Finding as FindingJson,
  type ProposalItem,
  RunEvent,
  type Usage as UsageJson,
  type Version as VersionJson,
} from './contract.ts';

/** Who changes things from the dashboard: the person in front of it. */
export const AUTHOR = 'user';

export const usageToJson = (usage: Usage): UsageJson => ({
  ...{ input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
  ...{ cached_input_tokens: usage.cachedInputTokens, reasoning_tokens: usage.reasoningTokens },
  cost_usd: usage.costUsd,
});

export const findingToJson = ({ rule, severity, message, file, line, hint }: Finding): FindingJson => ({
  ...{ rule, severity, message, file: file ?? null, line: line ?? null, hint: hint ?? null },
});

export const savingToJson = (saving: Saving | undefined) =>
  saving === undefined
    ? null
    : {
        ...{ mean: saving.mean, low: saving.low, high: saving.high },
        ...{ runs_with: saving.runsWith, runs_without: saving.runsWithout },
      };

export const versionToJson = (version: Version, head: string | undefined, use: UseFigures): VersionJson => ({
  ...{ version_id: version.versionId, skill_id: version.skillId, number: version.number },
  ...{ name: version.name, description: version.description, origin: version.origin },
  ...{ parents: [...version.parents], state: version.state, reason: version.reason },
  ...{ author: version.author, evidence: version.evidence, created_at: version.createdAt },
  ...{ is_head: version.versionId === head, uses: use.had.runs, applied: use.applied, success: use.had },
});

export const changeToJson = (change: NamedChange): ChangeJson => ({
  ...{ change_id: change.changeId, action: change.action, skill_id: change.skillId, skill_name: change.name },
  ...{ version_id: change.versionId ?? null, author: change.author, reason: change.reason },
  ...{ undoes: change.undoes ?? null, created_at: change.createdAt },
});

export const proposalToJson = (change: LearntChange, skillName: string | null): ProposalItem => ({
  ...{ proposal_id: change.changeId, kind: change.kind, state: change.state },
  ...{ skill_id: change.skillId, skill_name: skillName, parents: [...change.parents] },
  ...{ version_id: change.versionId, direction: change.direction, summary: change.summary },
  ...{ reason: change.reason, decision: change.verdict?.decision ?? null },
  ...{ changed_lines: change.changedLines, tokens: change.tokens, cost_usd: change.costUsd },
  created_at: change.createdAt.toISOString(),
  decided_at: change.decidedAt?.toISOString() ?? null,
  decided_by: change.decidedBy,
});

/** A line of a recording; undefined for one that the contract does not know. */
export function eventToJson({ text }: EventLine): RunEvent | undefined {
  const value: unknown = JSON.parse(text); // read before, so it is JSON
  const event = RunEvent.safeParse(value);
  return event.success ? event.data : undefined;
}

/** Where a page ends, as one opaque word; and back. Throws `usage` for what we have not given out. */
export const cursorOf = (...parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

export function partsOfCursor(cursor: string): readonly (string | number)[] {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(parts) && parts.every((part) => typeof part === 'string' || typeof part === 'number'))
    return parts;
  throw new OpenSpaceError('usage', 'The cursor is not one of ours.', { hint: 'Begin without a cursor.' });
}

export const textPart = (parts: readonly (string | number)[], index: number): string =>
  String(parts[index] ?? '');
export const numberPart = (parts: readonly (string | number)[], index: number): number =>
  Number(parts[index] ?? 0);
