// What machines and their hub tell each other by themselves: skills for a task, counts, fixes; and nothing unasked.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { importForTask, shareWithHub } from '../../src/engine/hub/index.ts';
import { openLibraryOf } from '../../src/engine/index.ts';
import { install, libraryTarget, openHubSource } from '../../src/hub/index.ts';
import type { LearntChange } from '../../src/learning/index.ts';
import { createRedactor, plainSpawner, realWorld, silentLogger } from '../../src/lib/index.ts';
import { openTestHub, type Person, publish, skillFiles, type TestHub } from './people.ts';

const TASK =
  'Write the release notes of project Bluebird for alice@example.com from /srv/secret/plan.txt, key sk-or-v1-0123456789abcdef0123456789abcdef.';

/** One hub for all: opening its database takes seconds. Each test has a group of its own. */
const opened = openTestHub();
afterAll(async () => (await opened).close());

async function setUp() {
  const hub = await opened;
  const group = `team-${realWorld.randomHex(4)}`;
  await hub.ann.client.call('createGroup', { body: { group } });
  const ben = await hub.join(`ben-${group}`, group);
  const notes = skillFiles('release-notes', 'Group changes by area.', {
    description: 'Write release notes of a project',
  });
  const published = await publish(hub.ann.client, notes, { visibility: 'group_only', group });
  return { hub, ben, group, notes, recordId: published.record_id };
}

/** A machine of a person: a data home with a library, and all that it sends to the hub. */
function openMachine(hub: TestHub, person: Person, settings: Record<string, string | boolean>) {
  const userHome = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-machine-')));
  mkdirSync(join(userHome, 'work'));
  const config = loadConfig({
    env: {
      ...{ PATH: process.env.PATH, OPENSPACE_HOME: join(userHome, 'data') },
      ...{ OPENSPACE_API_BASE: 'http://hub.test', OPENSPACE_API_KEY: person.key },
    },
    flags: settings,
    cwd: join(userHome, 'work'),
    userHome,
  });
  const handles = openLibraryOf(config);
  onTestFinished(() => {
    handles.close();
    rmSync(userHome, { recursive: true, force: true });
  });
  const sent: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const hasText = request.headers.get('content-type')?.includes('json') === true;
    sent.push(
      `${request.method} ${new URL(request.url).pathname} ${hasText ? await request.clone().text() : ''}`,
    );
    return hub.hub.fetch(request);
  };
  const { library, ledger } = handles;
  const options = { config, library, ledger, redactor: createRedactor(), world: realWorld, fetch };
  return { ...options, options, sent };
}

const signal = new AbortController().signal;
const IMPORTS = { 'hub.task_sharing': 'words', 'hub.import_for_tasks': true };

it('a task takes a fitting skill from the hub, on trial, and sends a few words of itself', async () => {
  const { hub, ben } = await setUp();
  const machine = openMachine(hub, ben, IMPORTS);
  expect(await importForTask(TASK, signal, machine.options)).toEqual([
    expect.stringMatching(/^Took "release-notes" from the hub\. .*on trial/),
  ]);
  expect(machine.library.findSkill('release-notes')).toMatchObject({
    head: undefined,
    trial: expect.any(String),
  });
  expect(machine.sent[0]).toContain('notes');
  expect(machine.sent.join('\n')).not.toMatch(/alice|srv|secret|sk-or|0123456789/);
  expect(await importForTask(TASK, signal, machine.options)).toEqual([]);
});

it.each([[{}], [{ 'hub.import_for_tasks': true }], [{ 'hub.task_sharing': 'text' }]])(
  'with the settings %j a task sends nothing to the hub',
  async (settings) => {
    const { hub, ben } = await setUp();
    const machine = openMachine(hub, ben, settings);
    expect(await importForTask(TASK, signal, machine.options)).toEqual([]);
    expect(machine.sent).toEqual([]);
  },
);

it('a hub that does not answer costs the task a note', async () => {
  const { hub, ben } = await setUp();
  const machine = openMachine(hub, ben, IMPORTS);
  const fetch = () => Promise.reject(new TypeError('fetch failed'));
  expect(await importForTask(TASK, signal, { ...machine.options, fetch })).toEqual([
    expect.stringContaining('The skill hub could not be asked'),
  ]);
});

