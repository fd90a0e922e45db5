// Where archives of versions lie, each under the hash of its bytes: a folder, or an S3-compatible store.
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { isAbsent, isPresent, OpenSpaceError, sha256, writeFileAtomic } from '../../../src/lib/index.ts';

export interface ArtifactStore {
  readonly kind: 'folder' | 's3';
  /** Stores bytes under their sha256. Storing the same again only makes them younger. */
  put(hash: string, bytes: Uint8Array): Promise<void>;
  /** Throws `corrupt` if the stored bytes have another hash, `not-found` if they are gone. */
  get(hash: string): Promise<Uint8Array>;
  remove(hash: string): Promise<void>;
  /** Every stored hash with its age. */
  list(): AsyncIterable<{ readonly hash: string; readonly storedAt: Date }>;
}

const HASH = /^[0-9a-f]{64}$/;

function requireHash(hash: string): string {
  if (HASH.test(hash)) return hash;
  throw new OpenSpaceError('invalid', `"${hash}" is no hash.`);
}

function checked(hash: string, bytes: Uint8Array): Uint8Array {
  if (sha256(bytes) === hash) return bytes;
  throw new OpenSpaceError('corrupt', `The stored archive ${hash} has other bytes than its hash says.`, {
    hint: 'Restore it from a backup.',
  });
}

const gone = (hash: string) => new OpenSpaceError('not-found', `The archive ${hash} is not in the store.`);

/** Archives as files `ab/abcd…zip` below a folder. Several processes may share it. */
export function openFolderStore(root: string): ArtifactStore {
  const pathOf = (hash: string) => join(root, requireHash(hash).slice(0, 2), `${hash}.zip`);
  return {
    kind: 'folder',
    async put(hash, bytes) {
      const path = pathOf(hash);
      const now = new Date();
      if (isPresent(path)) utimesSync(path, now, now);
      else writeFileAtomic(path, bytes);
    },
    async get(hash) {
      try {
        return checked(hash, new Uint8Array(readFileSync(pathOf(hash))));
      } catch (error) {
        throw isAbsent(error) ? gone(hash) : error;
      }
    },
    async remove(hash) {
      rmSync(pathOf(hash), { force: true });
    },
    async *list() {
      if (!isPresent(root)) return;
      for (const folder of readdirSync(root).filter((name) => /^[0-9a-f]{2}$/.test(name)))
        for (const name of readdirSync(join(root, folder))) {
          const hash = name.replace(/\.zip$/, '');
          const stats = statSync(join(root, folder, name), { throwIfNoEntry: false });
          if (HASH.test(hash) && stats !== undefined) yield { hash, storedAt: stats.mtime };
        }
    },
  };
}

export interface S3Options {
  /** `https://s3.example/bucket` (path style), with an optional prefix behind it. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const S3_TIMEOUT_MS = 30_000;

/** Archives as objects of a bucket, over the S3 protocol. */
export function openS3Store(options: S3Options): ArtifactStore {
  const client = new AwsClient({ ...options, service: 's3', retries: 3 });
  const base = new URL(options.url.replace(/\/+$/, ''));
  const [bucket = '', ...prefixParts] = base.pathname.slice(1).split('/');
  const prefix = prefixParts.map((part) => `${part}/`).join('');
  const urlOf = (hash: string) => `${base.origin}/${bucket}/${prefix}${requireHash(hash)}.zip`;
  const send = async (url: string, method: string, body?: Uint8Array<ArrayBuffer>) => {
    const response = await client.fetch(url, {
      method,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(S3_TIMEOUT_MS),
    });
    if (response.ok || response.status === 404) return response;
    const text = (await response.text()).slice(0, 300);
    throw new OpenSpaceError('network', `The artifact store answers ${response.status}: ${text}`);
  };
  return {
    kind: 's3',
    async put(hash, bytes) {
      const response = await send(urlOf(hash), 'PUT', new Uint8Array(bytes));
      await response.body?.cancel();
      if (response.status === 404) throw new OpenSpaceError('config', `There is no bucket "${bucket}".`);
    },
    async get(hash) {
      const response = await send(urlOf(hash), 'GET');
      if (response.status === 404) {
        await response.body?.cancel();
        throw gone(hash);
      }
      return checked(hash, new Uint8Array(await response.arrayBuffer()));
    },
    async remove(hash) {
      await (await send(urlOf(hash), 'DELETE')).body?.cancel();
    },
    async *list() {
      let after = '';
      for (;;) {
        const query = new URLSearchParams({
          'list-type': '2',
          prefix,
          ...(after === '' ? {} : { 'start-after': after }),
        });
        const xml = await (await send(`${base.origin}/${bucket}?${query}`, 'GET')).text();
        const found = [
          ...xml.matchAll(
            /<Contents>[\s\S]*?<Key>([^<]+)<\/Key>[\s\S]*?<LastModified>([^<]+)<\/LastModified>[\s\S]*?<\/Contents>/g,
          ),
        ];
        for (const [, key = '', modified = ''] of found) {
          const hash = key.slice(prefix.length).replace(/\.zip$/, '');
          if (HASH.test(hash)) yield { hash, storedAt: new Date(modified) };
          after = key;
        }
        if (found.length === 0 || !/<IsTruncated>true/.test(xml)) return;
      }
    },
  };
}
