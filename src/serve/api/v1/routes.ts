// The original's ten routes at `/api/v1`, with its field names: for tools that were written against them.
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import type { Hono } from 'hono';
import { isAbsent, isPlainRelativePath, OpenSpaceError, pathInside } from '../../../lib/index.ts';
import { readArtifact, runsFolder } from '../../../recording/index.ts';
import { artifactResponse } from '../artifact.ts';
import type { ApiContext } from '../context.ts';
import {
  listOriginalSkills,
  originalLineage,
  originalSource,
  originalStats,
  showOriginalSkill,
} from './skills.ts';
import { artifactPlace, listWorkflows, showWorkflow } from './workflows.ts';

const V1 = '/api/v1';

export function addOriginalRoutes(app: Hono, api: ApiContext): void {
  const { home } = api.openSpace.config;
  const dbPath = api.learning.db.path;
  const health = () => ({
    ...{ status: 'ok', project_root: api.openSpace.config.cwd, db_path: dbPath, db_exists: true },
    ...{ frontend_dist_exists: true, workflow_roots: [runsFolder(home)] },
    workflow_count: listWorkflows(api).length,
  });
  app.get(`${V1}/health`, () => Response.json(health()));
  app.get(`${V1}/overview`, () => Response.json(overview(api, dbPath)));
  app.get(`${V1}/skills`, ({ req }) => {
    const activeOnly = !/^(?:0|false|no|off)$/i.test(req.query('active_only') ?? 'true');
    const wanted = Number.parseInt(req.query('limit') ?? '100', 10);
    const limit = Number.isNaN(wanted) ? 100 : Math.max(0, wanted);
    const items = listOriginalSkills(api, {
      ...{ activeOnly, limit, sort: req.query('sort') ?? 'score', query: req.query('query') ?? '' },
    });
    return Response.json({ items, count: items.length, active_only: activeOnly });
  });
  app.get(`${V1}/skills/stats`, () => Response.json(originalStats(api)));
  app.get(`${V1}/skills/:id/lineage`, ({ req }) => Response.json(originalLineage(api, req.param('id'))));
  app.get(`${V1}/skills/:id/source`, ({ req }) => Response.json(originalSource(api, req.param('id'))));
  app.get(`${V1}/skills/:id`, ({ req }) => Response.json(showOriginalSkill(api, req.param('id'))));
  app.get(`${V1}/workflows`, () => {
    const items = listWorkflows(api);
    return Response.json({ items, count: items.length });
  });
  app.get(`${V1}/workflows/:id/artifacts/:file{.+}`, ({ req }) =>
    showArtifact(api, req.param('id'), req.param('file')),
  );
  app.get(`${V1}/workflows/:id`, ({ req }) => Response.json(showWorkflow(api, req.param('id'))));
}

/** The static list of stages that the original sent. */
const PIPELINE = [
  ['initialize', 'Initialise', 'Settings, library and tools are opened.'],
  ['select-skills', 'Select skills', 'Skills that fit the task are searched and chosen.'],
  ['phase-1-skill', 'First attempt', 'The task is done with the chosen skills.'],
  ['phase-2-fallback', 'Second attempt', 'If that fails, it is done without skills.'],
  ['analysis', 'Analysis', 'The recording is judged.'],
  ['evolution', 'Evolution', 'Skills are mended, derived or captured, and proved.'],
].map(([id, title, description]) => ({ id, title, description }));

function overview(api: ApiContext, dbPath: string) {
  const all = { activeOnly: true, limit: 5, query: '' };
  const stats = originalStats(api);
  const workflows = listWorkflows(api);
  const rates = workflows.reduce((sum, { success_rate }) => sum + success_rate, 0);
  return {
    health: { status: 'ok', db_path: dbPath, workflow_count: workflows.length, frontend_dist_exists: true },
    pipeline: PIPELINE,
    skills: {
      ...{ summary: stats, average_score: stats.average_score },
      top: listOriginalSkills(api, { ...all, sort: 'score' }),
      recent: listOriginalSkills(api, { ...all, sort: 'updated' }),
    },
    workflows: {
      total: workflows.length,
      average_success_rate:
        workflows.length === 0 ? 0 : Number(((rates / workflows.length) * 100).toFixed(1)),
      recent: workflows.slice(0, 5),
    },
  };
}

const MOST_BYTES = 64 * 2 ** 20;

/** Files of the original's recording may have any name, but have to lie in its folder, links followed. */
function showArtifact(api: ApiContext, id: string, file: string): Response {
  const missing = () => new OpenSpaceError('not-found', 'There is no such artifact.');
  const { folder, isOriginal } = artifactPlace(api, id);
  if (!isOriginal) {
    const bytes = readArtifact(folder, file);
    if (bytes === undefined) throw missing();
    return artifactResponse(file, bytes);
  }
  if (!isPlainRelativePath(file)) throw missing();
  try {
    const path = pathInside(realpathSync(folder), file);
    const stats = lstatSync(path);
    if (!stats.isFile() || stats.size > MOST_BYTES || realpathSync(path) !== path) throw missing();
    return artifactResponse(file, readFileSync(path));
  } catch (error) {
    if (isAbsent(error)) throw missing();
    throw error;
  }
}
