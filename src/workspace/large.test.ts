// A failed attempt on what people really have: a dirty repository, and a folder with many and very large files.
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith, longRun, onPath } from '../../test/support/needs.ts';
import { describeTree } from '../../test/support/tree.ts';
import { plainSpawner } from '../lib/index.ts';
import { openWorkspace, type Workspace } from './index.ts';

const MANY = longRun ? 10_000 : 1_500;
const HUGE_BYTES = longRun ? 5 * 1024 ** 3 : 256 * 1024 ** 2;

let root = '';
let path = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-large-')));
  path = join(root, 'project');
  mkdirSync(path);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = () => openWorkspace({ path, dataHome: join(root, 'data'), runId: 'run_1' });

/** Bytes that a folder takes on disk. */
function diskBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const inner = join(folder, entry.name);
    if (entry.isDirectory()) return sum + diskBytes(inner);
    return sum + lstatSync(inner).blocks * 512;
  }, 0);
}

/** What a destructive, failing attempt does. */
function rampage({ view }: Workspace): void {
  for (const name of readdirSync(view.root)) {
    const entry = join(view.root, name);
    if (lstatSync(entry).isFile() && lstatSync(entry).size < 1_000_000) appendFileSync(entry, 'attempt');
    else if (lstatSync(entry).isDirectory()) rmSync(entry, { recursive: true });
  }
  writeFileSync(join(view.root, 'made.txt'), 'made');
}

describeWith(['git'], 'a failed attempt', () => {
  const git = async (...args: string[]) => {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: root,
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@x',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@x',
    };
    const result = await plainSpawner.run({
      command: 'git',
      args,
      cwd: path,
      env,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    expect([args, result.stderr, result.exitCode]).toEqual([args, expect.any(String), 0]);
    return result.stdout;
  };

  it('leaves a dirty repository with untracked and ignored files as it was, to the byte', async () => {
    await git('init', '-q');
    for (const name of ['tracked.txt', 'changed.txt', 'staged.txt', 'deleted.txt'])
      writeFileSync(join(path, name), name);
    writeFileSync(join(path, '.gitignore'), 'ignored/\n');
    await git('add', '-A');
    await git('commit', '-qm', 'start');
    mkdirSync(join(path, 'ignored'));
    writeFileSync(join(path, 'ignored/cache.bin'), Buffer.from([1, 0, 2]));
    writeFileSync(join(path, 'untracked.txt'), 'untracked');
    appendFileSync(join(path, 'changed.txt'), ' dirty');
    appendFileSync(join(path, 'staged.txt'), ' staged');
    await git('add', 'staged.txt');
    rmSync(join(path, 'deleted.txt'));
    const before = describeTree(path, { times: true });
    const workspace = await open();
    rampage(workspace);
    workspace.checkpoint();
    writeFileSync(join(path, 'tracked.txt'), 'the user’s edit');
    await workspace.close();
    expect(readFileSync(join(path, 'tracked.txt'), 'utf8')).toBe('the user’s edit');
    const others = (tree: string) => tree.split('\n').filter((line) => !line.startsWith('tracked.txt '));
    expect(others(describeTree(path, { times: true }))).toEqual(others(before));
    expect((await git('status', '--porcelain')).split('\n')).toEqual([
      ' M changed.txt',
      ' D deleted.txt',
      'M  staged.txt',
      ' M tracked.txt',
      '?? untracked.txt',
      '',
    ]);
  });
});

describe.skipIf(process.platform !== 'linux' || !onPath('unshare'))(
  'a failed attempt in a large folder',
  () => {
    it(`leaves ${MANY} files and one of ${HUGE_BYTES / 1024 ** 2} MiB as they were, and takes under 1% of disk for it`, async () => {
      for (let index = 0; index < MANY; index += 1) {
        const folder = join(path, `d${index % 50}`);
        if (index < 50) mkdirSync(folder);
        writeFileSync(join(folder, `f${index}`), `file ${index}\n`.repeat(20));
      }
      const huge = openSync(join(path, 'huge.bin'), 'w');
      ftruncateSync(huge, HUGE_BYTES); // sparse, with a little at both ends
      writeSync(huge, 'start', 0);
      writeSync(huge, 'end', HUGE_BYTES - 3);
      closeSync(huge);
      const before = describeTree(path, { times: true, contentBytes: 1024 ** 2 });
      const workspace = await open();
      expect(workspace.kind).toBe('overlay');
      // Before anything was changed, and counted against what the folder really takes.
      expect(diskBytes(join(root, 'data'))).toBeLessThan(diskBytes(path) * 0.01);
      expect(statSync(join(workspace.view.root, 'huge.bin')).size).toBe(HUGE_BYTES);
      rampage(workspace);
      workspace.checkpoint();
      await workspace.close();
      expect(describeTree(path, { times: true, contentBytes: 1024 ** 2 })).toBe(before);
      expect(diskBytes(join(root, 'data'))).toBeLessThan(64 * 1024);
    }, 120_000);
  },
);
