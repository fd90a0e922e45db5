// list_proposals and decide_proposal: changes that learning proposes, and what the user says to them.
import { openLibraryOf } from '../../engine/library/index.ts';
import {
  approveReview,
  diffOfReview,
  type LearntChange,
  listReviews,
  openWorkStore,
  pickReview,
  rejectReview,
  undoReview,
} from '../../learning/index.ts';
import { oneLine, realWorld } from '../../lib/index.ts';
import type { Library } from '../../skills/index.ts';
import type { ArgumentsOf, CallContext, ToolWorld } from './call-tool.ts';
import type { Fields } from './task-report.ts';
import { answer, type ToolAnswer } from './tool-result.ts';

const DEFAULT_LIMIT = 20;
/** Characters of a diff and of its evidence in one answer. */
const DIFF_LIMIT = 6_000;
const EVIDENCE_LIMIT = 5;

export async function listProposals(
  args: ArgumentsOf<'list_proposals'>,
  world: ToolWorld,
): Promise<ToolAnswer> {
  const { db, library, close } = openLibraryOf(world.config());
  try {
    const store = openWorkStore(db, realWorld);
    if (args.change_id !== undefined)
      return answer(describeWhole(pickReview({ store }, args.change_id), library));
    const changes = listReviews({ store }, args.include_decided === true);
    const shown = changes.slice(0, args.limit ?? DEFAULT_LIMIT);
    return answer({
      count: shown.length,
      ...(shown.length < changes.length ? { more: changes.length - shown.length } : {}),
      next_step:
        shown.length === 0
          ? 'Nothing waits for a decision.'
          : 'list_proposals with a change_id shows the diff. Let the user decide, then call decide_proposal.',
      proposals: shown.map((change) => describe(change, library)),
    });
  } finally {
    close();
  }
}

export async function decideProposal(
  args: ArgumentsOf<'decide_proposal'>,
  world: ToolWorld,
  { client }: CallContext,
): Promise<ToolAnswer> {
  const { openOpenSpace } = await import('../../engine/index.ts');
  await using openSpace = await openOpenSpace({ config: world.config() });
  const library = openSpace.library();
  await library.sync();
  const { deps } = openSpace.learning();
  const by = `mcp:${oneLine(client.name, 60)}`;
  const id = args.change_id;
  const decide: Record<typeof args.decision, () => LearntChange | Promise<LearntChange>> = {
    approve: () => approveReview(deps, id, { by, trusted: false }),
    approve_trusted: () => approveReview(deps, id, { by, trusted: true }),
    reject: () => rejectReview(deps, id, { by, reason: args.reason ?? 'turned down' }),
    undo: () => undoReview(deps, id, by),
  };
  const change = await decide[args.decision]();
  return answer({ status: 'success', ...describe(change, library) });
}

function describe(change: LearntChange, library: Library): Fields {
  const [parent] = change.parents;
  const skill =
    library.findSkill(change.skillId ?? '') ?? (parent === undefined ? undefined : library.findSkill(parent));
  const version = change.versionId === null ? undefined : library.findVersion(change.versionId);
  return {
    change_id: change.changeId,
    kind: change.kind,
    state: change.state,
    ...(skill === undefined ? {} : { skill: skill.name }),
    ...(version === undefined ? {} : { version_id: version.versionId, version_state: version.state }),
    summary: oneLine(change.summary || change.reason, 300),
    why: oneLine(change.direction, 300),
    changed_lines: change.changedLines,
    created_at: change.createdAt.toISOString(),
    ...(change.decidedBy === null ? {} : { decided_by: change.decidedBy }),
  };
}

function describeWhole(change: LearntChange, library: Library): Fields {
  const diff = diffOfReview({ library }, change);
  return {
    ...describe(change, library),
    ...(change.verdict === null
      ? {}
      : {
          verdict: change.verdict.decision,
          verdict_reasons: change.verdict.reasons.slice(0, EVIDENCE_LIMIT),
        }),
    evidence: change.evidence.slice(0, EVIDENCE_LIMIT).map(({ quote }) => oneLine(quote, 200)),
    ...(diff.length > DIFF_LIMIT
      ? { diff_rest: `${diff.length - DIFF_LIMIT} more characters: openspace review show ${change.changeId}` }
      : {}),
    diff: diff.slice(0, DIFF_LIMIT).split('\n'),
  };
}
