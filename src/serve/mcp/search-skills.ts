// search_skills: the local library without a model, and the hub where one is set up.
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { openLibraryOf } from '../../engine/library/index.ts';
import { oneLine } from '../../lib/index.ts';
import type { Library, SearchHit } from '../../skills/index.ts';
import type { ArgumentsOf, CallContext, ToolWorld } from './call-tool.ts';
import { mayUseHub } from './hub-hint.ts';
import type { Fields } from './task-report.ts';
import { answer, type ToolAnswer } from './tool-result.ts';

const DEFAULT_LIMIT = 20;
/** Characters that all descriptions together may take, so that a page of results fits every host. */
const DESCRIPTIONS_LIMIT = 4_000;

export async function searchSkills(
  args: ArgumentsOf<'search_skills'>,
  world: ToolWorld,
  { signal }: CallContext,
): Promise<ToolAnswer> {
  const { query, source = 'all', limit = DEFAULT_LIMIT, auto_import: autoImport = true } = args;
  if (query.trim() === '' || !['all', 'local', 'cloud'].includes(source))
    return answer({ results: [], count: 0 });
  const config = world.config();
  const { library, close } = openLibraryOf(config);
  try {
    const useHub = source !== 'local' && mayUseHub(config);
    const fromHub = useHub
      ? await (await import('./search-hub.ts')).searchHub({
          query,
          limit,
          autoImport,
          config,
          library,
          signal,
        })
      : undefined;
    const local = source === 'cloud' ? [] : await searchLocal(query, limit, library);
    const results = mergeResults(local, fromHub?.results ?? [], limit);
    return answer({
      count: results.length,
      ...(fromHub?.note === undefined ? noteOf(source, config) : { note: fromHub.note }),
      ...(fromHub === undefined || fromHub.imported.length === 0
        ? {}
        : { auto_import_summary: fromHub.imported }),
      results,
    });
  } finally {
    close();
  }
}

const noteOf = (source: string, config: Config): Fields =>
  source === 'cloud' && !mayUseHub(config)
    ? { note: 'No skill hub is set up: openspace hub login <address>, or OPENSPACE_API_KEY.' }
    : {};

async function searchLocal(query: string, limit: number, library: Library): Promise<Fields[]> {
  await library.sync();
  const hits = library.search(query, { limit });
  const width = Math.max(80, Math.floor(DESCRIPTIONS_LIMIT / Math.max(1, hits.length)));
  return hits.map((hit) => describeHit(hit, library, width));
}

function describeHit(hit: SearchHit, library: Library, width: number): Fields {
  const skill = library.getSkill(hit.skillId);
  return {
    skill_id: hit.versionId,
    name: hit.name,
    description: oneLine(hit.description, width),
    source: 'openspace-local',
    score: Math.round(hit.confidence * 10_000) / 10_000,
    ...(skill.folder === undefined
      ? { state: 'on trial: execute_task may use it, it has no folder yet' }
      : { path: join(skill.folder, 'SKILL.md'), local_path: skill.folder }),
    ...(skill.tags.length === 0 ? {} : { tags: skill.tags.slice(0, 8) }),
  };
}

/** Best first; a hub's skill that is in the library already is shown once. */
function mergeResults(local: readonly Fields[], hub: readonly Fields[], limit: number): Fields[] {
  const names = new Set(local.map((entry) => entry.name));
  const others = hub.filter((entry) => !names.has(entry.name));
  return [...local, ...others].sort((a, b) => Number(b.score) - Number(a.score)).slice(0, limit);
}
