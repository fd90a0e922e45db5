// Importing from the original: its two shipped libraries whole, and everything odd that its data is known to hold.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importOriginal } from '../../src/engine/index.ts';
import { type Ledger, openLedger } from '../../src/learning/index.ts';
import { openOriginal, packSkill, readRecords } from '../../src/skills/index.ts';
import { describeWith, testData } from '../support/needs.ts';
import {
  complaintsOf,
  fingerprint,
  newHome,
  type OpenedLibrary,
  type OriginalRow,
  openAt,
  skillFiles,
  writeFiles,
  writeOriginalDatabase,
} from './world.ts';

let opened: OpenedLibrary;
let ledger: Ledger;
beforeEach(() => {
  opened = openAt(newHome());
  ledger = openLedger(opened.db);
});
afterEach(() => {
  opened.close();
  rmSync(opened.home, { recursive: true, force: true });
});

const writeText = (path: string, text: string) => {
  writeFileSync(path, text);
  return path;
};
const bringIn = (path: string) => importOriginal({ db: opened.db, library: opened.library, ledger, path });
const source = (name = 'source') => {
  const folder = join(opened.home, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};

describeWith(['data'], 'the original’s two libraries', () => {
  const shipped = join(testData, 'openspace-v1');

  it('come in whole, are left untouched, and come in only once', async () => {
    const before = fingerprint(shipped);
    const gdpval = await bringIn(join(shipped, 'gdpval.db'));
    expect(gdpval).toMatchObject({
      ...{ records: 226, parentLinks: 75, analyses: 90, judgments: 132, tools: 22, toolCalls: 1006 },
      ...{ folders: 203, countersDiffer: [], findings: [] },
    });
    expect(gdpval.quarantined.map(({ name }) => name).sort()).toEqual([
      'multi-pass-video-editing',
      'robust-file-generation',
      'timecode-audio-edit-workflow',
    ]);
    const showcase = await bringIn(join(shipped, 'showcase.db'));
    expect(showcase).toMatchObject({
      ...{ records: 77, parentLinks: 41, analyses: 37, judgments: 52, tools: 10, toolCalls: 437 },
      ...{ folders: 59, countersDiffer: [], findings: [], quarantined: [] },
    });
    expect(fingerprint(shipped)).toEqual(before);

    const again = await bringIn(shipped);
    expect(again).toMatchObject({
      skills: 0,
      versions: 0,
      analyses: 0,
      judgments: 0,
      tools: 0,
      toolCalls: 0,
    });
    expect(complaintsOf(opened)).toEqual([]);
    checkEveryRecord(join(shipped, 'gdpval.db'));
    checkEveryRecord(join(shipped, 'showcase.db'));
  }, 120_000);

  /** Each record is a version under its own id, with its parents, its snapshot byte for byte, and its counters. */
  function checkEveryRecord(path: string): void {
    const original = openOriginal(path);
    for (const record of readRecords(original, [])) {
      const version = opened.library.getVersion(record.id);
      expect([...version.parents].sort()).toEqual([...record.parents].sort());
      if (record.files.size > 0)
        expect([...opened.library.read(record.id).keys()].sort()).toEqual([...record.files.keys()].sort());
      const { offered: _, ...counters } = ledger.ratesOf({ versionId: record.id });
      expect(counters).toEqual(record.counters);
    }
    original.close();
  }

  it('discovered as folders first, they get their history when the database comes', async () => {
    opened.close();
    opened = openAt(opened.home, {
      roots: [{ path: join(shipped, 'gdpval-skills'), kind: 'configured', writable: false, precedence: 1 }],
    });
    ledger = openLedger(opened.db);
    const found = await opened.library.sync();
    expect(found.added).toHaveLength(203);
    const report = await bringIn(join(shipped, 'gdpval.db'));
    expect(report).toMatchObject({ parentLinks: 75, countersDiffer: [] });
    const fixed = opened.library.getVersion('document-gen-fallback-enhanced__v3_7aea6203');
    const skill = opened.library.getSkill(fixed.skillId);
    expect(skill.head).toBe(fixed.versionId);
    expect(skill.folder).toBe(join(shipped, 'gdpval-skills', 'document-gen-fallback-enhanced'));
    expect(
      opened.library.list({ limit: 1000 }).skills.filter((each) => each.name === skill.name),
    ).toHaveLength(1);
  }, 120_000);
});

const A: OriginalRow = { id: 'alpha__v0_aaaaaaaa', name: 'alpha' };
const at = (day: number) => `2026-03-${day}T10:00:00.000001`;

describe('odd data', () => {
  it('snapshots that are empty, no JSON, or name paths outside: the record stays, the rest is told', async () => {
    const folder = source();
    writeOriginalDatabase(join(folder, 'openspace.db'), [
      { ...A, snapshot: '' },
      { id: 'beta__v0_bbbbbbbb', name: 'beta', snapshot: '{}' },
      { id: 'gamma__v0_cccccccc', name: 'gamma', snapshot: '{"SKILL.md": ' },
      {
        id: 'delta__v0_dddddddd',
        name: 'delta',
        snapshot: JSON.stringify({
          'SKILL.md': '---\nname: delta\ndescription: d\n---\n',
          '../x': 'y',
          '.skill_id': 'z',
        }),
      },
    ]);
    const report = await bringIn(folder);
    expect(report).toMatchObject({ records: 4, versions: 4 });
    expect(report.skipped.map(({ what }) => what).join('\n')).toMatch(/alpha[\s\S]*beta|"\.\.\/x"/);
    expect([...opened.library.read('delta__v0_dddddddd').keys()]).toEqual(['SKILL.md']);
    expect(opened.library.list().skills.map((skill) => skill.name)).toEqual(['delta']);
    expect(opened.library.list({ include: ['unready'] }).skills).toHaveLength(4);
  });

  it('unknown origins, missing parents and broken times', async () => {
    const folder = source();
    writeOriginalDatabase(join(folder, 'openspace.db'), [
      { ...A, origin: 'invented', createdAt: 'yesterday' },
      { id: 'beta__v1_bbbbbbbb', name: 'beta', origin: 'fixed', parents: ['gone__v0_00000000'] },
      {
        id: 'gamma__v0_cccccccc',
        name: 'gamma',
        origin: 'derived',
        parents: [A.id, 'gone__v0_00000000'],
        createdAt: '2026-03-16T10:00:00+02:00',
      },
    ]);
    const report = await bringIn(folder);
    expect(report.versions).toBe(3);
    expect(report.findings).toHaveLength(2);
    expect(opened.library.getVersion(A.id)).toMatchObject({
      origin: 'imported',
      createdAt: '1970-01-01T00:00:00.000Z',
    });
    expect(opened.library.getVersion('beta__v1_bbbbbbbb')).toMatchObject({ origin: 'imported', parents: [] });
    expect(opened.library.getVersion('gamma__v0_cccccccc')).toMatchObject({
      parents: [A.id],
      createdAt: '2026-03-16T08:00:00.000Z',
    });
  });

  it('two active fixes of one parent: the one whose id is in the folder is the head', async () => {
    const folder = source();
    const fix = (id: string, day: number): OriginalRow => ({
      id,
      name: 'alpha',
      origin: 'fixed',
      parents: [A.id],
      createdAt: at(day),
      snapshot: JSON.stringify({ 'SKILL.md': `---\nname: alpha\ndescription: ${id}\n---\n` }),
    });
    writeOriginalDatabase(join(folder, 'openspace.db'), [
      { ...A, active: false, createdAt: at(10) },
      fix('alpha__v1_11111111', 11),
      fix('alpha__v1_22222222', 12),
    ]);
    writeFiles(
      join(folder, 'skills', 'alpha'),
      new Map([
        ['SKILL.md', Buffer.from('---\nname: alpha\ndescription: alpha__v1_11111111\n---\n')],
        ['.skill_id', Buffer.from('alpha__v1_11111111\n')],
      ]),
    );
    const report = await bringIn(folder);
    expect(report.parentLinks).toBe(2);
    expect(opened.library.findSkill('alpha')).toMatchObject({ head: 'alpha__v1_11111111' });
  });

  it('a folder that was edited since its snapshot: the edit is a version on top', async () => {
    const folder = source();
    writeOriginalDatabase(join(folder, 'openspace.db'), [A]);
    writeFiles(
      join(folder, 'skills', 'alpha'),
      new Map([...skillFiles('alpha', 'Edited.'), ['.skill_id', Buffer.from(`${A.id}\n`)]]),
    );
    await bringIn(folder);
    const skill = opened.library.pickSkill('alpha');
    expect(opened.library.versions(skill.skillId).map(({ origin, state }) => [origin, state])).toEqual([
      ['edited', 'trusted'],
      ['captured', 'trusted'],
    ]);
    await bringIn(folder);
    expect(opened.library.versions(skill.skillId)).toHaveLength(2);
  });

  it('judgments twice, of unknown skills, and issues that are no JSON', async () => {
    const folder = source();
    writeOriginalDatabase(
      join(folder, 'openspace.db'),
      [{ ...A, counters: [1, 1, 1, 0] }],
      `INSERT INTO execution_analyses VALUES (1, 'evolution-task-01', '${at(16)}', 1, 'fine', '[broken', '[{"type":"fix"}]', '', '${at(16)}');
       INSERT INTO skill_judgments VALUES (1, 1, '${A.id}', 1, 'used'), (2, 1, '${A.id}', 0, 'again'), (3, 1, 'nobody__v0_00000000', 0, '');
       INSERT INTO tool_execution_history VALUES (1, 'no:such:tool', '${at(16)}', 1, 1.5, NULL)`,
    );
    const report = await bringIn(folder);
    expect(report).toMatchObject({ analyses: 1, judgments: 2, countersDiffer: [], toolCalls: 0 });
    expect(ledger.findAnalysis('evolution-task-01')).toMatchObject({
      completed: true,
      toolIssues: [],
      suggestions: [{ type: 'fix' }],
    });
    expect(report.skipped.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['tool_issues of evolution-task-01', 'a call of no:such:tool']),
    );
  });

  it('a grown database brings only what is new; a skill that went its own way here keeps its head', async () => {
    const folder = source();
    const path = join(folder, 'openspace.db');
    writeOriginalDatabase(path, [A]);
    await bringIn(path);
    const skill = opened.library.pickSkill('alpha');
    writeFiles(skill.folder!, skillFiles('alpha', 'Mine.'));
    await opened.library.sync();
    const mine = opened.library.getSkill(skill.skillId).head;
    rmSync(path);
    writeOriginalDatabase(path, [
      A,
      { id: 'alpha__v1_11111111', name: 'alpha', origin: 'fixed', parents: [A.id], createdAt: at(20) },
    ]);
    const report = await bringIn(path);
    expect(report).toMatchObject({ versions: 1, known: 1 });
    expect(opened.library.getSkill(skill.skillId).head).toBe(mine);
    expect(opened.library.getVersion('alpha__v1_11111111').state).toBe('candidate');
  });
});

