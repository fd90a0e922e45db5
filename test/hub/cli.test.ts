// The commands of the hub as a user types them, against a server that behaves as the original's cloud does.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';
import { type OriginalCloud, startOriginalCloud } from './original-cloud.ts';

let cloud: OriginalCloud;
let user: TestUser;
const skill = (body: string) => `---\nname: notes\ndescription: Writes notes\n---\n${body}\n`;

beforeAll(async () => {
  cloud = await startOriginalCloud();
  user = makeUser({
    'notes/SKILL.md': skill('one'),
    'notes/.env': 'KEY=secret-value',
    'notes/run.sh': 'echo',
  });
});
afterAll(async () => {
  await cloud.close();
  user.remove();
});
const env = () => ({ OPENSPACE_API_KEY: cloud.key, OPENSPACE_API_BASE: cloud.apiUrl });
const run = (...args: string[]) => runCli(user, args, { env: env(), cwd: user.home });
const Uploaded = z.object({
  status: z.string(),
  record_id: z.string(),
  visibility: z.string(),
  file_count: z.number(),
});

it('uploading prints nothing but JSON on stdout, sends no .env, and is private unless said otherwise', async () => {
  const dry = await run('upload-skill', '--skill-dir', 'notes', '--visibility', 'public', '--dry-run');
  expect([dry.code, dry.stdout, cloud.requests.length]).toEqual([0, '', 0]);
  expect(dry.stderr).toContain('left out: .env');
  const done = await run('upload-skill', './notes'); // the form that the original's README shows
  expect(done.code).toBe(0);
  expect(Uploaded.parse(JSON.parse(done.stdout))).toMatchObject({
    status: 'success',
    visibility: 'private',
    file_count: 2,
  });
  expect(cloud.forms.at(-1)?.map(({ name }) => name)).toEqual(['SKILL.md', 'run.sh']);
  const wrong = await run('upload-skill', 'notes', '--origin', 'fixed');
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
}, 60_000);

it('downloading refuses what is there, and --force really replaces it', async () => {
  const id = await cloud.add(
    'notes',
    new Map([['SKILL.md', new TextEncoder().encode(skill('from the cloud'))]]),
  );
  const first = await run('download-skill', '--skill-id', id, '--output-dir', 'out');
  expect(JSON.parse(first.stdout)).toMatchObject({ status: 'success', skill_id: id, files: ['SKILL.md'] });
  const file = join(user.home, 'out', 'notes', 'SKILL.md');
  expect(readFileSync(join(user.home, 'out', 'notes', '.skill_id'), 'utf8')).toBe(`${id}\n`);
  writeFileSync(file, 'changed');
  const second = await run('download-skill', id, 'out');
  expect([second.code, second.stdout, readFileSync(file, 'utf8')]).toEqual([1, '', 'changed']);
  expect((await run('download-skill', id, 'out', '--force')).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('from the cloud');
  const bad = await cloud.add('evil', new TextEncoder().encode('no archive'));
  expect((await run('download-skill', bad, 'out')).code).toBe(1);
  expect(existsSync(join(user.home, 'out', 'evil'))).toBe(false);
}, 60_000);

it('without a key it says what to do, and without a hub too', async () => {
  const noKey = await runCli(user, ['upload-skill', 'notes'], {
    cwd: user.home,
    env: { OPENSPACE_API_BASE: cloud.apiUrl },
  });
  expect([noKey.code, noKey.stdout]).toEqual([2, '']);
  expect(noKey.stderr).toContain('OPENSPACE_API_KEY');
  const noHub = await runCli(user, ['hub', 'publish', 'notes'], { cwd: user.home });
  expect(noHub.stderr).toContain('openspace hub login');
}, 60_000);

it('a source without a server: added, found, installed into a folder, verified, broken, put right by --frozen', async () => {
  mkdirSync(join(user.home, 'shelf'), { recursive: true });
  mkdirSync(join(user.home, 'shelf', 'tables'));
  writeFileSync(
    join(user.home, 'shelf', 'tables', 'SKILL.md'),
    '---\nname: tables\ndescription: Reads tables\n---\nx\n',
  );
  const plain = (...args: string[]) => runCli(user, ['hub', ...args], { cwd: user.home });
  expect((await plain('add', './shelf')).code).toBe(0);
  const found = await plain('search', 'tables', '--json');
  expect(JSON.parse(found.stdout)).toMatchObject({ count: 1, results: [{ name: 'tables' }] });
  expect((await plain('install', 'tables', '--to', 'mine')).code).toBe(0);
  writeFileSync(join(user.home, 'mine', 'tables', 'SKILL.md'), 'changed');
  expect((await plain('verify', '--to', 'mine')).code).toBe(1);
  expect((await plain('install', '--frozen', '--to', 'mine')).code).toBe(0);
  expect((await plain('verify', '--to', 'mine')).code).toBe(0);
}, 90_000);
