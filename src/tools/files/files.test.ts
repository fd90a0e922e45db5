import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder, textOf, toolContext } from '../../../test/support/tool-context.ts';
import { plainSpawner } from '../../lib/index.ts';
import type { FileAccess } from './access.ts';
import { applyEdits, editTool } from './edit.ts';
import { decodeText, encodeText } from './encoding.ts';
import { listTool } from './find.ts';
import { readTool } from './read.ts';
import { writeTool } from './write.ts';

function openWorkspace(files: Record<string, string | Uint8Array> = {}, access: FileAccess = {}) {
  const workspace = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(workspace, name, '..'), { recursive: true });
    writeFileSync(join(workspace, name), content);
  }
  const context = toolContext(workspace);
  type Expected = 'ok' | 'error';
  return {
    workspace,
    context,
    at: (name: string) => join(workspace, name),
    text: (name: string) => readFileSync(join(workspace, name), 'utf8'),
    read: (args: Record<string, unknown>, expected?: Expected) =>
      call(readTool(access), args, context, expected),
    write: (path: string, content: string, expected?: Expected) =>
      call(writeTool(access), { path, content }, context, expected),
    edit: (path: string, edits: object[], expected?: Expected) =>
      call(editTool(access), { path, edits }, context, expected),
    list: (path: string, expected?: Expected) => call(listTool(access), { path }, context, expected),
  };
}
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('read_file', () => {
  it.each([
    ['plain text', 'a\nb\n', 'a\nb\n'],
    ['an empty file, told as empty', '', '(file is empty)'],
    ['text without a last line feed', 'a', 'a'],
    ['UTF-8 with a mark', '\ufeffgrüße', 'grüße'],
    ['CR LF kept', 'a\r\nb\r\n', 'a\r\nb\r\n'],
    ['UTF-16 little-endian', Buffer.from('\ufeffgrüße\n', 'utf16le'), 'grüße\n[encoding: utf-16le]'],
    ['UTF-16 big-endian', Buffer.from('\ufeffhé\n', 'utf16le').swap16(), 'hé\n[encoding: utf-16be]'],
    ['UTF-16 without a mark', Buffer.from('hello world\n', 'utf16le'), 'hello world\n[encoding: utf-16le]'],
    [
      'Latin text, told',
      Buffer.from('caf\xe9 \x93ok\x94\n', 'latin1'),
      'café “ok”\n[encoding: not valid UTF-8; read as Windows-1252]',
    ],
  ])('%s', async (_title, content, expected) => {
    expect(await openWorkspace({ file: content }).read({ path: 'file' })).toBe(expected);
  });

  it.each([
    [{ start_line: 3, end_line: 4 }, 'line 3\nline 4\n[lines 3-4 of 10; go on with start_line 5]'],
    [{ start_line: 9 }, 'line 9\nline 10\n[lines 9-10 of 10]'],
    [{ end_line: 1 }, 'line 1\n[lines 1-1 of 10; go on with start_line 2]'],
  ])('lines %j', async (range, expected) => {
    expect(await openWorkspace({ file: numbered(10) }).read({ path: 'file', ...range })).toBe(expected);
  });

  it.each([
    [{ start_line: 11 }, '"file" has only 10 lines.'],
    [{ start_line: 4, end_line: 3 }, 'end_line (3) is before start_line (4).'],
    [{ start_line: 0 }, /start_line/],
  ])('refuses lines %j with the reason', async (range, expected) => {
    const text = await openWorkspace({ file: numbered(10) }).read({ path: 'file', ...range }, 'error');
    expect(text).toMatch(expected);
  });

  it('gives a long file in windows that join to the whole', async () => {
    const content = Array.from({ length: 9_000 }, (_, index) => `${index} ${'é'.repeat(index % 90)}\n`).join(
      '',
    );
    const { read } = openWorkspace({ file: content });
    let joined = '';
    for (let start = 1, rounds = 0; rounds < 50; rounds += 1) {
      const text = await read({ path: 'file', start_line: start });
      const next = /\n\[lines [^\]]*?(?:start_line (\d+))?\]$/.exec(text);
      joined += next === null ? text : text.slice(0, next.index + 1);
      if (next?.[1] === undefined) break;
      start = Number(next[1]);
    }
    expect(joined).toBe(content);
  });

  it('cuts a line that is longer than a window and says so', async () => {
    const text = await openWorkspace({ file: `${'x'.repeat(1_000_000)}\nend\n` }).read({ path: 'file' });
    expect(text.length).toBeLessThan(61_000);
    expect(text).toMatch(/line 1 is too long: its last 940,001 characters are left out.*start_line 2\]$/);
  });

  it('reads a window of a huge file without reading the rest', async () => {
    const { at, read } = openWorkspace({ file: numbered(100) });
    const file = openSync(at('file'), 'r+');
    ftruncateSync(file, 5 * 1024 ** 3); // sparse
    closeSync(file);
    expect(await read({ path: 'file', start_line: 2, end_line: 3 }, 'ok')).toMatch(/is binary data, 5.0 GB/);
    writeFileSync(at('file'), numbered(100).repeat(45_000));
    expect(await read({ path: 'file', start_line: 2, end_line: 3 })).toBe(
      'line 2\nline 3\n[lines 2-3 of many; go on with start_line 4]',
    );
  });

  it('shows pictures and describes other binary files', async () => {
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 0]);
    const { context, read } = openWorkspace({
      'a.png': png,
      'big.png': Buffer.concat([png, Buffer.alloc(4_000_000)]),
      'a.zip': Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0]),
      odd: Uint8Array.from([1, 2, 3, 0, 255, 254, 7]),
    });
    const result = await readTool().run({ path: 'a.png' }, context);
    expect(result.parts[1]).toEqual({ type: 'image', data: png, mediaType: 'image/png' });
    expect(await read({ path: 'big.png' })).toMatch(/PNG picture, 3.8 MB. Too large to be shown/);
    expect(await read({ path: 'a.zip' })).toMatch(/is a ZIP archive/);
    expect(await read({ path: 'odd' })).toMatch(/is binary data, 7 bytes. Its content is not text/);
  });

  it('refuses folders, devices and pipes instead of waiting for them', async () => {
    const { workspace, read, context } = openWorkspace({ 'folder/x': '' });
    const request = {
      command: 'mkfifo',
      args: ['pipe'],
      cwd: workspace,
      env: { PATH: process.env.PATH ?? '' },
    };
    await plainSpawner.run({ ...request, timeoutMs: 5000, signal: context.signal });
    expect(await read({ path: 'pipe' }, 'error')).toMatch(/is not a file but a device, socket or pipe/);
    expect(await read({ path: 'folder' }, 'error')).toMatch(/is not a file but a folder; use list_dir/);
    expect(await read({ path: 'none.txt' }, 'error')).toMatch(/There is no file .*none\.txt/);
  });
});

