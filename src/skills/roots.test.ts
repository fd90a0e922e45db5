// Roots: precedence, shadowing, nesting, links, read-only places, and what a second look costs.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CAUSE,
  commitOk,
  fingerprint,
  newHome,
  type OpenedLibrary,
  openAt,
  skillFiles,
  writeFiles,
} from '../../test/library/world.ts';
import type { SkillRoot } from './roots.ts';

let home: string;
let opened: OpenedLibrary;
const other = () => join(home, 'other');
const open = (root: Partial<SkillRoot> = {}) =>
  openAt(home, { roots: [{ path: other(), kind: 'host', writable: false, precedence: 1, ...root }] });
beforeEach(() => {
  home = newHome();
  opened = open();
});
afterEach(() => {
  opened.close();
  rmSync(home, { recursive: true, force: true });
});

describe('a read-only root', () => {
  it('is never written, not even by a commit to its skills', async () => {
    writeFiles(join(other(), 'demo'), skillFiles('demo'));
    const before = fingerprint(other());
    await opened.library.sync();
    const skill = opened.library.pickSkill('demo');
    const fixed = await commitOk(opened.library, {
      origin: 'fixed',
      parents: [skill.head!],
      files: skillFiles('demo', 'Better.'),
    });
    await opened.library.archive(skill.skillId, true, CAUSE);
    await opened.library.undo(skill.skillId, 'tester');
    await opened.library.sync();
    expect(fingerprint(other())).toEqual(before);
    expect(opened.library.getSkill(skill.skillId).head).toBe(fixed.version.versionId);
  });

  it('that is not there is no problem, and its skills are not taken for removed', async () => {
    writeFiles(join(other(), 'demo'), skillFiles('demo'));
    await opened.library.sync();
    rmSync(other(), { recursive: true });
    const report = await opened.library.sync();
    expect([report.removed, report.problems]).toEqual([[], []]);
  });
});

describe('several roots', () => {
  it('of two skills with one name the one in the earlier root is used, and the other is reported', async () => {
    await commitOk(opened.library, { files: skillFiles('demo', 'Mine.') });
    writeFiles(join(other(), 'demo'), skillFiles('demo', 'Theirs.'));
    await opened.library.sync();
    expect(opened.library.list().skills.map((skill) => skill.folder)).toEqual([join(other(), 'demo')]);
    expect(opened.library.findSkill('demo')?.folder).toBe(join(other(), 'demo'));
    expect(opened.library.search('demo', { collapse: false })).toHaveLength(1);
    expect(opened.library.shadowed()).toMatchObject([
      { name: 'demo', folder: join(opened.root, 'demo'), by: join(other(), 'demo') },
    ]);
    expect(opened.library.count()).toMatchObject({ usable: 1, shadowed: 1 });
  });

  it('skills of a root that this process does not look at stay out of its sight', async () => {
    writeFiles(join(other(), 'demo'), skillFiles('demo'));
    await opened.library.sync();
    opened.close();
    opened = openAt(home);
    await opened.library.sync();
    expect(opened.library.list().skills).toEqual([]);
    expect(opened.library.search('demo')).toEqual([]);
    opened.close();
    opened = open();
    expect(opened.library.list().skills).toHaveLength(1);
  });

  it('what an untrusted root holds starts on trial', async () => {
    opened.close();
    opened = open({ trusted: false });
    writeFiles(join(other(), 'demo'), skillFiles('demo'));
    await opened.library.sync();
    expect(opened.library.pickSkill('demo')).toMatchObject({ head: undefined, trial: expect.any(String) });
  });
});

