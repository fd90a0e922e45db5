// The API over HTTP on a real data home: every answer is checked against the contract.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LiveEvent, ROUTES, type RouteName, RunEvent } from '../../src/serve/api/contract.ts';
import { encodeText } from '../../src/skills/index.ts';
import {
  addSkill,
  addTurn,
  beginRun,
  endRun,
  eventsOf,
  skillText,
  startDashboard,
  type TestDashboard,
} from './support.ts';

const OpenApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.unknown() }))),
});

describe('an empty home', () => {
  let home_: TestDashboard;
  beforeAll(async () => {
    home_ = await startDashboard();
  });
  afterAll(() => home_.close());

  const WITHOUT_ID: RouteName[] = ['about', 'overview', 'skills', 'runs', 'proposals', 'settings'];
  it.each(WITHOUT_ID)('answers %s in the form of the contract', async (name) => {
    await home_.ask(name);
  });

  it('counts nothing, and has a day for each day', async () => {
    const overview = await home_.ask('overview', { query: { days: 7 } });
    expect(overview.skills.all).toBe(0);
    expect(overview.runs.success.rate).toBeNull();
    expect(overview.days).toHaveLength(7);
  });

  it.each(['skill', 'run', 'proposal', 'skillLineage', 'runTimeline'] as const)(
    'says not-found in JSON for an unknown %s',
    async (name) => {
      const response = await home_.fetch(ROUTES[name].path.replace('{id}', 'nobody'));
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        error: { code: 'not-found', message: expect.any(String) },
      });
    },
  );

  it('says what there is instead of an unknown route, and that a method is not taken', async () => {
    expect((await home_.fetch('/api/v2/nothing')).status).toBe(404);
    expect((await home_.fetch('/api/v2/overview', { method: 'DELETE' })).status).toBe(405);
  });

  it.each([
    ['limit that is no number', '/api/v2/skills?limit=many'],
    ['limit above the most', '/api/v2/runs?limit=100000'],
    ['sort that is not there', '/api/v2/skills?sort=luck'],
    ['cursor of somebody else', '/api/v2/skills?cursor=abc'],
  ])('refuses a %s with usage', async (_, path) => {
    const response = await home_.fetch(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'usage' } });
  });

  it('describes every route in its OpenAPI document', async () => {
    const { paths } = OpenApi.parse(await (await home_.fetch('/api/v2/openapi.json')).json());
    for (const { path, method } of Object.values(ROUTES))
      expect(paths[path]?.[method.toLowerCase()]?.responses).toBeDefined();
  });

  it('says how to set a model up where one is needed', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await home_.fetch('/api/v2/runs', { method: 'POST', headers, body: '{"task":"x"}' });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ error: { code: 'config', hint: expect.any(String) } });
  });

  it('examines the set-up without a call', async () => {
    const { checks } = await home_.ask('doctor', { body: { offline: true } });
    expect(checks.length).toBeGreaterThan(2);
  });
});

describe('secrets', () => {
  it('are shown by their length only, those in tables not at all', async () => {
    const key = 'sk-or-v1-0123456789abcdef0123456789abcdef';
    const servers = JSON.stringify({ mcpServers: { a: { command: 'x', env: { TOKEN: 'hush-hush-hush' } } } });
    const own = await startDashboard({ OPENSPACE_LLM_API_KEY: key, OPENSPACE_MCP_SERVERS_JSON: servers });
    try {
      const { items } = await own.ask('settings');
      const text = JSON.stringify(items);
      expect(text).not.toContain(key);
      expect(text).not.toContain('hush-hush');
      expect(items.find((item) => item.key === 'llm.api_key')).toMatchObject({
        is_secret: true,
        origin: expect.stringContaining('OPENSPACE_LLM_API_KEY'),
      });
    } finally {
      await own.close();
    }
  });
});

