// Full disks, foreign, newer and damaged databases, folders without permission: refused clearly, nothing changed.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpenSpaceError } from '../../src/lib/index.ts';
import { describeWith } from '../support/needs.ts';
import {
  CAUSE,
  commitOk,
  complaintsOf,
  fingerprint,
  newHome,
  openAt,
  skillFiles,
  writeFiles,
  writeOriginalDatabase,
} from './world.ts';

let home: string;
beforeEach(() => {
  home = newHome();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What opening throws: its code, and that it says what to do. */
function refusal(open: () => unknown): { code: string; hasHint: boolean } {
  try {
    open();
  } catch (error) {
    if (error instanceof OpenSpaceError) return { code: error.code, hasHint: error.hint !== undefined };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a database that can’t be used', () => {
  it('of the original: recognised and left as it is, import is offered', () => {
    const path = join(home, 'openspace.db');
    writeOriginalDatabase(path, [{ id: 'a__v0_00000000', name: 'a' }]);
    const before = readFileSync(path);
    expect(refusal(() => openAt(home))).toEqual({ code: 'foreign-data', hasHint: true });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of a newer OpenSpace', async () => {
    const opened = openAt(home);
    await commitOk(opened.library, { files: skillFiles('demo') });
    opened.db.run("UPDATE schema_versions SET version = 999 WHERE room = 'skills'");
    opened.close();
    const before = fingerprint(join(home, 'skills'));
    expect(refusal(() => openAt(home))).toEqual({ code: 'newer-data', hasHint: true });
    expect(fingerprint(join(home, 'skills'))).toEqual(before);
  });

  it('that is damaged; the folders are still there and can be taken in anew', async () => {
    const opened = openAt(home);
    await commitOk(opened.library, { files: skillFiles('demo') });
    opened.close();
    const path = join(home, 'openspace.db');
    writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 100), Buffer.alloc(8192, 0xff)]));
    expect(refusal(() => openAt(home))).toEqual({ code: 'corrupt', hasHint: true });
    for (const name of ['openspace.db', 'openspace.db-wal', 'openspace.db-shm'])
      rmSync(join(home, name), { force: true });
    const again = openAt(home);
    await again.library.sync();
    expect(again.library.list().skills.map((skill) => skill.name)).toEqual(['demo']);
    again.close();
  });
});

describeWith(['root'], 'a full disk', () => {
  let disk: string;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'openspace-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]);
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it('under the skill folders: a commit is refused as a whole', async () => {
    const root = join(disk, 'skills');
    const opened = openAt(home, { roots: [{ path: root, kind: 'user', writable: true, precedence: 1 }] });
    writeFiles(join(root, 'demo'), skillFiles('demo'));
    await opened.library.sync();
    const skill = opened.library.pickSkill('demo');
    const before = fingerprint(root);
    const big = skillFiles('demo', 'Bigger.', { 'data.bin': Buffer.alloc(1_000_000, 7) });
    const commit = opened.library.commit({
      ...{ origin: 'fixed', parents: [skill.head!], files: big, reason: 'r', author: 'a', state: 'trusted' },
    });
    await expect(commit).rejects.toMatchObject({ code: 'disk', hint: expect.stringContaining('full') });
    expect(fingerprint(root)).toEqual(before);
    expect(opened.library.versions(skill.skillId)).toHaveLength(1);
    expect(opened.library.getSkill(skill.skillId).head).toBe(skill.head);
    await commitOk(opened.library, {
      origin: 'fixed',
      parents: [skill.head!],
      files: skillFiles('demo', 'Small.'),
    });
    opened.close();
  });

  it('under the database: a commit is refused as a whole', async () => {
    const at = join(disk, 'home');
    mkdirSync(at);
    const opened = openAt(at, { learnt: false });
    const { skill } = await commitOk(opened.library, { files: skillFiles('demo') });
    writeFileSync(join(disk, 'filler'), '');
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(600_000));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('ENOSPC')) throw error;
    }
    const commit = opened.library.commit({
      ...{ origin: 'fixed', parents: [skill.head!], files: skillFiles('demo', 'x'.repeat(300_000)) },
      ...{ reason: 'r', author: 'a', state: 'trusted' },
    });
    await expect(commit).rejects.toMatchObject({ code: 'disk' });
    rmSync(join(disk, 'filler'));
    expect(opened.library.versions(skill.skillId)).toHaveLength(1);
    expect(complaintsOf(opened).filter((complaint) => !complaint.includes('no folder'))).toEqual([]);
    opened.close();
  });
});