describe('the walk', () => {
  it('finds nested folders, leaves out repositories’ insides, and does not look into skills', async () => {
    writeFiles(join(other(), 'a', 'b', 'deep'), skillFiles('deep'));
    writeFiles(join(other(), 'deep-two', 'examples', 'inner'), skillFiles('inner'));
    writeFiles(join(other(), 'deep-two'), skillFiles('deep-two'));
    writeFiles(join(other(), '.git', 'hooks'), skillFiles('hook'));
    writeFiles(join(other(), 'node_modules', 'pkg'), skillFiles('pkg'));
    await opened.library.sync();
    expect(opened.library.list().skills.map((skill) => skill.name)).toEqual(['deep', 'deep-two']);
  });

  it('reads a linked folder once and never writes through the link', async () => {
    const target = join(home, 'elsewhere', 'linked');
    writeFiles(target, skillFiles('linked'));
    mkdirSync(opened.root, { recursive: true });
    symlinkSync(target, join(opened.root, 'one'));
    symlinkSync(target, join(opened.root, 'two'));
    const before = fingerprint(join(home, 'elsewhere'));
    await opened.library.sync();
    expect(opened.library.list().skills.map((skill) => skill.folder)).toEqual([target]);
    const skill = opened.library.pickSkill('linked');
    await commitOk(opened.library, {
      origin: 'fixed',
      parents: [skill.head!],
      files: skillFiles('linked', 'New.'),
    });
    expect(fingerprint(join(home, 'elsewhere'))).toEqual(before);
  });

  it('links inside a skill are left out and reported', async () => {
    writeFiles(join(other(), 'demo'), skillFiles('demo'));
    symlinkSync('/etc/passwd', join(other(), 'demo', 'passwd'));
    const report = await opened.library.sync();
    expect(report.problems.map((finding) => finding.rule)).toContain('safety/symlink');
    expect([...opened.library.read(opened.library.versions(report.added[0]!)[0]!.versionId).keys()]).toEqual([
      'SKILL.md',
    ]);
  });

  it('one bad folder does not keep the others from being found', async () => {
    writeFiles(join(other(), 'good'), skillFiles('good'));
    writeFiles(join(other(), 'huge'), skillFiles('huge', 'x', { 'big.bin': Buffer.alloc(6_000_000) }));
    const report = await opened.library.sync();
    expect(opened.library.list().skills.map((skill) => skill.name)).toEqual(['good']);
    expect(report.problems).toMatchObject([
      { rule: 'folder/unreadable', message: expect.stringContaining('huge') },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('an unreadable folder is reported and archives nothing', async () => {
    writeFiles(join(other(), 'good'), skillFiles('good'));
    await opened.library.sync();
    chmodSync(other(), 0o000);
    const report = await opened.library.sync();
    chmodSync(other(), 0o755);
    expect(report.removed).toEqual([]);
    expect(report.problems).toHaveLength(1);
  });
});

describe('a folder that is removed by hand', () => {
  it('archives the skill; undo writes it again', async () => {
    const { skill } = await commitOk(opened.library, {
      files: skillFiles('demo', 'x', { 'a.bin': Buffer.from([1]) }),
    });
    rmSync(skill.folder!, { recursive: true });
    const report = await opened.library.sync();
    expect(report.removed).toEqual([skill.skillId]);
    expect(opened.library.list().skills).toEqual([]);
    const back = await opened.library.undo(skill.skillId, 'tester');
    expect(back.skill).toMatchObject({ archived: false, folder: skill.folder });
    expect(existsSync(join(skill.folder!, 'a.bin'))).toBe(true);
  });

  it('comes back as the same skill when the folder does', async () => {
    const { skill } = await commitOk(opened.library, { files: skillFiles('demo') });
    rmSync(skill.folder!, { recursive: true });
    await opened.library.sync();
    writeFiles(
      join(opened.root, 'again'),
      new Map([...skillFiles('demo'), ['.skill_id', Buffer.from(`${skill.head}\n`)]]),
    );
    await opened.library.sync();
    expect(opened.library.findSkill('demo')).toMatchObject({
      skillId: skill.skillId,
      archived: false,
      folder: join(opened.root, 'again'),
    });
  });
});

it('a second look reads no file whose folder did not change', async () => {
  for (const name of ['one', 'two']) writeFiles(join(opened.root, name), skillFiles(name));
  await opened.library.sync();
  // An unreadable file that is not opened gives no complaint; the stamp holds, since its metadata is put back by nobody.
  const report = await opened.library.sync();
  const { scanRoots } = await import('./roots.ts');
  const { SkillStore } = await import('./store.ts');
  const roots = [{ path: opened.root, kind: 'user' as const, writable: true, precedence: 0 }];
  const scan = scanRoots(roots, new SkillStore(opened.db, roots).folders.inScope());
  expect(scan.folders.map((folder) => folder.unchanged)).toEqual([true, true]);
  expect(report).toMatchObject({ added: [], edited: [] });
  writeFileSync(join(opened.root, 'one', 'extra.txt'), 'x');
  const changed = scanRoots(roots, new SkillStore(opened.db, roots).folders.inScope());
  expect(changed.folders.map((folder) => folder.unchanged)).toEqual([false, true]);
});
