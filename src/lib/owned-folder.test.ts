import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findOrphans,
  isProcessAlive,
  makeOwnedFolder,
  removeTree,
  sweepOwnedFolders,
} from './owned-folder.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'openspace-owned-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('owned folders', () => {
  it('are left alone while their process lives, and swept when it is gone', () => {
    const mine = makeOwnedFolder(root);
    writeFileSync(join(mine.path, 'file'), 'x');
    mkdirSync(join(root, '999999999-abcdef123456'));
    mkdirSync(join(root, 'something else'));
    expect(sweepOwnedFolders(root)).toEqual([join(root, '999999999-abcdef123456')]);
    expect(readdirSync(root).sort()).toEqual([mine.path.slice(root.length + 1), 'something else'].sort());
    mine.close();
    mine.close();
    expect(readdirSync(root)).toEqual(['something else']);
  });

  it('are swept when their process id was given to another process, and not when they belong to another machine', () => {
    const reused = join(root, `${process.pid}-aaaaaaaaaaaa`);
    mkdirSync(reused);
    writeFileSync(join(reused, '.owner'), `${hostname()}\n${process.pid}\n1`);
    const foreign = join(root, '999999999-bbbbbbbbbbbb');
    mkdirSync(foreign);
    writeFileSync(join(foreign, '.owner'), 'another-machine\n999999999\n1');
    expect(findOrphans(root)).toEqual(process.platform === 'linux' ? [reused] : []);
    expect(findOrphans(join(root, 'none'))).toEqual([]);
  });

  it('can be removed whatever is in them: closed folders, and paths longer than the system allows', () => {
    const folder = join(root, 'hard');
    mkdirSync(join(folder, 'closed', 'inner'), { recursive: true });
    chmodSync(join(folder, 'closed', 'inner'), 0);
    chmodSync(join(folder, 'closed'), 0);
    // Built from the inside out, since no path could name the whole.
    let deep = join(root, 'seed');
    mkdirSync(deep);
    for (let level = 0; level < 30; level += 1) {
      const outer = join(root, `level-${level}`);
      mkdirSync(outer);
      renameSync(deep, join(outer, 'x'.repeat(200)));
      deep = outer;
    }
    renameSync(deep, join(folder, 'deep'));
    removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('removes what is nested deeper than files may be open', () => {
    const folder = join(root, 'very-deep');
    const module = new URL('./owned-folder.ts', import.meta.url).href;
    const script = `
      import { mkdirSync } from 'node:fs';
      import { removeTree } from '${module}';
      const [folder] = process.argv.slice(1);
      mkdirSync(folder);
      process.chdir(folder);
      for (let level = 0; level < 1500; level += 1) { mkdirSync('d'); process.chdir('d'); }
      process.chdir('/');
      removeTree(folder);`;
    const limited = 'ulimit -n 256; exec "$0" --input-type=module -e "$1" "$2"';
    const { stderr, status } = spawnSync('bash', ['-c', limited, process.execPath, script, folder], {
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(existsSync(folder)).toBe(false);
  });

  it('know living processes', () => {
    expect(isProcessAlive(process.pid)).toBe(true);
    expect(isProcessAlive(999_999_999)).toBe(false);
  });
});
