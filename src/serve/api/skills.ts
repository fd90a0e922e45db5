// The routes that show skills: list and search, one skill, files, versions, lineage, diff, blame, uses, changes.
import { NO_USE, noStats, skillHealth, skillStats, versionFigures } from '../../learning/index.ts';
import { OpenSpaceError } from '../../lib/index.ts';
import {
  decodeText,
  type Library,
  lintSkill,
  SKILL_FILE,
  type Skill,
  scanSkill,
  type Version,
} from '../../skills/index.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import type { FileText, Finding, ResponseOf, SkillItem } from './contract.ts';
import { isInState } from './snapshot.ts';
import {
  changeToJson,
  cursorOf,
  findingToJson,
  numberPart,
  partsOfCursor,
  savingToJson,
  textPart,
  versionToJson,
} from './to-json.ts';

type SkillRoutes =
  | 'skills'
  | 'skill'
  | 'skillFile'
  | 'skillVersions'
  | 'skillLineage'
  | 'skillDiff'
  | 'skillBlame'
  | 'skillUses'
  | 'skillChanges';

/** Larger texts are not shown, only named. */
const MOST_TEXT_BYTES = 1_000_000;
/** A search shows at most so many. */
const MOST_HITS = 200;

export function skillHandlers(api: ApiContext): HandlersOf<SkillRoutes> {
  const { library } = api;
  return {
    skills: ({ query }) => listSkills(api, query),
    skill: ({ id }) => showSkill(api, id),
    skillFile: ({ id, query }) => showFile(library, versionOf(api, id, query.version), query.path),
    skillVersions: ({ id, query }) => listVersions(api, api.skill(id), query),
    skillLineage: ({ id, query }) => showLineage(api, api.skill(id), query.limit),
    skillDiff({ id, query }) {
      const after = versionOf(api, id, query.after);
      const before = query.before ?? after.parents[0] ?? null;
      const diff = library.diff(after.versionId, before ?? undefined);
      return { before, after: after.versionId, diff, ...countLines(diff) };
    },
    skillBlame: ({ id, query }) => showBlame(library, versionOf(api, id, query.version), query.path),
    skillUses({ id, query: { cursor, limit } }) {
      const start = cursor === undefined ? 0 : numberPart(partsOfCursor(cursor), 0);
      const uses = api.learning.ledger.usesOf({ skillId: api.skill(id).skillId }, start + limit + 1);
      const items = uses.slice(start, start + limit).map((use) => ({
        ...{ run_id: use.runId, task: use.task, status: use.status, started_at: use.startedAt },
        ...{ attempt: use.attempt, version_id: use.versionId, how: use.how, applied: use.applied },
        ...{ note: use.note, tokens: use.tokens, took_ms: use.tookMs },
      }));
      return { items, next: uses.length > start + limit ? cursorOf(start + limit) : null };
    },
    skillChanges({ id, query: { cursor, limit } }) {
      const before = cursor === undefined ? undefined : numberPart(partsOfCursor(cursor), 0);
      const changes = library.pages.changes({ skillId: api.skill(id).skillId, before, limit: limit + 1 });
      const items = changes.slice(0, limit).map(changeToJson);
      const last = items.at(-1);
      return { items, next: changes.length > limit && last !== undefined ? cursorOf(last.change_id) : null };
    },
  };
}

/** A version by its id, or the one that the skill shows. Throws `not-found`. */
function versionOf(api: ApiContext, skillId: string, versionId: string | undefined): Version {
  if (versionId !== undefined) return api.library.getVersion(versionId);
  return api.library.getVersion(api.item(skillId).version_id);
}

type SkillsInput = Parameters<HandlersOf<'skills'>['skills']>[0]['query'];