describe('a library', () => {
  let own: TestDashboard;
  beforeEach(async () => {
    own = await startDashboard();
  });
  afterEach(() => own.close());

  it('is listed a page at a time, without gaps or repetitions, by every order', async () => {
    for (let n = 0; n < 25; n += 1) await addSkill(own.openSpace, `skill-${String(n).padStart(2, '0')}`);
    for (const sort of ['name', 'updated', 'uses', 'success', 'last-used'] as const) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await own.ask('skills', { query: { sort, limit: 10, cursor } });
        expect(page.total).toBe(25);
        names.push(...page.items.map(({ name }) => name));
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      expect(new Set(names).size).toBe(25);
      expect(names).toHaveLength(25);
    }
  });

  it('is searched by the real search, with reasons, within the filters', async () => {
    await addSkill(own.openSpace, 'pdf-report', 'Make a PDF report from a table with page numbers.');
    await addSkill(own.openSpace, 'audio-mix', 'Mix audio tracks.');
    const found = await own.ask('skills', { query: { q: 'pdf reports' } });
    expect(found.items[0]).toMatchObject({ name: 'pdf-report', fit: expect.any(Number) });
    const { skill_id: id } = found.items[0] ?? { skill_id: '' };
    await own.ask('archive', { id, body: { on: true } });
    expect(
      (await own.ask('skills', { query: { q: 'pdf reports' } })).items.map(({ name }) => name),
    ).not.toContain('pdf-report');
    const archived = await own.ask('skills', { query: { q: 'pdf reports', state: 'archived' } });
    expect(archived.items.map(({ name }) => name)).not.toContain('audio-mix');
    expect(archived.counts).toMatchObject({ archived: 1, usable: 1, all: 2 });
  });

  it('is edited, checked, restored, pinned, archived and undone by a person', async () => {
    const first = await addSkill(own.openSpace, 'count-words', 'Use `wc -w`.');
    const id = first.skillId;
    const skill = await own.ask('skill', { id });
    expect(skill).toMatchObject({
      standing: 'trusted',
      head: first.versionId,
      text: expect.stringContaining('wc -w'),
    });

    const broken = { 'SKILL.md': 'no front matter' };
    const checked = await own.ask('edit', { id, body: { files: broken, head: skill.head, dry_run: true } });
    expect(checked).toMatchObject({ ok: false, version_id: null });
    expect((await own.ask('skill', { id })).versions).toBe(1);

    const better = {
      'SKILL.md': skillText('count-words', 'Use `awk`.'),
      'notes/why.md': 'It is everywhere.',
    };
    const edited = await own.ask('edit', {
      id,
      body: { files: better, head: skill.head, reason: 'awk is everywhere' },
    });
    expect(edited).toMatchObject({ ok: true, reason: null });
    const stale = await own.ask('edit', { id, body: { files: broken, head: skill.head } });
    expect(stale).toMatchObject({ ok: false, reason: 'stale-head' });

    const diff = await own.ask('skillDiff', { id });
    expect(diff).toMatchObject({ before: first.versionId, after: edited.version_id, removed_lines: 1 });
    expect(diff.diff).toContain('+Use `awk`.');
    const blame = await own.ask('skillBlame', { id });
    expect(blame.lines.find(({ text }) => text.includes('awk'))?.version_id).toBe(edited.version_id);
    expect(blame.versions.map(({ version_id }) => version_id)).toContain(first.versionId);
    expect(await own.ask('skillFile', { id, query: { path: 'notes/why.md' } })).toMatchObject({
      text: 'It is everywhere.',
    });

    const back = await own.ask('restore', { id, body: { version_id: first.versionId } });
    expect(back.skill).toMatchObject({ versions: 3, version_number: 3, origin: 'restored' });
    expect((await own.ask('pin', { id, body: { on: true } })).skill.pinned).toBe(true);
    expect((await own.ask('archive', { id, body: { on: true } })).skill.standing).toBe('archived');
    expect((await own.ask('undo', { id })).skill.standing).toBe('trusted');

    const changes = await own.ask('skillChanges', { id, query: { limit: 2 } });
    expect(changes.items).toHaveLength(2);
    const rest = await own.ask('skillChanges', {
      id,
      query: { limit: 50, cursor: changes.next ?? undefined },
    });
    expect(changes.items.length + rest.items.length).toBe(6);
    expect(own.told).toEqual([]);
  });

  it('shows 500 versions by pages and as a graph, parents before children', async () => {
    const version = (n: number) => `long__v${n}_${String(n).padStart(8, '0')}` as never;
    await own.openSpace.library().addHistories([
      {
        versions: Array.from({ length: 500 }, (_, n) => ({
          ...{
            versionId: version(n),
            name: 'long',
            description: 'Long.',
            tags: [],
            state: 'trusted',
            author: 'test',
          },
          ...{
            origin: n === 0 ? 'imported' : 'edited',
            parents: n === 0 ? [] : [version(n - 1)],
            evidence: null,
          },
          ...{ reason: `Step ${n}`, createdAt: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString() },
          files: new Map([['SKILL.md', encodeText(skillText('long', `Step ${n}.`))]]),
        })),
      },
    ]);
    const [skill] = (await own.ask('skills')).items;
    const id = skill?.skill_id ?? '';
    const page = await own.ask('skillVersions', { id, query: { limit: 200 } });
    expect(page).toMatchObject({ total: 500 });
    expect(page.items[0]).toMatchObject({ number: 500, is_head: true, parents: [version(498)] });
    const { nodes, edges, total } = await own.ask('skillLineage', { id });
    expect([nodes.length, edges.length, total]).toEqual([500, 499, 500]);
    const place = new Map(nodes.map((node, index) => [node.version_id, index]));
    expect(edges.every(({ from, to }) => (place.get(from) ?? 0) < (place.get(to) ?? 0))).toBe(true);
    expect((await own.ask('skillLineage', { id, query: { limit: 100 } })).nodes).toHaveLength(100);
  });

  it('shows what another process has written since', async () => {
    expect((await own.ask('skills')).total).toBe(0);
    const other = await startDashboardOnSameHome(own);
    await addSkill(other.openSpace, 'from-elsewhere');
    expect((await own.ask('skills')).items.map(({ name }) => name)).toEqual(['from-elsewhere']);
    await other.close();
  });
});