describeWith(['root'], 'a folder that can’t be written', () => {
  it('keeps the change in the library, and the folder follows when it can', async () => {
    const opened = openAt(home);
    const { skill } = await commitOk(opened.library, { files: skillFiles('demo', 'Old.') });
    // Root ignores modes: a mount of its own on the folder is what keeps it from being swapped.
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', skill.folder!]);
    writeFiles(
      skill.folder!,
      new Map([...skillFiles('demo', 'Old.'), ['.skill_id', Buffer.from(`${skill.head}\n`)]]),
    );
    try {
      const result = await commitOk(opened.library, {
        origin: 'fixed',
        parents: [skill.head!],
        files: skillFiles('demo', 'New.'),
      });
      expect(result.findings.map((finding) => finding.rule)).toContain('commit/folder-pending');
      expect(opened.library.getSkill(skill.skillId).head).toBe(result.version.versionId);
      expect(readFileSync(join(skill.folder!, 'SKILL.md'), 'utf8')).toContain('Old.');
    } finally {
      execFileSync('umount', [skill.folder!]);
    }
    await opened.library.sync();
    expect(readFileSync(join(skill.folder!, 'SKILL.md'), 'utf8')).toContain('New.');
    expect(complaintsOf(opened)).toEqual([]);
    opened.close();
  });

  it('as another user: what can’t be read is reported, the rest works', () => {
    writeFiles(join(home, 'skills', 'open'), skillFiles('open'));
    writeFiles(join(home, 'skills', 'closed'), skillFiles('closed'));
    chmodSync(join(home, 'skills', 'closed', 'SKILL.md'), 0o000);
    execFileSync('chown', ['-R', 'nobody', home]);
    const code = `
      import { openAt } from ${JSON.stringify(new URL('./world.ts', import.meta.url).href)};
      const opened = openAt(${JSON.stringify(home)});
      const report = await opened.library.sync();
      const skills = opened.library.list().skills.map((skill) => skill.name);
      console.log(JSON.stringify({ skills, problems: report.problems.map((finding) => finding.message) }));
      opened.close();`;
    const asNobody = [
      '--reuid=nobody',
      '--clear-groups',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      code,
    ];
    const out = JSON.parse(
      execFileSync('setpriv', asNobody, { encoding: 'utf8', env: { HOME: home, PATH: process.env.PATH } }),
    );
    expect(out.skills).toEqual(['open']);
    expect(out.problems).toEqual([expect.stringContaining('closed')]);
  });
});

it('an archive of a skill that would leave its folder is refused', async () => {
  const opened = openAt(home);
  const draft = { origin: 'imported', parents: [], reason: 'r', author: 'a', state: 'trial' } as const;
  await expect(opened.library.unpack(Buffer.from('no zip at all'), draft)).rejects.toMatchObject({
    code: 'invalid',
  });
  const { skill } = await commitOk(opened.library, {
    files: skillFiles('demo', 'x', { 'a.bin': Buffer.from([0, 9]) }),
  });
  const zip = await opened.library.pack(skill.head!);
  await opened.library.archive(skill.skillId, true, CAUSE);
  const back = await opened.library.unpack(zip, draft);
  expect(back).toMatchObject({ ok: true, skill: { trial: expect.any(String), folder: undefined } });
  opened.close();
});
