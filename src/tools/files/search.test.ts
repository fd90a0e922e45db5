import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder, toolContext } from '../../../test/support/tool-context.ts';
import { findTool, grepTool } from './find.ts';
import { compileGlob } from './glob.ts';
import { runGrep } from './run-search.ts';

function openWorkspace(files: Record<string, string | Uint8Array>) {
  const workspace = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(workspace, name, '..'), { recursive: true });
    writeFileSync(join(workspace, name), content);
  }
  const context = toolContext(workspace);
  return {
    workspace,
    find: (args: Record<string, unknown>, expected?: 'ok' | 'error') =>
      call(findTool(), args, context, expected),
    grep: (args: Record<string, unknown>, expected?: 'ok' | 'error') =>
      call(grepTool(), args, context, expected),
  };
}

describe('compileGlob', () => {
  it.each([
    ['*.ts', ['a.ts', 'src/b.ts', '.x.ts'], ['a.tsx', 'ts', 'a.ts/b']],
    ['src/*.ts', ['src/a.ts'], ['src/x/a.ts', 'a.ts']],
    ['src/**/*.ts', ['src/a.ts', 'src/x/y/a.ts'], ['lib/a.ts']],
    ['**/test/**', ['test/a', 'x/test/a/b'], ['tests/a']],
    ['**', ['a', 'a/b'], []],
    ['./src/a.ts', ['src/a.ts'], []],
    ['a?c', ['abc', 'a😀c'], ['ac', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx']],
    ['[!a-c]x', ['dx'], ['ax']],
    ['*.{js,ts}', ['a.js', 'b.ts'], ['a.css', 'a.{js,ts}']],
    ['{a,b{c,d}}/x', ['a/x', 'bc/x', 'bd/x'], ['b/x']],
    ['a{b}c', ['a{b}c'], ['abc']],
    ['[x', ['[x'], ['x']],
    ['\\*.md', ['*.md'], ['a.md']],
    ['a*b*c', ['abc', 'aXbYbZc'], ['acb']],
  ])('%s', (pattern, yes, no) => {
    const matches = compileGlob(pattern);
    expect(yes.filter((path) => !matches(path))).toEqual([]);
    expect(no.filter((path) => matches(path))).toEqual([]);
  });

  it('a pattern of many stars ends on a long name that does not fit', () => {
    expect(compileGlob(`${'*a'.repeat(200)}b`)(`${'a'.repeat(4000)}c`)).toBe(false);
    expect(compileGlob(`${'**/a/'.repeat(100)}b`)('a/'.repeat(2000))).toBe(false);
  });

  it('refuses a pattern with countless alternatives', () => {
    expect(() => compileGlob('{a,b}'.repeat(20))).toThrow(/more than 256 alternatives/);
  });

  it('a literal path matches itself and with a star for any part of it', () => {
    const name = fc.stringMatching(/^[a-z][a-z.]{0,5}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.nat(3), (names, at) => {
        const path = names.join('/');
        const starred = names.map((one, index) => (index === at ? `${one.slice(0, 1)}*` : one)).join('/');
        expect(compileGlob(path)(path)).toBe(true);
        expect(compileGlob(starred)(path)).toBe(true);
      }),
    );
  });
});

describe('find_files', () => {
  const project = {
    '.gitignore': 'dist/\n*.log\n!keep.log\n/only-root.txt\n',
    'a.ts': '',
    'b.log': '',
    'keep.log': '',
    'only-root.txt': '',
    'dist/out.ts': '',
    'src/c.ts': '',
    'src/only-root.txt': '',
    'src/.gitignore': 'gen/\n!*.log\n',
    'src/gen/d.ts': '',
    'src/e.log': '',
    '.git/config.ts': '',
  };

  it.each([
    [{ pattern: '*.ts' }, ['a.ts', 'src/c.ts']],
    [{ pattern: '*.log' }, ['keep.log', 'src/e.log']],
    [{ pattern: 'only-root.txt' }, ['src/only-root.txt']],
    [{ pattern: '*.ts', include_ignored: true }, ['a.ts', 'dist/out.ts', 'src/c.ts', 'src/gen/d.ts']],
    [{ pattern: '*', path: 'dist' }, ['dist/out.ts']],
    [{ pattern: '*.ts', path: 'src' }, ['src/c.ts']],
    [{ pattern: '*.zig' }, ['No file matches "*.zig" in ..']],
  ])('%j', async (args, expected) => {
    expect((await openWorkspace(project).find(args)).split('\n')).toEqual(expected);
  });

  it('does not follow links, also not in a circle', async () => {
    const { workspace, find } = openWorkspace({ 'a/x.ts': '' });
    symlinkSync('..', join(workspace, 'a', 'loop'));
    symlinkSync('/etc', join(workspace, 'etc'));
    expect((await find({ pattern: '**' })).split('\n')).toEqual(['a/loop', 'a/x.ts', 'etc']);
  });

  it('is bounded and says so', async () => {
    const { find } = openWorkspace(
      Object.fromEntries(Array.from({ length: 520 }, (_, index) => [`f${index}`, ''])),
    );
    const lines = (await find({ pattern: 'f*' })).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([501, '[more than 500; use a narrower pattern]']);
  });
});

describe('grep', () => {
  const project = {
    'a.txt': 'one\ntwo\nthree\nfour\ntwo again\n',
    'src/b.ts': 'const two = 2;\r\n',
    'bin.dat': Buffer.from('two\0\x01\x02'),
    'ignored.log': 'two',
    '.gitignore': '*.log',
    'wide.txt': Buffer.from('\ufefftwo', 'utf16le'),
  };

  it.each([
    [{ pattern: 'two' }, ['a.txt:2:two', 'a.txt:5:two again', 'src/b.ts:1:const two = 2;', 'wide.txt:1:two']],
    [{ pattern: '^TWO$', ignore_case: true, path: 'a.txt' }, ['a.txt:2:two']],
    [{ pattern: 'two', glob: '*.ts' }, ['src/b.ts:1:const two = 2;']],
    [{ pattern: 'two', path: 'src' }, ['src/b.ts:1:const two = 2;']],
    [{ pattern: 'th', context: 1 }, ['a.txt-2-two', 'a.txt:3:three', 'a.txt-4-four']],
    [
      { pattern: 'two', limit: 1 },
      ['a.txt:2:two', '[there are more matches; use a narrower pattern, path or glob]'],
    ],
    [{ pattern: 'absent' }, ['No match in 4 files.']],
    [{ pattern: 'a\\-z|\\d' }, ['src/b.ts:1:const two = 2;']],
  ])('%j', async (args, expected) => {
    expect((await openWorkspace(project).grep(args)).split('\n')).toEqual(expected);
  });

  it('names what is wrong with a pattern', async () => {
    expect(await openWorkspace(project).grep({ pattern: '(' }, 'error')).toMatch(
      /Invalid regular expression.*Unterminated group/,
    );
  });

  it('shows a long line around its match', async () => {
    const { grep } = openWorkspace({ 'min.js': `${'x'.repeat(100_000)}needle${'y'.repeat(100_000)}` });
    const text = await grep({ pattern: 'needle' });
    expect(text).toMatch(/^min\.js:1:…x+needley+…$/);
    expect(text.length).toBeLessThan(500);
  });

  it('stops a pattern that would never end, while the program goes on', async () => {
    const { workspace } = openWorkspace({ 'a.txt': `${'a'.repeat(60)}!` });
    const request = {
      kind: 'grep' as const,
      target: workspace,
      ignoreRoot: workspace,
      includeIgnored: false,
      pattern: '^(a+)+$',
      ignoreCase: false,
      glob: undefined,
      contextLines: 0,
      limit: 10,
    };
    let beats = 0;
    const searching = runGrep(request, new AbortController().signal, 700);
    const heart = setInterval(() => {
      beats += 1;
    }, 20);
    await expect(searching).rejects.toMatchObject({
      code: 'timeout',
      hint: expect.stringContaining('simpler'),
    });
    clearInterval(heart);
    expect(beats).toBeGreaterThan(2);

    const controller = new AbortController();
    const cancelled = runGrep(request, controller.signal);
    void sleep(50).then(() => controller.abort());
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });
});
