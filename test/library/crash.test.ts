// Kills a process at every call that changes a file or the database, and looks at what a new process finds.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longRun } from '../support/needs.ts';
import {
  CAUSE,
  commitOk,
  complaintsOf,
  newHome,
  openAt,
  skillFiles,
  versionCounts,
  writeFiles,
  writeOriginalDatabase,
} from './world.ts';

const SCENARIOS = [
  ...[
    'commit',
    'create',
    'hand-edit',
    'restore',
    'promote',
    'rollback',
    'archive',
    'unarchive',
    'undo',
    'import',
  ],
];
/** Points of each scenario, spread evenly; `npm run test:long` takes every call, those that only read too. */
const POINTS = longRun ? Number.POSITIVE_INFINITY : 5;

/** Two slots work side by side. Paths are part of a library, so each slot's copies run at the path they were made at. */
const slots = [newHome(), newHome()].map((folder) => ({
  home: join(folder, 'home'),
  saved: join(folder, 'saved'),
}));
type Slot = (typeof slots)[number];
const compileCache = newHome();

/** alpha has two versions and foreign files in its folder, beta a trial, epsilon is archived; `source` is to import. */
beforeAll(async () => {
  for (const { home, saved } of slots) {
    mkdirSync(home);
    await prepare(home);
    renameSync(home, saved);
  }
});
afterAll(() => {
  for (const { home } of slots) rmSync(dirname(home), { recursive: true, force: true });
  rmSync(compileCache, { recursive: true, force: true });
});

async function prepare(home: string): Promise<void> {
  const opened = openAt(home);
  const { library } = opened;
  const alpha = await commitOk(library, {
    files: skillFiles('alpha', 'First.', { 'data.bin': Buffer.from([0, 255, 7]) }),
  });
  await commitOk(library, {
    ...{ origin: 'fixed', parents: [alpha.version.versionId] },
    files: skillFiles('alpha', 'Second.', { 'scripts/old.sh': '#!/bin/sh\necho 2\n' }),
  });
  const beta = await commitOk(library, { files: skillFiles('beta', 'Old.') });
  await commitOk(library, {
    ...{ origin: 'fixed', parents: [beta.version.versionId], state: 'trial' },
    files: skillFiles('beta', 'Tried.'),
  });
  await commitOk(library, { files: skillFiles('gamma') });
  const epsilon = await commitOk(library, { files: skillFiles('epsilon') });
  await library.archive(epsilon.skill.skillId, true, CAUSE);
  const folder = library.getSkill(alpha.skill.skillId).folder ?? '';
  writeFiles(folder, new Map([['.git/config', Buffer.from('[core]\n')]]));
  await library.sync();
  opened.close();
  const source = join(home, 'source');
  mkdirSync(source);
  writeOriginalDatabase(join(source, 'openspace.db'), [
    { id: 'walrus__v0_11111111', name: 'walrus' },
    {
      ...{ id: 'walrus__v1_22222222', name: 'walrus', origin: 'fixed', parents: ['walrus__v0_11111111'] },
      createdAt: '2026-03-17T01:00:00',
    },
  ]);
  writeFiles(join(source, 'skills', 'ostrich'), skillFiles('ostrich'));
}

/** The slot's home as it was prepared. */
function reset({ home, saved }: Slot): string {
  rmSync(home, { recursive: true, force: true });
  cpSync(saved, home, { recursive: true, preserveTimestamps: true });
  return home;
}

interface Ended {
  readonly killed: boolean;
  readonly stdout: string;
}

function runChild(home: string, scenario: string, killAt: number): Promise<Ended> {
  const preload = new URL('./kill-at.ts', import.meta.url).href;
  const child = new URL('./crash-child.ts', import.meta.url).pathname;
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: compileCache },
    OPENSPACE_TEST_KILL_AT: String(killAt),
    ...(longRun ? { OPENSPACE_TEST_COUNT_READS: '1' } : {}),
  };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', preload, child, home, scenario],
      { env },
      (error, stdout, stderr) => {
        const killed = error !== null && 'signal' in error && error.signal === 'SIGKILL';
        if (error !== null && !killed) reject(new Error(`${scenario} at ${killAt}: ${stderr}`));
        else resolve({ killed, stdout });
      },
    );
  });
}