describe('write_file', () => {
  it('creates files with their folders and replaces files, keeping permissions and links', async () => {
    const { write, text, at, workspace } = openWorkspace({ 'run.sh': 'old\n' });
    chmodSync(at('run.sh'), 0o751);
    symlinkSync('run.sh', at('link'));
    expect(await write('a/b/c.txt', 'x\ny')).toBe('Created a/b/c.txt (3 bytes, 2 lines).');
    expect(await write('link', 'new\n')).toBe('Replaced run.sh (4 bytes, 1 line).');
    expect([text('a/b/c.txt'), text('run.sh'), statSync(at('run.sh')).mode & 0o777]).toEqual([
      'x\ny',
      'new\n',
      0o751,
    ]);
    expect(readdirSync(workspace).sort()).toEqual(['a', 'link', 'run.sh']); // nothing staged is left
  });

  it('tells people what changed', async () => {
    const { context } = openWorkspace({ 'a.txt': 'one\ntwo\n' });
    const result = await writeTool().run({ path: 'a.txt', content: 'one\n2\n' }, context);
    expect(result.details).toMatchObject({ created: false, diff: expect.stringContaining('-two\n+2') });
  });

  it('refuses a folder and explains a failure of the system', async () => {
    const { write } = openWorkspace({ 'folder/x': '', file: '' });
    expect(await write('folder', '', 'error')).toBe('"folder" is there and is not a file.');
    expect(await write('file/below', '', 'error')).toMatch(/file\/below|ENOTDIR/);
    expect(await write(`${'n'.repeat(300)}`, '', 'error')).toMatch(/ENAMETOOLONG/);
  });
});

