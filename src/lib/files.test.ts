import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isInside, isPlainRelativePath, makeFolder, pathInside, writeFileAtomic } from './files.ts';

function inFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-files-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('writeFileAtomic', () => {
  it('makes the folders, replaces the file and leaves nothing beside it', () => {
    const folder = inFolder();
    const path = join(folder, 'a', 'b.txt');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, Buffer.from('two'));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.txt']);
  });

  it('keeps permissions when asked to, whatever the umask', () => {
    const path = join(inFolder(), 'script');
    writeFileSync(path, 'old');
    chmodSync(path, 0o2775);
    writeFileAtomic(path, 'new', { keepAttributes: true });
    expect(statSync(path).mode & 0o7777).toBe(0o2775);
    writeFileAtomic(path, 'private', { mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('leaves the old file and nothing else when it fails', () => {
    const folder = inFolder();
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'x'), '');
    expect(() => writeFileAtomic(join(folder, 'taken'), 'text')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(existsSync(join(folder, 'taken', 'x'))).toBe(true);
  });
});

describe('makeFolder', () => {
  it('makes all that is missing with the mode, and is content with what is there', () => {
    const folder = inFolder();
    makeFolder(join(folder, 'a', 'b', 'c'), 0o700);
    makeFolder(join(folder, 'a', 'b', 'c'), 0o700);
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  it('tells what is in the way', () => {
    const folder = inFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
    expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow(/ENOTDIR/);
  });
});

describe('paths', () => {
  it.each([
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a', '/a/../b', false],
    ['/a', '/a/..b', true],
    ['/', '/x', true],
  ])('isInside(%s, %s) is %s', (root, path, expected) => expect(isInside(root, path)).toBe(expected));

  it.each([
    ['a/b.txt', true],
    ['', false],
    ['/a', false],
    ['a/../b', false],
    ['./a', false],
    ['a//b', false],
    ['C:\\x', false],
    ['a\0', false],
  ])('isPlainRelativePath(%j) is %s', (path, expected) => expect(isPlainRelativePath(path)).toBe(expected));

  it('pathInside follows links and lets none leave', () => {
    const folder = inFolder();
    mkdirSync(join(folder, 'root', 'in'), { recursive: true });
    symlinkSync(join(folder, 'root', 'in'), join(folder, 'root', 'good'));
    symlinkSync(folder, join(folder, 'root', 'bad'));
    const root = join(folder, 'root');
    expect(pathInside(root, 'good/new/file')).toBe(join(root, 'in', 'new', 'file'));
    for (const path of ['bad/x', '../x', '/etc/passwd', 'in/../../x'])
      expect(() => pathInside(root, path)).toThrow(expect.objectContaining({ code: 'denied' }));
  });
});
