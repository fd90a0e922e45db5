// The routes of the review: list, show, approve, reject, edit, undo.
import { z } from 'zod';
import {
  approveReview,
  CHANGE_STATES,
  diffOfReview,
  editReview,
  type LearntChange,
  pickReview,
  rejectReview,
  undoReview,
} from '../../learning/index.ts';
import { decodeText, parseSkillMd, SKILL_FILE, type SkillFiles } from '../../skills/index.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import type { Proposal, ProposalItem, ResponseOf } from './contract.ts';
import { withEdits } from './skill-actions.ts';
import { AUTHOR, cursorOf, numberPart, partsOfCursor, proposalToJson, textPart } from './to-json.ts';

type ProposalRoutes = 'proposals' | 'proposal' | 'approve' | 'reject' | 'editProposal' | 'undoProposal';

export function proposalHandlers(api: ApiContext): HandlersOf<ProposalRoutes> {
  const { learning } = api;
  const decided = (change: LearntChange): Proposal => {
    api.snapshots.invalidate();
    return showProposal(api, change);
  };
  return {
    proposals: ({ query }) => listProposals(api, query),
    proposal: ({ id }) => showProposal(api, pickReview(learning, id)),
    approve: async ({ id, body }) =>
      decided(await approveReview(learning, id, { by: AUTHOR, trusted: body.trusted })),
    reject: ({ id, body }) =>
      decided(rejectReview(learning, id, { by: AUTHOR, reason: body.reason.trim() || 'turned down' })),
    async editProposal({ id, body, signal }) {
      const { files } = pickReview(learning, id);
      return decided(
        await editReview(learning, id, withEdits(files ?? new Map(), body.files), AUTHOR, signal),
      );
    },
    undoProposal: async ({ id }) => decided(await undoReview(learning, id, AUTHOR)),
  };
}

type ProposalsQuery = Parameters<HandlersOf<'proposals'>['proposals']>[0]['query'];

function listProposals(api: ApiContext, query: ProposalsQuery): ResponseOf<'proposals'> {
  const { state, skill, cursor, limit } = query;
  const place = cursor === undefined ? undefined : partsOfCursor(cursor);
  const states = CHANGE_STATES.filter(
    (one) => state === 'all' || (one === 'proposed') === (state === 'waiting'),
  );
  const changes = api.learning.store.changePage({
    states,
    skillId: skill === undefined ? undefined : api.skill(skill).skillId,
    before: place && { createdAt: numberPart(place, 0), changeId: textPart(place, 1) },
    limit: limit + 1,
  });
  const page = changes.slice(0, limit);
  const last = page.at(-1);
  const isMore = changes.length > limit && last !== undefined;
  const waiting = [...api.learning.store.proposedBySkill().values()].reduce((sum, count) => sum + count, 0);
  return {
    items: page.map((change) => proposalItem(api, change)),
    next: isMore ? cursorOf(last.createdAt.getTime(), last.changeId) : null,
    waiting,
  };
}

export function proposalItem(api: ApiContext, change: LearntChange): ProposalItem {
  return proposalToJson(change, nameOf(api, change));
}

/** Of the skill that it changes; a new one is named in its files, which never change once it is decided. */
function nameOf(api: ApiContext, change: LearntChange): string | null {
  const known = change.skillId === null ? undefined : api.library.findSkill(change.skillId)?.name;
  if (known !== undefined) return known;
  const files = change.files ?? api.learning.store.findChange(change.changeId)?.files;
  const text = decodeText(files?.get(SKILL_FILE) ?? new Uint8Array());
  const [parent] = change.parents;
  const ofParent = parent === undefined ? undefined : api.library.findVersion(parent)?.name;
  return (text ? parseSkillMd(text).name : undefined) ?? ofParent ?? null;
}

function showProposal(api: ApiContext, change: LearntChange): Proposal {
  const suggestions =
    change.topicId === null ? [] : api.learning.store.suggestions({ topicId: change.topicId });
  const runOf = (quote: string) =>
    suggestions.find(({ evidence }) => evidence.some((one) => one.quote === quote))?.runId ?? null;
  return {
    ...proposalItem(api, change),
    diff: diffOfReview(api.learning, change),
    files: change.files === null ? null : textFiles(change.files),
    evidence: change.evidence.map(({ quote, says, seq }) => ({ quote, says, seq, run_id: runOf(quote) })),
    verdict: change.verdict === null ? null : verdictToJson(change.verdict),
  };
}

function textFiles(files: SkillFiles): Record<string, string> {
  const texts = [...files].map(([path, bytes]) => [path, decodeText(bytes)] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The gate's report as it was stored; what an older or newer version left out is empty. */
const StoredReport = z.object({
  problems: z
    .array(z.object({ rule: z.string(), message: z.string(), hint: z.string().optional() }))
    .catch([]),
  review: z
    .object({ verdict: z.enum(['fine', 'refuse']), concerns: z.array(z.string()) })
    .optional()
    .catch(undefined),
  cases: z
    .array(
      z.object({
        ...{ caseId: z.string(), own: z.boolean(), result: z.string(), note: z.string().optional() },
        arms: z.array(
          z.object({
            ...{ arm: z.enum(['none', 'current', 'candidate']), runIds: z.array(z.string()) },
            ...{ passed: z.number(), runs: z.number(), tokens: z.number(), turns: z.number() },
          }),
        ),
        checks: z.array(z.object({ name: z.string(), command: z.string(), origin: z.string() })),
      }),
    )
    .catch([]),
  missing: z.array(z.string()).catch([]),
});
const NO_REPORT = { problems: [], review: undefined, cases: [], missing: [] };

function verdictToJson({
  decision,
  reasons,
  report,
}: NonNullable<LearntChange['verdict']>): Proposal['verdict'] {
  const { problems, review, cases, missing } = StoredReport.catch(NO_REPORT).parse(report);
  return {
    ...{ decision, reasons: [...reasons], review: review ?? null, missing },
    problems: problems.map(({ rule, message, hint }) => ({ rule, message, hint: hint ?? null })),
    replays: cases.map(({ caseId, own, result, note, arms, checks }) => ({
      ...{ run_id: caseId, own, result, note: note ?? null, checks },
      arms: arms.map(({ runIds, ...arm }) => ({ ...arm, run_ids: runIds })),
    })),
  };
}