function listSkills(api: ApiContext, query: SkillsInput): ResponseOf<'skills'> {
  const snapshot = api.snapshots.current();
  const { q, state, origin, host, tag, limit } = query;
  const isLet = (item: SkillItem) =>
    isInState(item, state) &&
    (origin === undefined || item.origin === origin) &&
    (host === undefined || item.host === host) &&
    (tag === undefined || item.tags.includes(tag));
  const words = q?.trim() ?? '';
  const place = query.cursor === undefined ? [] : partsOfCursor(query.cursor);
  const byWords = query.sort === undefined || query.sort === 'fit';
  const hitsWanted = byWords ? Math.min(MOST_HITS, numberPart(place, 1) + limit + 1) : MOST_HITS;
  const found = words === '' ? undefined : searchSkills(api, words, hitsWanted, isLet);
  const sort = query.sort ?? (found === undefined ? 'name' : 'fit');
  const byFit = sort === 'fit' ? found?.map(({ item }) => item) : undefined;
  const hits = new Map(found?.map((hit) => [hit.item.skill_id, hit]));
  const ordered =
    byFit ??
    snapshot
      .sorted(sort === 'fit' ? 'name' : sort)
      .filter((item) => (found === undefined ? isLet(item) : hits.has(item.skill_id)));
  const start = query.cursor === undefined ? 0 : placeAfter(ordered, place);
  const page = ordered.slice(start, start + limit);
  const last = page.at(-1);
  return {
    items: page.map((item) => {
      const hit = hits.get(item.skill_id);
      return { ...item, fit: hit?.fit ?? null, reasons: hit?.reasons ?? [] };
    }),
    next:
      start + limit < ordered.length && last !== undefined ? cursorOf(last.skill_id, start + limit) : null,
    total: ordered.length,
    counts: snapshot.counts,
    facets: snapshot.facets(state),
  };
}

function searchSkills(api: ApiContext, q: string, limit: number, isLet: (item: SkillItem) => boolean) {
  const snapshot = api.snapshots.current();
  const itemOf = (skillId: string) => {
    const item = snapshot.byId.get(skillId);
    return item !== undefined && isLet(item) ? item : undefined;
  };
  const accept = (skillId: string) => itemOf(skillId) !== undefined;
  return api.library.index.search(q, { limit, accept }).flatMap((hit) => {
    const item = itemOf(hit.skillId);
    return item === undefined ? [] : [{ item, fit: hit.confidence, reasons: [...hit.reasons] }];
  });
}

/** Behind the skill that the last page ended with; where that is gone, at the same distance from the start. */
function placeAfter(ordered: readonly SkillItem[], parts: readonly (string | number)[]): number {
  const at = ordered.findIndex(({ skill_id }) => skill_id === textPart(parts, 0));
  return at === -1 ? numberPart(parts, 1) : at + 1;
}

function showSkill(api: ApiContext, id: string): ResponseOf<'skill'> {
  const { library, learning } = api;
  const skill = api.skill(id);
  const item = api.item(id);
  const version = library.getVersion(item.version_id);
  const files = library.filesOf(version.versionId);
  const stats =
    skillStats(learning.db, { skillId: skill.skillId }).get(skill.skillId) ?? noStats(skill.skillId);
  const proposed = learning.store.changePage({ states: ['proposed'], skillId: skill.skillId, limit: 100 });
  const shadowedBy = item.standing === 'shadowed' ? shadowOf(library, skill) : undefined;
  return {
    ...item,
    flag_reasons: {
      quarantined: library.flagReason(skill.skillId, 'quarantined') ?? null,
      archived: library.flagReason(skill.skillId, 'archived') ?? null,
    },
    shadowed_by: shadowedBy ?? null,
    version: versionToJson(version, skill.head, figuresOf(api, [version.versionId])(version.versionId)),
    files: files.map(({ path, sizeBytes }) => ({
      path,
      size_bytes: sizeBytes,
      is_text: looksLikeText(path),
    })),
    // Of an imported version only its place may be known: then there are no files.
    text: decodeText(library.readFile(version.versionId, SKILL_FILE) ?? new Uint8Array()) ?? '',
    findings: api.remember(`findings:${version.versionId}`, () => findingsOf(library, version)),
    worth: {
      ...{ with: stats.withIt, without: stats.without },
      ...{ tokens_saved: savingToJson(stats.tokensSaved), ms_saved: savingToJson(stats.msSaved) },
      learning_tokens: stats.learningTokens,
    },
    trust: {
      successes_needed: learning.trust.successes,
      records: skillHealth(learning.db, { skillId: skill.skillId }).map((record) => ({
        ...{ version_id: record.versionId, model: record.model, phase: record.phase, uses: record.uses },
        ...{ judged: record.judged, applied: record.applied, successes: record.successes },
        ...{ failures: record.failures, harmed: record.harmed, mean_tokens: record.meanTokens },
        last_used_at: record.lastUsedAt,
      })),
    },
    waiting: proposed.map(({ changeId }) => changeId),
    changes: library.pages.changes({ skillId: skill.skillId, limit: 10 }).map(changeToJson),
  };
}

const shadowOf = (library: Library, skill: Skill) =>
  library.shadowed().find(({ skillId }) => skillId === skill.skillId)?.by;

