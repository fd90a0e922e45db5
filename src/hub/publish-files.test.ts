// What leaves the machine and what stays: the original sent whole folders with .env, .git and link targets.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { requirePublishable, reviewFiles, reviewFolder } from './publish-files.ts';

const SKILL = '---\nname: a\ndescription: b\n---\nText\n';
const key = `ghp_${'a1B2'.repeat(10)}`;

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-publish-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ 'SKILL.md': SKILL, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

it.each([
  '.env',
  '.env.local',
  'prod.env',
  '.git/config',
  'sub/.git/HEAD',
  '.skill_id',
  '.upload_meta.json',
  '.npmrc',
  'id_rsa',
  'keys/server.pem',
  'credentials.json',
  'node_modules/x/index.js',
  '__pycache__/a.pyc',
  '.DS_Store',
  '.vscode/settings.json',
  'notes.md~',
])('%s stays at home and is named', (path) => {
  const review = reviewFolder(folderWith({ [path]: 'x', 'scripts/run.sh': 'echo' }));
  expect([...review.files.keys()]).toEqual(['SKILL.md', 'scripts/run.sh']);
  expect(review.leftOut.some((entry) => path.startsWith(entry.path))).toBe(true);
  expect([...reviewFiles(new Map([[path, new Uint8Array()]])).files.keys()]).toEqual([]);
});

it('links are never followed, wherever they point', () => {
  const folder = folderWith({});
  const outside = mkdtempSync(join(tmpdir(), 'openspace-outside-'));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'note.txt'));
  symlinkSync(outside, join(folder, 'folder'));
  symlinkSync('SKILL.md', join(folder, 'inside.md'));
  const review = reviewFolder(folder);
  expect([...review.files.keys()]).toEqual(['SKILL.md']);
  expect(review.leftOut.map(({ path }) => path).sort()).toEqual(['folder', 'inside.md', 'note.txt']);
});

it('ignore files are followed, and are not sent', () => {
  const review = reviewFolder(
    folderWith({
      '.gitignore': 'build/\n',
      '.openspaceignore': 'draft-*.md\n',
      'build/x': 'x',
      'draft-1.md': 'x',
      'kept.md': 'x',
    }),
  );
  expect([...review.files.keys()]).toEqual(['SKILL.md', 'kept.md']);
});

it('a credential in any file refuses the whole upload, an example does not', () => {
  const leaky = reviewFolder(folderWith({ 'scripts/run.sh': `#!/bin/sh\nexport TOKEN=${key}\n` }));
  expect(leaky.refusals).toMatchObject([{ file: 'scripts/run.sh', line: 2, severity: 'block' }]);
  expect(() => requirePublishable(leaky)).toThrow(/scripts\/run.sh/);
  const example = reviewFolder(
    folderWith({ 'README.md': 'export OPENAI_API_KEY=sk-your-key-here\nAuthorization: Bearer <token>\n' }),
  );
  expect(example.refusals).toEqual([]);
});

it('too much is refused, and a folder without SKILL.md is none', () => {
  const large = reviewFolder(folderWith({ 'data.txt': 'x'.repeat(5_000_001) }));
  expect(() => requirePublishable(large)).toThrow(/Too large/);
  const empty = folderWith({});
  rmSync(join(empty, 'SKILL.md'));
  expect(() => reviewFolder(empty)).toThrow(/no SKILL.md/);
  expect(() => reviewFolder(join(empty, 'nothing'))).toThrow(/no folder/);
});
