// The routes by which a person changes skills: restore, pin, archive, release, undo, edit, fix.
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import {
  type CommitResult,
  encodeText,
  type FlagResult,
  lintSkill,
  type SkillFiles,
  scanSkill,
} from '../../skills/index.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import type { CommitReport, ResponseOf } from './contract.ts';
import { AUTHOR, changeToJson, findingToJson } from './to-json.ts';

type ActionRoutes = 'restore' | 'pin' | 'archive' | 'release' | 'undo' | 'edit' | 'fix';

/** Fixes that may be under way at once: each asks models for minutes. */
const MOST_FIXES = 4;

export function skillActionHandlers(api: ApiContext): HandlersOf<ActionRoutes> {
  const { library } = api;
  const fixes = new Set<string>();
  return {
    async restore({ id, body }) {
      const skill = api.skill(id);
      const version = library.getVersion(body.version_id);
      const reason = `Restored from v${version.number}`;
      return commitReport(
        api,
        skill.skillId,
        await library.restore(version.versionId, { author: AUTHOR, reason }),
      );
    },
    async pin({ id, body: { on } }) {
      const { skillId } = api.skill(id);
      const reason = on ? 'pinned by the user' : 'No longer pinned by the user';
      return flagReport(api, await library.pin(skillId, on, { author: AUTHOR, reason }));
    },
    async archive({ id, body: { on } }) {
      const { skillId } = api.skill(id);
      const reason = on ? 'archived by the user' : 'No longer archived by the user';
      return flagReport(api, await library.archive(skillId, on, { author: AUTHOR, reason }));
    },
    async release({ id }) {
      const { skillId } = api.skill(id);
      const cause = { author: AUTHOR, reason: 'Released by the user' };
      return flagReport(api, await library.quarantine(skillId, false, cause));
    },
    async undo({ id }) {
      const { undone, findings, skill } = await library.undo(api.skill(id).skillId, AUTHOR);
      api.snapshots.invalidate();
      return {
        undone: changeToJson({ ...undone, name: skill.name }),
        findings: findings.map(findingToJson),
        skill: api.item(skill.skillId),
      };
    },
    edit: ({ id, body }) => editSkill(api, id, body),
    fix: ({ id, body }) => startFix(api, fixes, id, body.direction),
  };
}

function commitReport(api: ApiContext, skillId: string, result: CommitResult): CommitReport {
  api.snapshots.invalidate();
  return {
    ok: result.ok,
    reason: result.ok ? null : result.reason,
    findings: result.findings.map(findingToJson),
    version_id: result.ok ? result.version.versionId : null,
    skill: api.item(skillId),
  };
}

function flagReport(api: ApiContext, { changed, findings, skill }: FlagResult): ResponseOf<'pin'> {
  api.snapshots.invalidate();
  return { changed, findings: findings.map(findingToJson), skill: api.item(skill.skillId) };
}

type EditBody = Parameters<HandlersOf<'edit'>['edit']>[0]['body'];

async function editSkill(api: ApiContext, id: string, body: EditBody): Promise<CommitReport> {
  const { library } = api;
  const skill = api.skill(id);
  const base = library.getVersion(body.head ?? api.item(id).version_id);
  if (base.skillId !== skill.skillId)
    throw new OpenSpaceError('invalid', `${base.versionId} is not a version of "${skill.name}".`);
  if ((body.head ?? undefined) !== skill.head) {
    const message = 'The skill has changed since you began to edit.';
    const finding = {
      rule: 'commit/stale-head',
      severity: 'block' as const,
      message,
      hint: 'Look at what is new.',
    };
    return commitReport(api, skill.skillId, { ok: false, reason: 'stale-head', findings: [finding] });
  }
  const files = withEdits(library.read(base.versionId), body.files);
  if (body.dry_run) {
    const findings = [...lintSkill(files), ...scanSkill(files)];
    const blocking = findings.find(({ severity }) => severity === 'block');
    const reason = blocking === undefined ? null : blocking.rule.startsWith('safety/') ? 'unsafe' : 'invalid';
    return {
      ...{ ok: blocking === undefined, reason, findings: findings.map(findingToJson), version_id: null },
      skill: api.item(skill.skillId),
    };
  }
  const result = await library.commit({
    ...{ origin: 'edited', parents: [base.versionId], files, author: AUTHOR, state: 'trusted' },
    reason: body.reason.trim() || 'Edited in the dashboard',
  });
  return commitReport(api, skill.skillId, result);
}

/** Null removes a file; files that are not named stay. */
export function withEdits(files: SkillFiles, edits: Readonly<Record<string, string | null>>): SkillFiles {
  const edited = new Map(files);
  for (const [path, text] of Object.entries(edits)) {
    if (text === null) edited.delete(path);
    else edited.set(path, encodeText(text));
  }
  return edited;
}

/** Begins it and answers; how it ended is told on the event stream. */
function startFix(api: ApiContext, fixes: Set<string>, id: string, direction: string): ResponseOf<'fix'> {
  const { skillId } = api.skill(id);
  api.openSpace.checkModel();
  if (fixes.has(skillId) || fixes.size >= MOST_FIXES)
    throw new OpenSpaceError(
      'busy',
      fixes.has(skillId) ? 'It is being fixed already.' : `${fixes.size} fixes are under way.`,
      {
        hint: 'Wait until it is over.',
      },
    );
  const fixId = `fix_${api.world.randomHex(8)}`;
  fixes.add(skillId);
  const end = (proposalId: string | null, error: string | null) => {
    fixes.delete(skillId);
    api.snapshots.invalidate();
    api.live.send({ type: 'fix-end', fix_id: fixId, skill_id: skillId, proposal_id: proposalId, error });
  };
  api.openSpace
    .learning()
    .fix({ skill: skillId, direction }, api.signal)
    .then(
      (change) => end(change.changeId, null),
      (error: unknown) => end(null, toMessage(error)),
    );
  return { fix_id: fixId };
}