/** A second process would open the same database; here a second connection does. */
async function startDashboardOnSameHome({ openSpace }: TestDashboard) {
  const { openOpenSpace } = await import('../../src/engine/index.ts');
  const second = await openOpenSpace({ config: openSpace.config });
  return { openSpace: second, close: () => second.close() };
}

describe('runs', () => {
  let own: TestDashboard;
  beforeEach(async () => {
    own = await startDashboard();
  });
  afterEach(() => own.close());

  it('are shown with the choice, the reasons, attempts, tools and what they cost', async () => {
    const version = await addSkill(own.openSpace, 'list-files');
    const recorder = beginRun(own.home, 'List the files', [version]);
    addTurn(recorder, 1, 'a.txt');
    recorder.write({
      ...{ type: 'files-changed', attempt: 1, applied: true, left: [] },
      changes: [{ path: 'a.txt', change: 'added', diff: '+a' }],
    });
    const id = endRun(recorder, 'There is a.txt.');
    own.openSpace.learning().noteRun(id);
    const run = await own.ask('run', { id });
    expect(run).toMatchObject({
      ...{ status: 'done', answer: 'There is a.txt.', can_cancel: false, analysis: null },
      choice: {
        how: 'model',
        considered: [{ name: 'list-files', reason: 'it fits', score: 0.9, picked: true }],
      },
      attempts: [
        { attempt: 1, applied: true, turns: 1, changes: [{ path: 'a.txt' }], usage: { input_tokens: 90 } },
      ],
      tools: [{ name: 'run_shell', calls: 1, errors: 0 }],
      skills: [{ name: 'list-files' }],
    });
    const { items } = await own.ask('runs', { query: { skill: version.skillId } });
    expect(items.map(({ run_id }) => run_id)).toEqual([id]);
    expect((await own.ask('skillUses', { id: version.skillId })).items.map(({ how }) => how)).toContain(
      'chosen',
    );
    expect(await own.ask('skill', { id: version.skillId })).toMatchObject({
      uses: 1,
      success: { runs: 1, successes: 1 },
    });
    const first = await own.ask('runTimeline', { id, query: { limit: 3 } });
    expect(first.next).toBe(3);
    const rest = await own.ask('runTimeline', { id, query: { from: 3 } });
    expect([...first.events, ...rest.events].map(({ seq }) => seq)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].slice(0, run.next_seq),
    );
  });

  it('of any id are found, and listed in one order with imported ones', async () => {
    const { ledger } = own.openSpace.learning().deps;
    const strange = 'a/b?c#d%20é ../x';
    const imported = (runId: string, startedAt: string) =>
      ledger.recordRun({
        ...{
          runId,
          source: 'original',
          purpose: 'task',
          task: 'Old task',
          model: null,
          status: 'done',
          startedAt,
        },
        ...{ endedAt: null, attempts: [] },
      });
    imported(strange, '2020-01-01T00:00:00.000Z');
    imported('future', '2999-01-01T00:00:00.000Z');
    const ids = ['first', 'second', 'third'].map((task) => endRun(beginRun(own.home, task)));
    expect(await own.ask('run', { id: strange })).toMatchObject({
      run_id: strange,
      source: 'imported',
      task: 'Old task',
    });
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await own.ask('runs', { query: { limit: 2, cursor } });
      listed.push(...page.items.map(({ run_id }) => run_id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(listed[0]).toBe('future');
    expect(listed.at(-1)).toBe(strange);
    expect(listed.slice(1, -1).toSorted()).toEqual(ids.toSorted());
    const { items } = await own.ask('runs', { query: { q: 'SECOND' } });
    expect(items.map(({ task }) => task)).toEqual(['second']);
  });

  it('are followed live, and picked up again after the event that was seen last', async () => {
    const recorder = beginRun(own.home, 'Go on');
    const id = recorder.header.runId;
    const stream = await own.fetch(`/api/v2/runs/${id}/events`);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const seen: string[] = [];
    for await (const { id: seq, data } of eventsOf(stream)) {
      seen.push(RunEvent.parse(data).type);
      if (seq === 1) addTurn(recorder, 1, 'still here');
      if (seq === 5) endRun(recorder);
    }
    expect(seen).toEqual([
      ...['skills-chosen', 'attempt-start', 'turn-start', 'model-reply', 'tool-start', 'tool-end'],
      ...['attempt-end', 'run-end'],
    ]);
    const again = await own.fetch(`/api/v2/runs/${id}/events`, { headers: { 'last-event-id': '5' } });
    const rest: number[] = [];
    for await (const event of eventsOf(again)) rest.push(event.id);
    expect(rest).toEqual([6, 7]);
  });

  it('can be asked to stop by anybody of the home', async () => {
    const recorder = beginRun(own.home, 'Wait');
    const { watchForCancel } = await import('../../src/recording/index.ts');
    const asked = new Promise<void>((done) => {
      watchForCancel(recorder.folder, done);
    });
    expect(await own.ask('cancelRun', { id: recorder.header.runId })).toMatchObject({ state: 'asked' });
    await asked;
    endRun(recorder);
    expect(await own.ask('cancelRun', { id: recorder.header.runId })).toMatchObject({ state: 'over' });
  });

  it('and changes reach a page that listens', async () => {
    const stream = await own.fetch('/api/v2/events');
    const events = eventsOf(stream);
    expect((await events.next()).value?.data.type).toBe('hello');
    const wanted = new Set(['run', 'skills', 'figures']);
    await sleep(20); // the watch has taken note of what is there
    await addSkill(own.openSpace, 'fresh');
    own.openSpace.learning().noteRun(endRun(beginRun(own.home, 'A run')));
    for await (const { data } of events) {
      wanted.delete(LiveEvent.parse(data).type);
      if (wanted.size === 0) break;
    }
    expect(wanted.size).toBe(0);
  });
});

describe('proposals', () => {
  let own: TestDashboard;
  beforeEach(async () => {
    own = await startDashboard();
  });
  afterEach(() => own.close());

  async function propose(changeId: string, body: string) {
    const { store } = own.openSpace.learning().deps;
    const version =
      (await own.openSpace.library().findSkill('count-words')) ??
      (await addSkill(own.openSpace, 'count-words'));
    const head = 'head' in version ? version.head : version.versionId;
    store.saveChange({
      ...{ changeId, topicId: null, kind: 'fix', state: 'proposed', skillId: version.skillId },
      ...{
        parents: [head ?? ''],
        versionId: null,
        direction: 'Name the tool.',
        summary: 'It names awk now.',
      },
      evidence: [{ quote: 'wc: not found', says: 'wc is missing', seq: 4 }],
      files: new Map([['SKILL.md', encodeText(skillText('count-words', body))]]),
      verdict: {
        decision: 'trial',
        reasons: ['not measured yet'],
        report: { problems: [], missing: ['no cases'] },
      },
      ...{
        reason: '',
        tokens: 1_200,
        costUsd: null,
        changedLines: 1,
        createdAt: new Date(),
        decidedAt: null,
        decidedBy: null,
      },
    });
    return version.skillId;
  }

  it('are shown with diff, evidence and verdict, and approved', async () => {
    const skillId = await propose('change_one', 'Use `awk`.');
    const { items, waiting } = await own.ask('proposals');
    expect([items.length, waiting, items[0]?.skill_name]).toEqual([1, 1, 'count-words']);
    const shown = await own.ask('proposal', { id: 'change_one' });
    expect(shown).toMatchObject({ decision: 'trial', verdict: { missing: ['no cases'], replays: [] } });
    expect(shown.diff).toContain('+Use `awk`.');
    expect((await own.ask('skill', { id: skillId })).waiting).toEqual(['change_one']);
    const done = await own.ask('approve', { id: 'change_one', body: { trusted: true } });
    expect(done).toMatchObject({ state: 'committed', decided_by: 'user' });
    expect(await own.ask('skill', { id: skillId })).toMatchObject({ head: done.version_id, proposals: 0 });
    expect(await own.ask('undoProposal', { id: 'change_one' })).toMatchObject({ state: 'undone' });
    expect((await own.ask('skill', { id: skillId })).text).not.toContain('awk');
  });

  it('are edited, rejected with a reason, and brought back', async () => {
    await propose('change_two', 'Use `awk`.');
    const edited = await own.ask('editProposal', {
      id: 'change_two',
      body: { files: { 'notes.md': 'More.' } },
    });
    expect(edited.files).toMatchObject({ 'notes.md': 'More.', 'SKILL.md': expect.stringContaining('awk') });
    const rejected = await own.ask('reject', { id: 'change_two', body: { reason: 'too vague' } });
    expect(rejected).toMatchObject({ state: 'rejected', reason: 'too vague' });
    expect((await own.ask('proposals')).items).toEqual([]);
    expect((await own.ask('proposals', { query: { state: 'decided' } })).items).toHaveLength(1);
    expect(await own.ask('undoProposal', { id: 'change_two' })).toMatchObject({ state: 'proposed' });
    const again = await own.fetch('/api/v2/proposals/change_two/undo', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(again.status).toBe(422);
  });
});
