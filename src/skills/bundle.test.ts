// Archives: what goes in comes out, and what could do harm is refused whole.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../test/support/zip.ts';
import { OpenSpaceError } from '../lib/index.ts';
import { DEFAULT_BUNDLE_LIMITS, packSkill, unpackSkill } from './bundle.ts';
import { encodeText } from './skill-text.ts';

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenSpaceError)) throw new Error(`was not refused properly: ${String(error)}`);
  return error.code;
}

const FILES = new Map([
  ['SKILL.md', encodeText('---\nname: x\n---\n')],
  ['assets/logo.png', new Uint8Array([0, 255, 1, 2])],
  ['文档/é.md', encodeText('内容')],
]);

describe('archives', () => {
  it('give back all files, binaries too (W12)', async () => {
    const segment = fc.stringMatching(/^[a-z][a-z0-9._ -]{0,10}[a-z]$/);
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 300 })), {
          selector: ([name]) => name.split('/')[0],
          maxLength: 8,
        }),
        async (entries) => {
          const files = new Map(entries.map(([name, bytes]) => [name, new Uint8Array(bytes)]));
          const unpacked = await unpackSkill(await packSkill(files));
          expect([...unpacked].sort()).toEqual([...files].sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the same bytes for the same files, in whatever order they come', async () => {
    const once = await packSkill(FILES);
    expect(await packSkill(new Map([...FILES].reverse()))).toEqual(once);
  });

  for (const [title, entries, code] of [
    ['a path that climbs out', [{ name: '../evil.md' }], 'unsafe'],
    ['a path that climbs out further in', [{ name: 'a/../../evil' }], 'unsafe'],
    ['a sibling of the folder', [{ name: '../skill-evil/x' }], 'unsafe'],
    ['an absolute path', [{ name: '/etc/cron.d/x' }], 'unsafe'],
    ['a drive', [{ name: 'C:/x' }], 'unsafe'],
    ['backslashes', [{ name: '..\\evil' }], 'unsafe'],
    [
      'a symbolic link',
      [{ name: 'SKILL.md' }, { name: 'link', data: '/etc/passwd', mode: 0o120777 }],
      'unsafe',
    ],
    ['a device', [{ name: 'dev', mode: 0o060644 }], 'unsafe'],
    ['the same path twice', [{ name: 'a.md' }, { name: 'a.md' }], 'unsafe'],
    ['paths that differ in case only', [{ name: 'a.md' }, { name: 'A.md' }], 'unsafe'],
    ['a file that is a folder, too', [{ name: 'a' }, { name: 'a/b' }], 'unsafe'],
    ['a line break in a path', [{ name: 'a\nb' }], 'unsafe'],
  ] as const)
    it(`refuse ${title}`, async () => {
      expect(await codeOf(zipOf(entries).then((bytes) => unpackSkill(bytes)))).toBe(code);
    });

  it('refuse to unpack more than they may: files, one file, all together', async () => {
    const limits = { ...DEFAULT_BUNDLE_LIMITS, maxFiles: 3, maxFileBytes: 1_000, maxTotalBytes: 1_500 };
    const zeros = (size: number) => new Uint8Array(size);
    const pack = (...sizes: number[]) =>
      packSkill(new Map(sizes.map((size, index) => [`f${index}`, zeros(size)])));
    expect(await codeOf(unpackSkill(await pack(1, 1, 1, 1), limits))).toBe('too-large');
    expect(await codeOf(unpackSkill(await pack(1_001), limits))).toBe('too-large');
    expect(await codeOf(unpackSkill(await pack(800, 800), limits))).toBe('too-large');
    expect((await unpackSkill(await pack(800, 700), limits)).size).toBe(2);
    expect(await codeOf(unpackSkill(await pack(60 * 2 ** 20)))).toBe('too-large'); // 60 KB packed
  });

  it('refuse entries whose header lies about their size', async () => {
    const bytes = Buffer.from(await packSkill(new Map([['f', new Uint8Array(5_000)]])));
    const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt32LE(10, central + 24);
    expect(['invalid', 'too-large']).toContain(await codeOf(unpackSkill(new Uint8Array(bytes))));
  });

  for (const [title, bytes] of [
    ['nothing', new Uint8Array()],
    ['something else', encodeText('not a zip at all, but long enough to be looked at')],
  ] as const)
    it(`refuse ${title}`, async () => expect(await codeOf(unpackSkill(bytes))).toBe('invalid'));

  it('refuse an archive that was cut off', async () => {
    const whole = await packSkill(FILES);
    expect(await codeOf(unpackSkill(whole.slice(0, whole.length - 30)))).toBe('invalid');
  });

  it('refuse to pack a path that leads out', async () => {
    expect(await codeOf(packSkill(new Map([['../x', encodeText('x')]])))).toBe('unsafe');
  });
});
