import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onPath } from '../../test/support/needs.ts';
import { describeTree } from '../../test/support/tree.ts';
import { pathInside, plainSpawner, toRootPath, toShownPath } from '../lib/index.ts';
import {
  cleanLeftovers,
  layOutCase,
  listCases,
  openWorkspace,
  type SnapshotKind,
  undoRun,
  type Workspace,
} from './index.ts';
import { mergeTexts } from './merge.ts';

let root = '';
let path = '';
let dataHome = '';
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'openspace-workspace-, '));
  path = join(root, 'pro:ject');
  dataHome = join(root, 'data');
  mkdirSync(join(path, 'src/deep'), { recursive: true });
  writeFileSync(join(path, 'a.txt'), 'one\ntwo\nthree\nfour\nfive\n');
  writeFileSync(join(path, 'b.bin'), Buffer.from([0, 1, 2, 255]));
  writeFileSync(join(path, 'src/main.ts'), 'main\n');
  writeFileSync(join(path, 'src/deep/x.ts'), 'x\n', { mode: 0o640 });
  writeFileSync(join(path, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('a.txt', join(path, 'link'));
  await setTimeout(20); // so that the disk's clock has ticked
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = (kind: SnapshotKind, runId = 'run_1') => openWorkspace({ path, dataHome, runId, kind });

async function within<T>(
  kind: SnapshotKind,
  body: (workspace: Workspace) => T | Promise<T>,
  runId?: string,
): Promise<T> {
  const workspace = await open(kind, runId);
  try {
    return await body(workspace);
  } finally {
    await workspace.close();
  }
}

const canOverlay = process.platform === 'linux' && onPath('unshare');
const kinds: readonly SnapshotKind[] = canOverlay ? ['overlay', 'copy'] : ['copy'];

/** Changes of every kind, made through the view as file tools make them. */
function attempt(workspace: Workspace): void {
  const at = (name: string) => join(workspace.view.root, name);
  appendFileSync(at('a.txt'), 'six\n');
  writeFileSync(at('b.bin'), Buffer.from([9, 0]));
  writeFileSync(at('new.txt'), 'new\n', { mode: 0o600 });
  mkdirSync(at('made/deeper'), { recursive: true });
  writeFileSync(at('made/deeper/y'), 'y');
  rmSync(at('src/deep'), { recursive: true });
  chmodSync(at('run.sh'), 0o700);
  unlinkSync(at('link'));
  symlinkSync('b.bin', at('link'));
}

describe.each(kinds)('workspace as %s', (kind) => {
  it('leaves the folder as it was, to the byte and the second, when the attempt is thrown away', async () => {
    const before = describeTree(path, { times: true });
    await within(kind, async (workspace) => {
      attempt(workspace);
      workspace.checkpoint();
      expect(describeTree(path, { times: true })).toBe(before);
    });
    expect(describeTree(path, { times: true })).toBe(before);
    expect(readdirSync(join(dataHome, 'cache', 'workspaces'))).toEqual([]);
  });

  it('shows the changes, applies them, and undoes them', async () => {
    const before = describeTree(path);
    await within(kind, (workspace) => {
      attempt(workspace);
      const shown = workspace.diff();
      expect(shown.map((change) => `${change.change} ${change.path}`)).toEqual([
        'changed a.txt',
        'changed b.bin',
        'changed link',
        'added made/deeper/y',
        'added new.txt',
        'changed run.sh',
        'deleted src/deep',
        'deleted src/deep/x.ts',
      ]);
      expect(shown[0]?.diff).toContain('+six');
      expect(workspace.apply()).toMatchObject({ conflicts: [], held: [], merged: [] });
      expect(describeTree(path)).toBe(describeTree(workspace.view.root));
    });
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toContain('six');
    expect(existsSync(join(path, 'src/deep'))).toBe(false);
    const undone = undoRun({ dataHome, runId: 'run_1' });
    expect(undone.conflicts).toEqual([]);
    expect(describeTree(path)).toBe(before);
    expect(() => undoRun({ dataHome, runId: 'run_1' })).toThrow(/undone already/);
  });

  it('merges what the user edits meanwhile, and reports what can’t be merged, losing neither', async () => {
    await within(kind, async (workspace) => {
      const at = (name: string) => join(workspace.view.root, name);
      await setTimeout(20);
      workspace.checkpoint();
      writeFileSync(at('a.txt'), 'ONE\ntwo\nthree\nfour\nfive\n');
      writeFileSync(at('src/main.ts'), 'attempt\n');
      writeFileSync(at('b.bin'), Buffer.from([7, 0]));
      unlinkSync(at('run.sh'));
      rmSync(at('src/deep'), { recursive: true });
      writeFileSync(at('both.txt'), 'attempt');
      workspace.checkpoint();
      writeFileSync(join(path, 'a.txt'), 'one\ntwo\nthree\nfour\nFIVE\n');
      writeFileSync(join(path, 'src/main.ts'), 'user\n');
      unlinkSync(join(path, 'b.bin'));
      appendFileSync(join(path, 'run.sh'), 'echo user\n');
      writeFileSync(join(path, 'src/deep/user.ts'), 'user’s own\n');
      writeFileSync(join(path, 'both.txt'), 'user');
      writeFileSync(join(path, 'untouched.txt'), 'user');
      const result = workspace.apply();
      expect(result.merged).toEqual(['a.txt']);
      expect(result.conflicts.map(({ path }) => path).sort()).toEqual(
        expect.arrayContaining(['b.bin', 'both.txt', 'run.sh', 'src/main.ts']),
      );
      const kept = result.conflicts.find(({ path }) => path === 'src/main.ts')?.kept ?? '';
      expect(readFileSync(kept, 'utf8')).toBe('attempt\n');
    });
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    expect(readFileSync(join(path, 'src/main.ts'), 'utf8')).toBe('user\n');
    expect(existsSync(join(path, 'b.bin'))).toBe(false);
    expect(readFileSync(join(path, 'run.sh'), 'utf8')).toContain('echo user');
    expect(readFileSync(join(path, 'src/deep/user.ts'), 'utf8')).toBe('user’s own\n');
    expect(readFileSync(join(path, 'both.txt'), 'utf8')).toBe('user');
    expect(readFileSync(join(path, 'untouched.txt'), 'utf8')).toBe('user');
  });

  it('never overwrites an edit that came during the same tool call, even one of an editor that renames', async () => {
    await within(kind, (workspace) => {
      writeFileSync(join(workspace.view.root, 'a.txt'), 'attempt\n');
      writeFileSync(join(path, 'a.txt.new'), 'user\n');
      renameSync(join(path, 'a.txt.new'), join(path, 'a.txt'));
      expect(workspace.apply().conflicts.map((conflict) => conflict.path)).toContain('a.txt');
    });
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('user\n');
  });

  it('undoes around later edits of the user, and reports what stands in the way', async () => {
    await within(kind, (workspace) => {
      writeFileSync(join(workspace.view.root, 'a.txt'), 'ONE\ntwo\nthree\nfour\nfive\n');
      writeFileSync(join(workspace.view.root, 'src/main.ts'), 'attempt\n');
      workspace.apply();
    });
    appendFileSync(join(path, 'a.txt'), 'six\n');
    writeFileSync(join(path, 'src/main.ts'), 'user\n');
    const { restored, conflicts } = undoRun({ dataHome, runId: 'run_1' });
    expect(restored).toEqual(['a.txt']);
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('one\ntwo\nthree\nfour\nfive\nsix\n');
    expect(conflicts).toMatchObject([{ path: 'src/main.ts' }]);
    expect(readFileSync(conflicts[0]?.kept ?? '', 'utf8')).toBe('main\n');
    expect(readFileSync(join(path, 'src/main.ts'), 'utf8')).toBe('user\n');
  });

  it('holds back what would run on the machine later, unless it is accepted', async () => {
    mkdirSync(join(path, '.git/hooks'), { recursive: true });
    writeFileSync(join(path, '.git/config'), '[core]\n\tbare = false\n');
    const change = (workspace: Workspace) => {
      const at = (name: string) => join(workspace.view.root, name);
      writeFileSync(at('.git/hooks/pre-commit'), '#!/bin/sh\nevil\n', { mode: 0o755 });
      appendFileSync(at('.git/config'), '\tfsmonitor = evil\n');
      mkdirSync(at('.openspace'));
      writeFileSync(at('.openspace/config.json'), '{}');
      writeFileSync(at('.envrc'), 'evil');
      writeFileSync(at('fine'), 'fine');
    };
    await within(kind, (workspace) => {
      change(workspace);
      const result = workspace.apply();
      expect(result.applied).toEqual(['fine']);
      expect(result.held.map((item) => item.path)).toEqual([
        '.envrc',
        '.git/config',
        '.git/hooks/pre-commit',
        '.openspace',
        '.openspace/config.json',
      ]);
    });
    expect(readdirSync(join(path, '.git/hooks'))).toEqual([]);
    await within(
      kind,
      (workspace) => {
        change(workspace);
        appendFileSync(
          join(workspace.view.root, '.git/config'),
          '[remote "origin"]\n\turl = https://example.org/x.git\n',
        );
        expect(workspace.apply({ accept: () => true }).held).toEqual([]);
      },
      'run_2',
    );
    expect(existsSync(join(path, '.git/hooks/pre-commit'))).toBe(true);
  });

  it('keeps a repository whole when the user has used git meanwhile', async () => {
    mkdirSync(join(path, '.git/refs/heads'), { recursive: true });
    writeFileSync(join(path, '.git/refs/heads/main'), 'aaa\n');
    await within(kind, async (workspace) => {
      await setTimeout(20);
      workspace.checkpoint();
      writeFileSync(join(workspace.view.root, '.git/refs/heads/main'), 'bbb\n');
      writeFileSync(join(workspace.view.root, '.git/object'), 'o');
      workspace.checkpoint();
      writeFileSync(join(path, '.git/refs/heads/main'), 'ccc\n');
      const result = workspace.apply();
      expect(result.applied).toEqual([]);
      expect(result.conflicts.map((conflict) => conflict.path)).toEqual([
        '.git/object',
        '.git/refs/heads/main',
      ]);
    });
    expect(readFileSync(join(path, '.git/refs/heads/main'), 'utf8')).toBe('ccc\n');
  });

  it('shows the same files at both paths, and no link leads out of it', async () => {
    symlinkSync('/etc', join(path, 'out'));
    symlinkSync(path, join(path, 'self'));
    await within(kind, (workspace) => {
      const { view } = workspace;
      expect(toShownPath(view, toRootPath(view, 'src/main.ts'))).toBe(join(view.shown, 'src/main.ts'));
      expect(readFileSync(pathInside(view.root, 'src/../link'), 'utf8')).toContain('one');
      for (const outside of ['out/passwd', '../data', 'src/../../data']) {
        expect(() => pathInside(view.root, outside)).toThrow(/outside/);
      }
      if (kind === 'overlay') {
        expect(pathInside(view.root, 'self/a.txt')).toBe(join(view.root, 'a.txt'));
      }
    });
  });

  it('keeps the start as a case without secrets, and equal files once', async () => {
    writeFileSync(join(path, '.env'), 'API_KEY=canary-key');
    writeFileSync(join(path, 'notes.md'), `the key is sk-ant-api03-${'x'.repeat(40)}`);
    writeFileSync(join(path, 'copy.ts'), 'main\n');
    for (const run of ['run_1', 'run_2']) {
      await within(
        kind,
        (workspace) => {
          writeFileSync(join(workspace.view.root, 'src/main.ts'), 'attempt\n');
          workspace.keepCase('do it');
        },
        run,
      );
    }
    const [found] = listCases(dataHome);
    expect(listCases(dataHome)).toHaveLength(2);
    expect(found?.left_out.map((item) => item.path).sort()).toEqual(['.env', 'notes.md']);
    const target = join(root, 'replay');
    mkdirSync(target);
    layOutCase(dataHome, 'run_1', target);
    expect(readFileSync(join(target, 'src/main.ts'), 'utf8')).toBe('main\n');
    const stored = describeTree(join(dataHome, 'cases', 'blobs'))
      .split('\n')
      .filter((line) => !line.endsWith('folder'));
    expect(stored).toHaveLength(5); // a.txt, b.bin, main.ts with its twin, x.ts, run.sh
  });
});

describe('workspace', () => {
  it('rolls back what a killed process was applying, and sweeps its snapshot', async () => {
    const before = describeTree(path);
    const script = join(root, 'killed.ts');
    const door = new URL('./index.ts', import.meta.url).pathname;
    // Killed in the middle: `accept` is asked after the plan; the second-to-last step finds us gone.
    writeFileSync(
      script,
      `import { openWorkspace } from ${JSON.stringify(door)};
       import fs from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       const workspace = await openWorkspace({ path: ${JSON.stringify(path)}, dataHome: ${JSON.stringify(dataHome)}, runId: 'run_k' });
       for (const name of ['a.txt', 'src/main.ts', 'run.sh', 'new1', 'new2']) fs.writeFileSync(workspace.view.root + '/' + name, 'attempt ' + name);
       const rename = fs.renameSync;
       let left = 4;
       fs.renameSync = (from, to) => {
         if (String(to).startsWith(${JSON.stringify(path)}) && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
         rename(from, to);
       };
       syncBuiltinESMExports();
       workspace.apply();
       console.log('not killed');`,
    );
    const result = await plainSpawner.run({
      command: process.execPath,
      args: [script],
      cwd: root,
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 30_000,
      signal: new AbortController().signal,
    });
    expect(result).toMatchObject({ end: 'killed', stdout: '' });
    expect(describeTree(path)).not.toBe(before);
    expect(cleanLeftovers(dataHome)).toEqual({ folders: 1, rolledBack: ['run_k'] });
    expect(describeTree(path)).toBe(before);
    expect(cleanLeftovers(dataHome)).toEqual({ folders: 0, rolledBack: [] });
  });

  it('says so when there can be no snapshot, and refuses odd run ids', async () => {
    const workspace = await openWorkspace({ path, dataHome: join(path, '.data'), runId: 'run_1' });
    expect(workspace.kind).toBe('direct');
    expect(workspace.notes.join()).toMatch(/data home.*can’t be undone/);
    await workspace.close();
    await expect(openWorkspace({ path, dataHome, runId: '../x' })).rejects.toThrow(/no run id/);
    await expect(openWorkspace({ path: join(root, 'none'), dataHome, runId: 'x' })).rejects.toThrow(
      /no folder/,
    );
  });

  it('merges texts so that no line of either side is lost', () => {
    expect(mergeTexts('a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n')).toBe('A\nb\nC\n');
    expect(mergeTexts('a\n', 'b\n', 'c\n')).toBeUndefined();
    expect(mergeTexts('a\r\nb', 'a\r\nb\r\n', 'x\r\na\r\nb')).toBe('x\r\na\r\nb\r\n');
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n');
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''));
    fc.assert(
      fc.property(text, text, (start, changed) => {
        expect(mergeTexts(start, changed, start)).toBe(changed);
        expect(mergeTexts(start, start, changed)).toBe(changed);
        expect(mergeTexts(start, changed, changed)).toBe(changed);
      }),
    );
    const unique = fc.uniqueArray(fc.nat(999), { minLength: 5, maxLength: 20 });
    fc.assert(
      fc.property(unique, fc.nat(99), fc.nat(99), (numbers, first, second) => {
        const lines = numbers.map((number) => `${number}\n`);
        const [a, b] = [first % lines.length, second % lines.length];
        fc.pre(Math.abs(a - b) > 1);
        const attempt = lines.with(a, 'attempt\n').join('');
        const user = lines.with(b, 'user\n').join('');
        expect(mergeTexts(lines.join(''), attempt, user)).toBe(
          lines.with(a, 'attempt\n').with(b, 'user\n').join(''),
        );
      }),
    );
  });
});