describe('edit_file', () => {
  const edit = (old_string: string, new_string: string, replace_all = false) => ({
    old_string,
    new_string,
    replace_all,
  });

  it.each([
    ['one place', 'a b c', [edit('b', 'x')], 'a x c'],
    ['every place', 'b b\nb', [edit('b', 'x', true)], 'x x\nx'],
    ['several edits in turn', 'a b', [edit('a', 'b2'), edit('b2 b', 'c')], 'c'],
    ['dollar signs are only dollar signs', 'a', [edit('a', "$& $1 $'")], "$& $1 $'"],
    ['LF finds CR LF and keeps it', 'a\r\nb\r\nc\r\n', [edit('a\nb\n', 'x\ny\nz\n')], 'x\r\ny\r\nz\r\nc\r\n'],
    ['new lines become CR LF in a CR LF file', 'a\r\nb\r\n', [edit('a', 'x\ny')], 'x\r\ny\r\nb\r\n'],
    ['mixed line ends stay as they are', 'a\r\nb\nc\n', [edit('b\nc', 'x\ny')], 'a\r\nx\ny\n'],
    ['special characters are literal', 'f(a.*[b]) {\r\n}', [edit('f(a.*[b]) {\n}', 'g')], 'g'],
    ['deletion', 'abc', [edit('b', '')], 'ac'],
  ])('%s', (_title, text, edits, expected) => {
    expect(applyEdits(text, edits)).toMatchObject({ ok: true, text: expected });
  });

  it.each([
    ['not there', 'alpha\n', [edit('zzzz qqqq', 'x')], /was not found. No line of the file is like it/],
    [
      'other indentation',
      'if (x) {\n    return 1;\n}\n',
      [edit('if (x) {\n  return 1;\n}', 'x')],
      /differs only in spaces or indentation. Lines 1-3 are nearest:\nif \(x\) \{\n {4}return 1;\n\}$/,
    ],
    [
      'nearly there',
      'const total = 10;\nconst other = 2;\n',
      [edit('const totl = 10;', 'x')],
      /Line 1 is nearest:\nconst total = 10;/,
    ],
    ['twice', 'a\nb\na\n', [edit('a', 'x')], /occurs 2 times \(lines 1, 3\).*replace_all/],
    ['no change', 'a', [edit('a', 'a')], /are the same/],
    ['the second one', 'a', [edit('a', 'b'), edit('a', 'c')], /^Edit 2 of 2: old_string was not found/],
  ])('refuses what is %s', (_title, text, edits, reason) => {
    const applied = applyEdits(text, edits);
    expect(applied).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('writes all edits or none', async () => {
    const { edit: run, text } = openWorkspace({ 'a.txt': 'one two\n' });
    expect(await run('a.txt', [edit('one', '1'), edit('three', '3')], 'error')).toMatch(
      /^a.txt was not changed. Edit 2/,
    );
    expect(text('a.txt')).toBe('one two\n');
    expect(await run('a.txt', [edit('one', '1'), edit('two', '2')])).toBe(
      'Changed a.txt: 2 replacements (line 1, 1).',
    );
    expect(text('a.txt')).toBe('1 2\n');
  });

  it('keeps encoding, mark and permissions', async () => {
    const { edit: run, at } = openWorkspace({
      'utf8.txt': '\ufeffä x\n',
      'utf16.txt': Buffer.from('\ufeffä x\n', 'utf16le'),
      'latin.txt': Buffer.from('\xe4 x\n', 'latin1'),
    });
    chmodSync(at('latin.txt'), 0o640);
    for (const name of ['utf8.txt', 'utf16.txt', 'latin.txt']) await run(name, [edit('x', 'ö')]);
    expect(readFileSync(at('utf8.txt'), 'utf8')).toBe('\ufeffä ö\n');
    expect(readFileSync(at('utf16.txt'), 'utf16le')).toBe('\ufeffä ö\n');
    expect(readFileSync(at('latin.txt'), 'latin1')).toBe('\xe4 \xf6\n');
    expect(statSync(at('latin.txt')).mode & 0o777).toBe(0o640);
    expect(await run('latin.txt', [edit('ö', '→')], 'error')).toMatch(/Windows-1252, which has no "→"/);
  });

  it('gives people a unified diff, and refuses binary files', async () => {
    const { context, edit: run } = openWorkspace({ 'a.txt': 'one\ntwo\n', b: Uint8Array.of(0, 1, 2, 0, 9) });
    const result = await editTool().run({ path: 'a.txt', edits: [edit('two', '2')] }, context);
    expect(result.details?.diff).toMatch(
      /^(=+\n)?--- a\.txt\t?\n\+\+\+ a\.txt\t?\n@@ -1,2 \+1,2 @@\n one\n-two\n\+2\n$/,
    );
    expect(await run('b', [edit('x', 'y')], 'error')).toBe('"b" is not text.');
  });

  it('any edit of a unique text gives the text with just that replaced', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ minLength: 1 }),
        fc.string(),
        fc.string(),
        (before, old, fresh, after) => {
          const text = `${before}<${old}>${after}`;
          const applied = applyEdits(text, [edit(`<${old}>`, `<${fresh}>`)]);
          const unique = text.split(`<${old}>`).length === 2 && old !== fresh;
          if (unique) expect(applied).toMatchObject({ ok: true, text: `${before}<${fresh}>${after}` });
          else expect(applied.ok).toBe(false);
        },
      ),
    );
  });
});

