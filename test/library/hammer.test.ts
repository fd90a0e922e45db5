// Two processes change one library at once: no version is lost, no folder damaged, no lock error reaches anyone.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { longRun } from '../support/needs.ts';
import { commitOk, complaintsOf, newHome, openAt, skillFiles } from './world.ts';

const FOR_MS = longRun ? 30_000 : 3_000;
const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

function hammer(home: string, who: string): Promise<Record<string, number>> {
  const child = new URL('./hammer-child.ts', import.meta.url).pathname;
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [child, home, who, String(FOR_MS)], { env }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(new Error(`${who}: ${stderr}`));
    });
  });
}

const home = () => {
  const folder = newHome();
  homes.push(folder);
  return folder;
};

describe('two processes with one library', () => {
  it('both get on, and every accepted version is there afterwards', async () => {
    const at = home();
    const opened = openAt(at);
    for (let count = 0; count < 4; count += 1)
      await commitOk(opened.library, { files: skillFiles(`shared-${count}`) });
    await commitOk(opened.library, { files: skillFiles('by-hand') });
    opened.close();

    const [one, two] = await Promise.all([hammer(at, 'one'), hammer(at, 'two')]);
    const accepted = (one.commits ?? 0) + (two.commits ?? 0) + (one.restores ?? 0) + (two.restores ?? 0);
    expect(one.commits).toBeGreaterThan(0);
    expect(two.commits).toBeGreaterThan(0);

    const again = openAt(at);
    await again.library.sync();
    const skills = again.library.list().skills;
    const shared = skills.filter((skill) => skill.name.startsWith('shared-'));
    const versions = shared.flatMap((skill) => again.library.versions(skill.skillId));
    expect(versions.length).toBe(4 + accepted);
    expect(complaintsOf(again)).toEqual([]);
    again.close();
  });

  it('both may be the first to open a new home', async () => {
    for (let round = 0; round < (longRun ? 10 : 1); round += 1) {
      const at = home();
      const opened = openAt(at);
      for (let count = 0; count < 4; count += 1)
        await commitOk(opened.library, { files: skillFiles(`shared-${count}`) });
      await commitOk(opened.library, { files: skillFiles('by-hand') });
      opened.close();
      // Only the folders are left: the database is made anew by two processes at once.
      for (const name of ['openspace.db', 'openspace.db-wal', 'openspace.db-shm', 'locks'])
        rmSync(`${at}/${name}`, { recursive: true, force: true });
      const child = new URL('./open-child.ts', import.meta.url).pathname;
      const open = () =>
        new Promise<string>((resolve, reject) => {
          execFile(process.execPath, [child, at], (error, stdout, stderr) =>
            error === null ? resolve(stdout) : reject(new Error(stderr)),
          );
        });
      expect(await Promise.all([open(), open()])).toEqual(['5', '5']);
    }
  });
});
