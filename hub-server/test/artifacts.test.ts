// The artifact stores: one suite for the folder and for S3, the latter against s3rver, a real S3 server from npm.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/lib/index.ts';
import { type ArtifactStore, openFolderStore, openS3Store } from '../src/store/artifacts.ts';

/** s3rver is CommonJS without types: this is the part that is used. */
interface S3Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3Server;

const bytes = (text: string) => new TextEncoder().encode(text);

function suite(open: () => ArtifactStore): void {
  it('gives back what was put, lists it with its age, and removes it', async () => {
    const store = open();
    const data = bytes('an archive');
    const hash = sha256(data);
    await store.put(hash, data);
    await store.put(hash, data);
    expect(await store.get(hash)).toEqual(data);
    const listed = [];
    for await (const entry of store.list()) listed.push(entry);
    expect(listed.map((entry) => entry.hash)).toEqual([hash]);
    expect(Math.abs(Date.now() - (listed[0]?.storedAt.getTime() ?? 0))).toBeLessThan(600_000);
    await store.remove(hash);
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('takes nothing but hashes as names', async () => {
    for (const name of ['../x', 'ab', `${'a'.repeat(63)}/`, ''])
      await expect(open().put(name, bytes('x'))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('never gives bytes of another hash', async () => {
    const store = open();
    await store.put('a'.repeat(64), bytes('other bytes'));
    await expect(store.get('a'.repeat(64))).rejects.toMatchObject({ code: 'corrupt' });
    await store.remove('a'.repeat(64));
  });
}

describe('artifacts in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-artifacts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  suite(() => openFolderStore(join(folder, 'store')));

  it('leaves no half-written file behind', async () => {
    const store = openFolderStore(join(folder, 'other'));
    await store.put(sha256('x'), bytes('x'));
    expect(readdirSync(join(folder, 'other', sha256('x').slice(0, 2)))).toEqual([`${sha256('x')}.zip`]);
    writeFileSync(join(folder, 'other', 'stray'), 'x');
    for await (const { hash } of store.list()) expect(hash).toBe(sha256('x'));
  });
});

describe('artifacts in S3 (s3rver)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-s3-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'skills' }],
  });
  let url = '';
  const open = (bucket = 'skills') =>
    openS3Store({
      url: `${url}/${bucket}/hub`,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      region: 'us-east-1',
    });
  beforeAll(async () => {
    const { port } = await server.run();
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  suite(() => open());

  // s3rver does not compare version-4 signatures, so a wrong secret can't be tried here.
  it('a missing bucket is said', async () => {
    const nowhere = open('nothing').put(sha256('x'), bytes('x'));
    await expect(nowhere).rejects.toMatchObject({ code: 'config' });
  });
});