/** Ben's machine with the skill installed and trusted. */
async function openUser(settings: Record<string, string | boolean>) {
  const world = await setUp();
  const machine = openMachine(world.hub, world.ben, settings);
  const { config, library, fetch } = machine;
  const cacheFolder = join(config.home, 'cache', 'hub');
  const sourceWorld = {
    ...{ fetch, spawner: plainSpawner, env: {}, cacheFolder, signal, log: silentLogger },
    keyFor: () => world.ben.key,
  };
  const source = openHubSource('http://hub.test', sourceWorld);
  const target = libraryTarget(library, config.home, { trust: true });
  await install(
    { target, sources: [source], sourceWorld, world: realWorld, cacheFolder },
    source,
    world.recordId,
  );
  machine.sent.length = 0;
  const skill = library.pickSkill('release-notes');
  return { ...world, machine, skill, head: skill.head ?? expect.fail('not trusted') };
}

it('how a skill did is told as counts, each use once, and only when the user wants it', async () => {
  const { machine, hub, skill, head, recordId } = await openUser({ 'hub.share_results': true });
  const use = (runId: string, completed: boolean) => {
    const { ledger } = machine;
    ledger.recordRun({
      ...{ runId, source: 'openspace', purpose: 'task', task: TASK, model: 'm', status: 'done' },
      ...{ startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:01:00Z', attempts: [] },
    });
    ledger.recordUses(runId, [{ attempt: 1, versionId: head, skillId: skill.skillId, how: 'chosen' }]);
    ledger.recordAnalysis({
      ...{ runId, completed, note: 'private', toolIssues: [], suggestions: [], analyzedBy: 'm' },
      ...{ analyzedAt: '2026-01-01T00:02:00Z', judgments: [{ versionId: head, applied: true, note: '' }] },
    });
  };
  const quality = async () =>
    (await hub.ann.client.call('advice', { body: { record_ids: [recordId] } })).advice[0]?.quality;
  use('run_one', true);
  use('run_two', false);
  await shareWithHub(signal, { ...machine.options, changes: [] });
  await shareWithHub(signal, { ...machine.options, changes: [] });
  expect(machine.sent).toHaveLength(1);
  expect(machine.sent[0]).not.toMatch(/Bluebird|private/);
  use('run_three', true);
  await shareWithHub(signal, { ...machine.options, changes: [] });
  await expect.poll(quality).toMatchObject({ uses: 3, successes: 2 });

  const silent = await openUser({});
  await shareWithHub(signal, { ...silent.machine.options, changes: [] });
  expect(silent.machine.sent).toEqual([]);
});

it('a fix that is trusted here is offered once, with what the gate measured', async () => {
  const { machine, hub, head, recordId, notes } = await openUser({ 'hub.offer_fixes': true });
  const { library } = machine;
  const files = new Map(notes).set(
    'SKILL.md',
    Buffer.concat([notes.get('SKILL.md') ?? Buffer.alloc(0), Buffer.from('Name the authors.\n')]),
  );
  const fixed = await library.commit({
    ...{ origin: 'fixed', parents: [head], files, reason: 'authors were missing', author: 'learning' },
    state: 'trusted',
  });
  const versionId = fixed.ok ? fixed.version.versionId : expect.fail(fixed.reason);
  const arms = [
    { arm: 'current', runIds: ['a'], passed: 0, runs: 2, tokens: 1, turns: 1 },
    { arm: 'candidate', runIds: ['b'], passed: 2, runs: 2, tokens: 1, turns: 1 },
  ];
  const change: LearntChange = {
    ...{ changeId: 'change_1', topicId: null, kind: 'fix', state: 'committed', skillId: null },
    ...{ parents: [head], versionId, direction: '', summary: 'Names the authors', evidence: [], files },
    verdict: { decision: 'trusted', reasons: [], report: { cases: [{ arms }] } },
    ...{ reason: '', tokens: 0, costUsd: null, changedLines: 1, createdAt: new Date(), decidedAt: null },
    decidedBy: null,
  };
  const share = () => shareWithHub(signal, { ...machine.options, changes: [change] });
  expect(await share()).toEqual([expect.stringContaining('Offered the fix of "release-notes"')]);
  expect(await share()).toEqual([]);
  const proposals = await hub.ann.client.call('listProposals', { query: {} });
  expect(proposals).toHaveLength(1);
  const [proposal] = proposals;
  expect(proposal).toMatchObject({
    target_record_id: recordId,
    record: { change_summary: 'Names the authors' },
  });
  expect(JSON.parse(proposal?.attestations[0]?.statement ?? '{}')).toMatchObject({
    ...{ evaluator: 'openspace-gate', cases: 1, passed: 1, baseline_passed: 0 },
  });
});