/** What the library shows: each skill's standing and the text of its head. */
function shown(home: string) {
  const opened = openAt(home);
  try {
    const page = opened.library.list({ limit: 1000, include: ['archived', 'quarantined', 'unready'] });
    return Object.fromEntries(
      page.skills.map(({ name, head, trial, archived }) => {
        const text =
          head === undefined ? '' : Buffer.from(opened.library.readFile(head, 'SKILL.md') ?? []).toString();
        return [name, { text, archived, trial: trial !== undefined }];
      }),
    );
  } finally {
    opened.close();
  }
}

describe.each(SCENARIOS)('a process killed during %s', (scenario) => {
  it('leaves the old or the new state, and every skill readable', async () => {
    const [first] = slots;
    if (first === undefined) throw new Error('there is a first slot');
    const before = shown(reset(first));
    const total = Number((await runChild(first.home, scenario, 0)).stdout);
    expect(total).toBeGreaterThan(5);
    const after = shown(first.home);
    const failures: string[] = [];
    const queue = pointsOf(total);
    const work = async (slot: Slot) => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const { killed } = await runChild(reset(slot), scenario, point);
        const complaints = await complaintsAfter(slot.home, before, after);
        if (!killed) complaints.push('the child was not killed');
        failures.push(
          ...complaints.map((complaint) => `${scenario} killed at ${point}/${total}: ${complaint}`),
        );
      }
    };
    await Promise.all(slots.map(work));
    expect(failures).toEqual([]);
  }, 1_800_000);
});

/** All points, or some of them spread evenly with the first and the last. */
function pointsOf(total: number): number[] {
  const all = Array.from({ length: total }, (_, index) => index + 1);
  if (total <= POINTS) return all;
  return Array.from({ length: POINTS }, (_, index) => 1 + Math.round((index * (total - 1)) / (POINTS - 1)));
}

type Shown = ReturnType<typeof shown>;

async function complaintsAfter(home: string, before: Shown, after: Shown): Promise<string[]> {
  const opened = openAt(home);
  const complaints: string[] = [];
  try {
    const counts = versionCounts(opened);
    const report = await opened.library.sync();
    for (const finding of report.problems) complaints.push(finding.message);
    // The hand edit is real; anything else found on disk would be our own half-written folder.
    const edited = report.edited
      .map((id) => opened.library.getSkill(id).name)
      .filter((name) => name !== 'gamma');
    if (edited.length > 0) complaints.push(`took its own files for a hand edit: ${edited.join(', ')}`);
    for (const [id, count] of counts)
      if (opened.library.versions(id).length < count) complaints.push(`lost a version of ${id}`);
    complaints.push(...complaintsOf(opened));
  } finally {
    opened.close();
  }
  const now = shown(home);
  for (const name of Object.keys(before)) {
    const state = JSON.stringify(now[name]);
    const allowed = [before[name], after[name]].map((each) => JSON.stringify(each));
    if (!allowed.includes(state)) complaints.push(`${name} is neither old nor new: ${state}`);
  }
  const git = join(home, 'skills', 'alpha', '.git', 'config');
  const { alpha } = now;
  if (alpha?.archived === false) {
    if (!existsSync(git)) complaints.push('a foreign file in the folder is gone');
  }
  return complaints;
}

describe('a start after a crash', () => {
  it('leaves staged folders alone that another home made', async () => {
    const [slot] = slots;
    if (slot === undefined) throw new Error('there is a first slot');
    const home = reset(slot);
    const foreign = join(home, 'skills', '.openspace-staging', 'ffffffff-0123');
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, 'SKILL.md'), 'theirs');
    const opened = openAt(home);
    await opened.library.sync();
    opened.close();
    expect(existsSync(join(foreign, 'SKILL.md'))).toBe(true);
  });
});