describe('folders, archives and recordings', () => {
  it('a folder of skills without a database', async () => {
    const folder = source();
    writeFiles(join(folder, 'one'), skillFiles('one-skill'));
    writeFiles(
      join(folder, 'group', 'two'),
      skillFiles('two-skill', 'x', { 'data.bin': Buffer.from([0, 1, 2]) }),
    );
    writeFiles(join(folder, 'prose'), new Map([['SKILL.md', Buffer.from('Just some text.')]]));
    mkdirSync(join(folder, 'empty'));
    const before = fingerprint(folder);
    expect(await bringIn(folder)).toMatchObject({ skills: 3, quarantined: [{ name: 'prose' }] });
    expect(await bringIn(folder)).toMatchObject({ skills: 0, known: 3 });
    expect(fingerprint(folder)).toEqual(before);
    expect(complaintsOf(opened)).toEqual([]);
  });

  it('an archive from elsewhere starts on trial', async () => {
    const zip = join(source(), 'lib.zip');
    const files = [...skillFiles('zipped')].map(([path, data]) => [`library/zipped/${path}`, data] as const);
    writeFileSync(zip, await packSkill(new Map(files)));
    expect(await bringIn(zip)).toMatchObject({ skills: 1 });
    expect(opened.library.findSkill('zipped')).toMatchObject({
      head: undefined,
      trial: expect.any(String),
      folder: undefined,
    });
  });

  it('a recording becomes a run with the skills that it chose', async () => {
    const folder = source();
    writeOriginalDatabase(join(folder, 'openspace.db'), [A]);
    const run = join(folder, 'logs', 'recordings', 'task_1');
    mkdirSync(run, { recursive: true });
    writeFileSync(
      join(run, 'metadata.json'),
      JSON.stringify({
        ...{
          task_id: 'task_1',
          start_time: '2026-03-16T10:00:00',
          end_time: '2026-03-16T10:01:00',
          instruction: 'Make a report',
        },
        skill_selection: {
          selected: [A.id],
          available_skills: [A.id, 'other__v0_00000000'],
          model: 'some/model',
        },
        execution_outcome: { status: 'success', iterations: 3, execution_time: 12.5 },
      }),
    );
    writeFileSync(
      join(run, 'conversations.jsonl'),
      '{"type":"setup","messages":[{"role":"user","content":"Make a report"}]}\nnot json\n',
    );
    const report = await bringIn(folder);
    expect(report.recordings).toBe(1);
    expect(ledger.findRun('task_1')).toMatchObject({
      task: 'Make a report',
      status: 'done',
      model: 'some/model',
      startedAt: '2026-03-16T10:00:00.000Z',
    });
    expect(ledger.usesOf({ versionId: A.id })).toMatchObject([
      { runId: 'task_1', how: 'chosen', tookMs: 12500 },
    ]);
    expect(report.skipped.map(({ why }) => why).join()).toContain('not JSON');
  });
});

describe('what can’t be imported is refused, and nothing has changed', () => {
  const bad: [string, (folder: string) => string, { code: string }][] = [
    ['a path that is not there', (folder) => join(folder, 'nothing'), { code: 'not-found' }],
    ['a text file', (folder) => writeText(join(folder, 'a.txt'), 'hello'), { code: 'invalid' }],
    [
      'a damaged zip',
      (folder) => writeText(join(folder, 'a.zip'), 'PK\u0003\u0004broken'),
      { code: 'invalid' },
    ],
    ['our own database', () => join(opened.home, 'openspace.db'), { code: 'foreign-data' }],
    [
      'a damaged database',
      (folder) => {
        const path = join(folder, 'openspace.db');
        writeOriginalDatabase(path, [A]);
        const bytes = readFileSync(path);
        bytes.fill(0xff, 4096);
        writeFileSync(path, bytes);
        return path;
      },
      { code: 'corrupt' },
    ],
  ];
  it.each(bad)('%s', async (_title, make, error) => {
    const path = make(source());
    await expect(bringIn(path)).rejects.toMatchObject(error);
    expect(opened.library.list({ include: ['archived', 'quarantined', 'unready'] }).skills).toEqual([]);
  });
});