describe('encodings', () => {
  it('what is decoded is encoded to the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decodeText(bytes);
        if (decoded !== undefined)
          expect(new Uint8Array(encodeText(decoded.text, decoded.form))).toEqual(bytes);
      }),
    );
  });
});

describe('list_dir', () => {
  it('lists folders first, sizes, links and hidden files', async () => {
    const { list, at } = openWorkspace({ 'b.txt': 'x'.repeat(2048), '.hidden': '', 'z/in': '' });
    symlinkSync('nowhere', at('link'));
    expect(await list('.')).toBe('z/\n.hidden  0 bytes\nb.txt  2.0 KB\nlink -> nowhere');
    expect(await list('b.txt', 'error')).toMatch(/is a file, not a folder; use read_file/);
    expect(await list('none', 'error')).toBe('There is no "none".');
  });

  it('is bounded', async () => {
    const { list, at } = openWorkspace();
    for (let count = 0; count < 600; count += 1) writeFileSync(at(`f${count}`), '');
    const lines = (await list('.')).split('\n');
    expect(lines).toHaveLength(501);
    expect(lines.at(-1)).toBe('[100 more; use find_files]');
  });
});

describe('paths stay inside the allowed folders', () => {
  const outside = temporaryFolderOnce();
  const skills = temporaryFolderOnce();
  const denied: [string, (at: (name: string) => string) => string][] = [
    ['an absolute path', () => '/etc/passwd'],
    ['..', () => '../x.txt'],
    ['.. behind a folder that is there', () => 'sub/../../x.txt'],
    ['a neighbour with the same beginning', (at) => `${at('.')}-other/x.txt`],
    ['a link to a file', (at) => link('/etc/hostname', at('link'), 'link')],
    ['a link to a folder', (at) => link('/etc', at('etc'), 'etc/hostname')],
    ['a link in a chain', (at) => link('b', at('a'), link(outside(), at('b'), 'a/new.txt'))],
    ['the home', () => '~/x.txt'],
    ['a file to be made below a link', (at) => link(outside(), at('out'), 'out/new/deep.txt')],
    ['a link to nowhere', (at) => link(join(outside(), 'fresh'), at('dangling'), 'dangling')],
    ['a path with NUL', () => 'a\0b'],
  ];
  it.each(denied)('%s is refused for every tool', async (_title, prepare) => {
    const { read, write, edit, list, at } = openWorkspace({ 'sub/x': 'in' });
    const path = prepare(at);
    const reason = /outside of the allowed folders|not expanded|broken link|NUL/;
    expect(await read({ path }, 'error')).toMatch(reason);
    expect(await write(path, 'x', 'error')).toMatch(reason);
    expect(await edit(path, [{ old_string: 'a', new_string: 'b' }], 'error')).toMatch(reason);
    expect(await list(path, 'error')).toMatch(reason);
    expect(readdirSync(outside())).toEqual([]);
  });

  it('a read-only folder is read but never changed, a writable one is both', async () => {
    writeFileSync(join(skills(), 'SKILL.md'), 'text');
    const more = realpathSync(temporaryFolder());
    const access = { readOnlyRoots: [skills(), '/not/there'], writableRoots: [more] };
    const { read, write, edit } = openWorkspace({}, access);
    const path = join(skills(), 'SKILL.md');
    expect(await read({ path })).toBe('text');
    expect(await write(path, 'x', 'error')).toMatch(/may only be read, not changed/);
    expect(await edit(path, [{ old_string: 'text', new_string: 'b' }], 'error')).toMatch(/may only be read/);
    expect(readFileSync(path, 'utf8')).toBe('text');
    expect(await write(join(more, 'a'), 'x')).toMatch(/^Created/);
  });
});

/** Makes a link and returns the path to try. */
function link(target: string, path: string, tried: string): string {
  symlinkSync(target, path);
  return tried;
}

/** A folder for all cases of a suite, made when first asked for. */
function temporaryFolderOnce(): () => string {
  let folder: string | undefined;
  return () => {
    folder ??= realpathSync(mkdirTemporary());
    return folder;
  };
}

function mkdirTemporary(): string {
  const folder = join(process.env.HOME ?? '', `outside-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

it('a tool says exactly which argument is wrong', async () => {
  const { read, context } = openWorkspace();
  expect(await read({}, 'error')).toMatch(/read_file: the arguments are not right. "path": /);
  expect(await read({ path: 'a', lines: 3 }, 'error')).toMatch(/lines/);
  expect(textOf(await editTool().run({ path: 'a', edits: [{ old_string: 1 }] }, context))).toMatch(
    /"edits.0.old_string"/,
  );
});