/** By its name only: whether a file can be shown is said when it is asked for. */
const looksLikeText = (path: string) =>
  !/\.(?:png|jpe?g|gif|webp|ico|pdf|zip|gz|tgz|xz|7z|docx|xlsx|pptx|woff2?|ttf|otf|mp[34]|wav|bin|exe|so|pyc|db)$/i.test(
    path,
  );

function findingsOf(library: Library, version: Version): Finding[] {
  const files = library.read(version.versionId);
  return [...lintSkill(files), ...scanSkill(files)].map(findingToJson);
}

function figuresOf(api: ApiContext, versionIds: readonly string[]) {
  const figures = versionFigures(api.learning.db, versionIds);
  return (versionId: string) => figures.get(versionId) ?? NO_USE;
}

function showFile(library: Library, version: Version, path: string): FileText {
  const bytes = library.readFile(version.versionId, path);
  if (bytes === undefined)
    throw new OpenSpaceError('not-found', `${version.versionId} has no file ${path}.`, {
      hint: 'Its files are in the list of the skill.',
    });
  const text = bytes.length > MOST_TEXT_BYTES ? undefined : decodeText(bytes);
  return { path, version_id: version.versionId, size_bytes: bytes.length, text: text ?? null };
}

function listVersions(
  { library, ...api }: ApiContext,
  skill: Skill,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): ResponseOf<'skillVersions'> {
  const before = cursor === undefined ? undefined : numberPart(partsOfCursor(cursor), 0);
  const versions = library.pages.versions(skill.skillId, limit + 1, before);
  const page = versions.slice(0, limit);
  const figures = figuresOf(
    { library, ...api },
    page.map(({ versionId }) => versionId),
  );
  const last = page.at(-1);
  return {
    items: page.map((version) => versionToJson(version, skill.head, figures(version.versionId))),
    next: versions.length > limit && last !== undefined ? cursorOf(last.number) : null,
    total: library.pages.countVersions(skill.skillId),
  };
}

function showLineage(api: ApiContext, skill: Skill, limit: number): ResponseOf<'skillLineage'> {
  const { snapshots } = api;
  return snapshots.current().of(`lineage:${skill.skillId}:${limit}`, () => drawLineage(api, skill, limit));
}

function drawLineage(api: ApiContext, skill: Skill, limit: number): ResponseOf<'skillLineage'> {
  const { versions, total } = api.library.pages.lineage(skill.skillId, limit);
  const figures = figuresOf(
    api,
    versions.map(({ versionId }) => versionId),
  );
  const shown = new Set<string>(versions.map(({ versionId }) => versionId));
  const { byId } = api.snapshots.current();
  return {
    skill_id: skill.skillId,
    nodes: versions.map((version) => {
      const use = figures(version.versionId);
      return {
        ...{ version_id: version.versionId, skill_id: version.skillId, name: version.name },
        ...{ number: version.number, origin: version.origin, state: version.state },
        is_head: byId.get(version.skillId)?.head === version.versionId,
        ...{ author: version.author, reason: version.reason, created_at: version.createdAt },
        ...{ uses: use.had.runs, success: use.had },
      };
    }),
    edges: versions.flatMap(({ versionId, parents }) =>
      parents.filter((parent) => shown.has(parent)).map((parent) => ({ from: parent, to: versionId })),
    ),
    total,
  };
}

/** The lines of file headers are not counted. */
function countLines(diff: string): { added_lines: number; removed_lines: number } {
  const lines = diff.split('\n');
  const count = (mark: string) =>
    lines.filter((line) => line.startsWith(mark) && !line.startsWith(`${mark.repeat(3)} `)).length;
  return { added_lines: count('+'), removed_lines: count('-') };
}

function showBlame(library: Library, version: Version, path: string): ResponseOf<'skillBlame'> {
  const lines = library.blame(version.versionId, path);
  if (lines === undefined)
    throw new OpenSpaceError('not-found', `${version.versionId} has no text file ${path}.`);
  const named = [...new Set(lines.map(({ versionId }) => versionId))].map((id) => library.getVersion(id));
  return {
    ...{ path, version_id: version.versionId },
    lines: lines.map(({ line, text, versionId }) => ({ line, text, version_id: versionId })),
    versions: named.map((one) => ({
      ...{ version_id: one.versionId, skill_id: one.skillId, name: one.name, number: one.number },
      ...{ origin: one.origin, author: one.author, reason: one.reason, created_at: one.createdAt },
    })),
  };
}
