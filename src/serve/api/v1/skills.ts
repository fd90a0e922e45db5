// The original's routes of skills at `/api/v1`. What it called a skill is one of our versions; active ones are heads.
import { join } from 'node:path';
import { analysisCounts, judgedVersions, type Rates, runsThatJudged } from '../../../learning/index.ts';
import { OpenSpaceError } from '../../../lib/index.ts';
import { decodeText, ORIGIN_RULES, SKILL_FILE, type Version } from '../../../skills/index.ts';
import type { ApiContext } from '../context.ts';
import type { SkillItem } from '../contract.ts';

const NO_RATES: Rates = { offered: 0, selections: 0, applied: 0, completions: 0, fallbacks: 0 };

/** One version with all that a list of the original shows. */
interface Row {
  readonly version: Version;
  readonly generation: number;
  /** The skill; undefined if its folder is not looked at from here. */
  readonly item: SkillItem | undefined;
  readonly isActive: boolean;
  readonly rates: Rates;
  readonly score: number;
}

/** All versions, worked out once for each state of the database. */
function rowsOf(api: ApiContext): ReadonlyMap<string, Row> {
  return api.snapshots.current().of('v1:rows', () => {
    const versions = api.library.pages.allVersions();
    const rates = api.learning.ledger.ratesOfVersions(versions.map(({ versionId }) => versionId));
    const { byId } = api.snapshots.current();
    const rows = new Map<string, Row>();
    for (const version of versions) {
      const item = byId.get(version.skillId);
      const own = rates.get(version.versionId) ?? NO_RATES;
      const generations = version.parents.map((parent) => rows.get(parent)?.generation ?? 0);
      rows.set(version.versionId, {
        ...{ version, item, rates: own, score: round(share(own.completions, own.selections) * 100, 1) },
        generation: generations.length === 0 ? 0 : Math.max(...generations) + 1,
        isActive: item?.head === version.versionId && item.standing !== 'archived',
      });
    }
    return rows;
  });
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const round = (value: number, digits: number) => Number(value.toFixed(digits));

function rowOf(api: ApiContext, id: string): Row {
  const rows = rowsOf(api);
  const row = rows.get(id) ?? rows.get(api.library.findSkill(id)?.head ?? '');
  if (row === undefined) throw new OpenSpaceError('not-found', `There is no skill "${id.slice(0, 200)}".`);
  return row;
}

/** The original's categories came over as tags. */
const CATEGORIES = ['workflow', 'tool_guide', 'reference'];
const isCategory = (tag: string) => CATEGORIES.includes(tag);
const categoryOf = (tags: readonly string[]) => tags.find(isCategory) ?? 'workflow';

/** Lists leave the texts of the lineage empty: the original sent every version's files and diff with every list. */
function skillJson({ version, generation, item, isActive, rates, score }: Row) {
  const parents = [...version.parents];
  const origin = ORIGIN_RULES[version.origin].cloud;
  const folder = isActive ? (item?.folder ?? '') : '';
  const tags = item?.tags ?? [];
  const { selections, applied, completions, fallbacks } = rates;
  return {
    ...{ skill_id: version.versionId, name: version.name, description: version.description },
    ...{ path: folder === '' ? '' : join(folder, SKILL_FILE), is_active: isActive },
    ...{
      category: categoryOf(tags),
      tags: tags.filter((tag) => !isCategory(tag)),
      visibility: 'private',
      creator_id: '',
    },
    lineage: {
      ...{ origin, generation, parent_skill_ids: parents, source_task_id: version.evidence },
      ...{ change_summary: version.reason, content_diff: '', content_snapshot: {} },
      ...{ created_at: version.createdAt, created_by: version.author },
    },
    ...{ tool_dependencies: [], critical_tools: [], total_selections: selections, total_applied: applied },
    ...{ total_completions: completions, total_fallbacks: fallbacks },
    ...{ first_seen: version.createdAt, last_updated: item?.last_used_at ?? version.createdAt },
    ...{ skill_dir: folder, origin, generation, parent_skill_ids: parents, score },
    ...{ applied_rate: round(share(applied, selections), 4) },
    ...{ completion_rate: round(share(completions, applied), 4) },
    ...{ effective_rate: round(share(completions, selections), 4) },
    ...{ fallback_rate: round(share(fallbacks, selections), 4) },
  };
}

export type OriginalSkill = ReturnType<typeof skillJson>;

export interface SkillsFilter {
  readonly activeOnly: boolean;
  readonly limit: number;
  readonly sort: string;
  readonly query: string;
}

export function listOriginalSkills(api: ApiContext, { activeOnly, limit, sort, query }: SkillsFilter) {
  const words = query.trim().toLowerCase();
  const isWanted = ({ version, item }: Row) =>
    [version.name, version.versionId, version.description, ...(item?.tags ?? [])].some((text) =>
      text.toLowerCase().includes(words),
    );
  const rows = [...rowsOf(api).values()].filter((row) => (!activeOnly || row.isActive) && isWanted(row));
  return sortSkills(rows.map(skillJson), sort).slice(0, limit);
}

function sortSkills(skills: readonly OriginalSkill[], by: string): OriginalSkill[] {
  const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const byUpdate = (a: OriginalSkill, b: OriginalSkill) => text(b.last_updated, a.last_updated);
  const byScore = (a: OriginalSkill, b: OriginalSkill) =>
    b.score - a.score || b.total_selections - a.total_selections || byUpdate(a, b);
  const byName = (a: OriginalSkill, b: OriginalSkill) => text(a.name.toLowerCase(), b.name.toLowerCase());
  return [...skills].sort(by === 'updated' ? byUpdate : by === 'name' ? byName : byScore);
}

/** `total_skills` counts the active ones: the original counted all of them twice. */
export function originalStats(api: ApiContext) {
  const rows = [...rowsOf(api).values()];
  const active = rows.filter(({ isActive }) => isActive);
  const sum = (key: keyof Rates) => rows.reduce((total, { rates }) => total + rates[key], 0);
  const origins = countOf(active.map(({ version }) => ORIGIN_RULES[version.origin].cloud));
  const { total, suggesting } = analysisCounts(api.learning.db);
  const judged = judgedVersions(api.learning.db);
  const best = sortSkills(rows.map(skillJson), 'score').slice(0, 5);
  const scores = rows.reduce((all, { score }) => all + score, 0);
  return {
    ...{
      total_skills: active.length,
      total_skills_all: rows.length,
      by_category: { workflow: active.length },
    },
    ...{ by_origin: origins, total_analyses: total, evolution_candidates: suggesting },
    unprocessed_evolution_candidates: api.learning.queue.status().pending,
    ...{ total_selections: sum('selections'), total_applied: sum('applied') },
    ...{ total_completions: sum('completions'), total_fallbacks: sum('fallbacks') },
    average_score: rows.length === 0 ? 0 : round(scores / rows.length, 1),
    skills_with_activity: rows.filter(({ rates }) => rates.selections > 0).length,
    skills_with_recent_analysis: rows.filter(({ version }) => judged.has(version.versionId)).length,
    top_by_effective_rate: best,
  };
}

function countOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export function showOriginalSkill(api: ApiContext, id: string) {
  const row = rowOf(api, id);
  const { versionId } = row.version;
  const skill = skillJson(row);
  const texts = [...api.library.read(versionId)].flatMap(([path, bytes]) => {
    const text = decodeText(bytes);
    return text === undefined ? [] : [[path, text]];
  });
  return {
    ...skill,
    lineage: {
      ...skill.lineage,
      content_diff: api.library.diff(versionId),
      content_snapshot: Object.fromEntries(texts),
    },
    recent_analyses: runsThatJudged(api.learning.db, versionId, 10).map((runId) => analysisJson(api, runId)),
    lineage_graph: originalLineage(api, id),
    source: originalSource(api, id),
  };
}

function analysisJson(api: ApiContext, runId: string) {
  const analysis = api.learning.ledger.findAnalysis(runId);
  const run = api.learning.ledger.findRun(runId);
  return {
    ...{ task_id: runId, timestamp: run?.startedAt ?? null, task_completed: analysis?.completed ?? false },
    ...{ execution_note: analysis?.note ?? '', tool_issues: [...(analysis?.toolIssues ?? [])] },
    skill_judgments: (analysis?.judgments ?? []).map(({ versionId, applied, note }) => ({
      ...{ skill_id: versionId, skill_applied: applied, note },
    })),
    evolution_suggestions: [...(analysis?.suggestions ?? [])],
    ...{ analyzed_by: analysis?.analyzedBy ?? '', analyzed_at: analysis?.analyzedAt ?? null },
  };
}

const MOST_NODES = 2_000;

export function originalLineage(api: ApiContext, id: string) {
  const { version } = rowOf(api, id);
  const rows = rowsOf(api);
  const { versions, total } = api.library.pages.lineage(version.skillId, MOST_NODES);
  const shown = new Set<string>(versions.map(({ versionId }) => versionId));
  return {
    skill_id: version.versionId,
    nodes: versions.flatMap(({ versionId }) => {
      const row = rows.get(versionId);
      if (row === undefined) return [];
      const skill = skillJson(row);
      const { skill_id, name, description, origin, generation, visibility, is_active, tags, score } = skill;
      return [
        {
          ...{
            skill_id,
            name,
            description,
            origin,
            generation,
            created_at: row.version.createdAt,
            visibility,
          },
          ...{ is_active, tags, score, effective_rate: skill.effective_rate },
          total_selections: skill.total_selections,
        },
      ];
    }),
    edges: versions.flatMap(({ versionId, parents }) =>
      parents.filter((parent) => shown.has(parent)).map((source) => ({ source, target: versionId })),
    ),
    total_nodes: total,
  };
}

/** From the library, never from the path of a row: the original read whatever file its row named. */
export function originalSource(api: ApiContext, id: string) {
  const row = rowOf(api, id);
  const bytes = api.library.readFile(row.version.versionId, SKILL_FILE);
  const content = bytes === undefined ? undefined : decodeText(bytes);
  return { exists: content !== undefined, path: skillJson(row).path, content: content ?? null };
}
