// Snapshot, sandbox, apply and undo as an ordinary user has them: this machine's tests mostly run as root.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainSpawner } from '../../src/lib/index.ts';
import { describeWith } from '../support/needs.ts';

describeWith(['bwrap', 'root'], 'an ordinary user', () => {
  it('works in a snapshot and a sandbox, applies and undoes', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-user-')));
    try {
      const home = join(root, 'home');
      mkdirSync(join(home, 'project'), { recursive: true });
      mkdirSync(join(home, '.ssh'));
      writeFileSync(join(home, '.ssh/id'), 'canary');
      writeFileSync(join(home, 'project/a.txt'), 'one\n');
      const door = (room: string) =>
        JSON.stringify(new URL(`../../src/${room}/index.ts`, import.meta.url).pathname);
      writeFileSync(
        join(home, 'run.ts'),
        `import fs from 'node:fs';
         import { openSandbox } from ${door('tools')};
         import { openWorkspace, undoRun } from ${door('workspace')};
         const home = ${JSON.stringify(home)};
         const dataHome = home + '/.openspace';
         const path = home + '/project';
         const workspace = await openWorkspace({ path, dataHome, runId: 'run_1' });
         const sandbox = await openSandbox({ view: workspace.view, userHome: home, dataHome, path: process.env.PATH ?? '' });
         const { stdout, stderr } = await sandbox.spawner.run({ command: 'sh', cwd: workspace.view.root, env: { PATH: process.env.PATH ?? '' },
           args: ['-c', 'id -u; pwd; echo two >> a.txt; mkdir d; echo new > d/b; cat a.txt; cat ~/.ssh/id; rm -rf d/none'], timeoutMs: 20000, signal: new AbortController().signal });
         fs.appendFileSync(workspace.view.root + '/a.txt', 'three\\n');
         const seen = fs.readFileSync(workspace.view.root + '/d/b', 'utf8');
         const before = fs.readFileSync(path + '/a.txt', 'utf8');
         const applied = workspace.apply();
         await sandbox.close();
         await workspace.close();
         const after = fs.readFileSync(path + '/a.txt', 'utf8');
         const undone = undoRun({ dataHome, runId: 'run_1' });
         console.log(JSON.stringify({ kind: workspace.kind, report: sandbox.report.kind, stdout, stderr, seen, before, after, applied, undone,
           left: fs.readdirSync(path), caches: fs.readdirSync(dataHome + '/cache/workspaces').length + fs.readdirSync(dataHome + '/cache/sandboxes').length }));`,
      );
      chmodSync(root, 0o755);
      const run = (command: string, args: readonly string[]) =>
        plainSpawner.run({
          command,
          args,
          cwd: root,
          env: { PATH: process.env.PATH ?? '', HOME: home },
          timeoutMs: 60_000,
          signal: new AbortController().signal,
        });
      await run('chown', ['-R', '65534:65534', home]);
      const result = await run('setpriv', [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        join(home, 'run.ts'),
      ]);
      expect([result.stderr, result.exitCode]).toEqual(['', 0]);
      expect(JSON.parse(result.stdout)).toMatchObject({
        kind: 'overlay',
        report: 'bubblewrap',
        stdout: `65534\n${home}/project\none\ntwo\n`,
        stderr: expect.stringContaining('No such file'),
        seen: 'new\n',
        before: 'one\n',
        after: 'one\ntwo\nthree\n',
        applied: { applied: ['d', 'a.txt', 'd/b'], conflicts: [], held: [] },
        undone: { conflicts: [] },
        left: ['a.txt'],
        caches: 0,
      });
      expect(readFileSync(join(home, 'project/a.txt'), 'utf8')).toBe('one\n');
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
