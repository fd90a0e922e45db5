// The original's ten routes on its own libraries, imported: same addresses, same field names.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { importOriginal } from '../../src/engine/index.ts';
import { describeWith, testData } from '../support/needs.ts';
import { addTurn, beginRun, endRun, startDashboard, type TestDashboard } from './support.ts';

const Skill = z.object({
  ...{
    skill_id: z.string(),
    name: z.string(),
    description: z.string(),
    path: z.string(),
    is_active: z.boolean(),
  },
  ...{
    category: z.enum(['workflow', 'tool_guide', 'reference']),
    tags: z.array(z.string()),
    visibility: z.string(),
  },
  ...{ creator_id: z.string(), tool_dependencies: z.array(z.string()), critical_tools: z.array(z.string()) },
  lineage: z.object({
    ...{ origin: z.enum(['imported', 'captured', 'derived', 'fixed']), generation: z.number() },
    ...{
      parent_skill_ids: z.array(z.string()),
      source_task_id: z.string().nullable(),
      change_summary: z.string(),
    },
    ...{ content_diff: z.string(), content_snapshot: z.record(z.string(), z.string()) },
    ...{ created_at: z.string(), created_by: z.string() },
  }),
  ...{ total_selections: z.number(), total_applied: z.number(), total_completions: z.number() },
  ...{ total_fallbacks: z.number(), first_seen: z.string(), last_updated: z.string(), skill_dir: z.string() },
  ...{ origin: z.string(), generation: z.number(), parent_skill_ids: z.array(z.string()), score: z.number() },
  ...{
    applied_rate: z.number(),
    completion_rate: z.number(),
    effective_rate: z.number(),
    fallback_rate: z.number(),
  },
});
const Lineage = z.object({
  skill_id: z.string(),
  nodes: z.array(
    z.object({ skill_id: z.string(), generation: z.number(), is_active: z.boolean(), score: z.number() }),
  ),
  edges: z.array(z.object({ source: z.string(), target: z.string() })),
  total_nodes: z.number(),
});
const Stats = z.object({
  ...{ total_skills: z.number(), total_skills_all: z.number(), total_analyses: z.number() },
  ...{ by_category: z.record(z.string(), z.number()), by_origin: z.record(z.string(), z.number()) },
  ...{ evolution_candidates: z.number(), unprocessed_evolution_candidates: z.number() },
  ...{ total_selections: z.number(), total_applied: z.number(), total_completions: z.number() },
  ...{ total_fallbacks: z.number(), average_score: z.number(), skills_with_activity: z.number() },
  ...{ skills_with_recent_analysis: z.number(), top_by_effective_rate: z.array(Skill).length(5) },
});
const Workflow = z.object({
  ...{
    id: z.string(),
    path: z.string(),
    task_id: z.string(),
    task_name: z.string(),
    instruction: z.string(),
  },
  ...{ status: z.string(), iterations: z.number(), execution_time: z.number(), start_time: z.string() },
  ...{ end_time: z.string().nullable(), total_steps: z.number(), success_count: z.number() },
  ...{ success_rate: z.number(), backend_counts: z.record(z.string(), z.number()) },
  ...{
    tool_counts: z.record(z.string(), z.number()),
    agent_action_count: z.number(),
    has_video: z.boolean(),
  },
  ...{ video_url: z.null(), screenshot_count: z.number(), selected_skills: z.array(z.string()) },
});
const WorkflowDetail = Workflow.extend({
  ...{ metadata: z.looseObject({}), statistics: z.looseObject({}), plans: z.array(z.unknown()) },
  trajectory: z.array(
    z.object({
      step: z.number(),
      backend: z.string(),
      tool: z.string(),
      command: z.string(),
      screenshot_url: z.null(),
    }),
  ),
  ...{
    decisions: z.array(z.unknown()),
    agent_actions: z.array(z.unknown()),
    agent_statistics: z.looseObject({}),
  },
  timeline: z.array(
    z.object({ timestamp: z.string().nullable(), type: z.string(), label: z.string(), status: z.string() }),
  ),
  artifacts: z.object({
    screenshots: z.array(z.object({ name: z.string(), url: z.string() })),
    video_url: z.null(),
  }),
});

describeWith(['data'], 'the original’s routes', () => {
  let own: TestDashboard;
  let recording: string;
  const get = async (path: string): Promise<unknown> => {
    const response = await own.fetch(`/api/v1${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const skills = async (query = '') =>
    z
      .object({ items: z.array(Skill), count: z.number(), active_only: z.boolean() })
      .parse(await get(`/skills${query}`));

  beforeAll(async () => {
    own = await startDashboard();
    recording = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-original-')));
    writeRecording(join(recording, 'task_one_20260301'));
    const { db, library, ledger } = own.openSpace.learning().deps;
    await importOriginal({ db, library, ledger, path: join(testData, 'openspace-v1', 'gdpval.db') });
    await importOriginal({ db, library, ledger, path: recording });
  });
  afterAll(async () => {
    await own.close();
    rmSync(recording, { recursive: true, force: true });
  });

  it('tell health and overview', async () => {
    expect(await get('/health')).toMatchObject({
      status: 'ok',
      db_exists: true,
      workflow_roots: [expect.any(String)],
    });
    const overview = z.object({
      health: z.object({ status: z.string(), workflow_count: z.number() }),
      pipeline: z.array(z.object({ id: z.string(), title: z.string(), description: z.string() })).length(6),
      skills: z.object({
        summary: Stats,
        average_score: z.number(),
        top: z.array(Skill).max(5),
        recent: z.array(Skill).max(5),
      }),
      workflows: z.object({
        total: z.number(),
        average_success_rate: z.number(),
        recent: z.array(Workflow).max(5),
      }),
    });
    overview.parse(await get('/overview'));
  });

  it('list what the original called skills: its 226 records, and the four whose folders had been edited by hand', async () => {
    const all = await skills('?active_only=false&limit=1000');
    const { db } = own.openSpace.learning().deps;
    const edited = db.all("SELECT 1 FROM skills_versions WHERE origin = 'edited' AND author = 'disk'");
    expect([all.count, edited.length]).toEqual([226 + 4, 4]);
    const stats = Stats.parse(await get('/skills/stats'));
    // Three of the active ones hold prose in place of a skill and are quarantined.
    expect(stats).toMatchObject({ total_skills_all: 230, total_skills: 206 - 3 });
    const active = await skills('?limit=1000');
    expect(active).toMatchObject({ active_only: true, count: stats.total_skills });
    expect((await skills()).count).toBe(100);
  });

  it('sort by score, update and name, and search in name, id, description and tags', async () => {
    const scores = (await skills('?sort=score&limit=20')).items.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores[0]).toBeGreaterThan(0);
    const names = (await skills('?sort=name&limit=20')).items.map(({ name }) => name.toLowerCase());
    expect(names).toEqual(names.toSorted());
    const { items } = await skills('?query=PDF&limit=5');
    for (const item of items) expect(JSON.stringify(item).toLowerCase()).toContain('pdf');
  });

  it('show one with analyses, lineage and source', async () => {
    const [first] = (await skills('?sort=score&limit=1')).items;
    const id = encodeURIComponent(first?.skill_id ?? '');
    const Analysis = z.object({
      task_id: z.string(),
      task_completed: z.boolean(),
      execution_note: z.string(),
      skill_judgments: z.array(
        z.object({ skill_id: z.string(), skill_applied: z.boolean(), note: z.string() }),
      ),
    });
    const detail = Skill.extend({
      recent_analyses: z.array(Analysis).min(1).max(10),
      lineage_graph: Lineage,
      source: z.looseObject({}),
    }).parse(await get(`/skills/${id}`));
    expect(detail.lineage.content_snapshot['SKILL.md']).toContain('name:');
    expect(Lineage.parse(await get(`/skills/${id}/lineage`))).toEqual(detail.lineage_graph);
    expect(await get(`/skills/${id}/source`)).toMatchObject({
      exists: true,
      content: expect.stringContaining('name:'),
    });
    expect((await own.fetch('/api/v1/skills/nobody')).status).toBe(404);
  });

  it('show our runs as workflows', async () => {
    const recorder = beginRun(own.home, 'Our own task');
    addTurn(recorder, 1, 'a.txt');
    const id = endRun(recorder);
    const detail = WorkflowDetail.parse(await get(`/workflows/${id}`));
    expect(detail).toMatchObject({
      status: 'success',
      total_steps: 1,
      success_count: 1,
      tool_counts: { run_shell: 1 },
    });
    expect(detail.timeline.map(({ type }) => type)).toEqual(['agent_action', 'tool_execution']);
    const { items } = z
      .object({ items: z.array(Workflow), count: z.number() })
      .parse(await get('/workflows'));
    expect(items[0]?.id).toBe(id);
    // 90 runs of the database, a recording, and our own.
    expect(items.length).toBe(92);
  });

  it('show an imported recording with its steps and screenshots, from where it lies', async () => {
    const detail = WorkflowDetail.parse(await get('/workflows/task_one'));
    expect(detail).toMatchObject({
      instruction: 'Count the lines',
      total_steps: 2,
      success_count: 1,
      screenshot_count: 1,
    });
    const url = detail.artifacts.screenshots[0]?.url ?? '';
    expect(await (await own.fetch(url)).text()).toBe('png');
    expect(await own.ask('run', { id: 'task_one' })).toMatchObject({
      source: 'imported',
      task: 'Count the lines',
    });
  });
});

function writeRecording(folder: string): void {
  mkdirSync(join(folder, 'screenshots'), { recursive: true });
  const step = (number: number, status: string) =>
    JSON.stringify({
      ...{
        step: number,
        timestamp: `2026-03-01T10:00:0${number}`,
        backend: 'shell',
        tool: 'run',
        command: 'wc -l a',
      },
      result: { status, output: '3 a' },
    });
  writeFileSync(
    join(folder, 'metadata.json'),
    JSON.stringify({
      ...{ task_id: 'task_one', instruction: 'Count the lines', start_time: '2026-03-01T10:00:00' },
      ...{ end_time: '2026-03-01T10:01:00', execution_outcome: { status: 'success', iterations: 2 } },
    }),
  );
  writeFileSync(join(folder, 'traj.jsonl'), `${step(1, 'success')}\n${step(2, 'error')}\n`);
  writeFileSync(join(folder, 'screenshots', 'step_001.png'), 'png');
}
