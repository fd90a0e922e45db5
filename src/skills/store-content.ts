// Contents of versions: blobs by sha256 and manifests (path → blob), each stored once.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Database, OpenSpaceError, sha256 } from '../lib/index.ts';
import type { SkillFiles } from './skill.ts';

/** Smaller blobs stay plain: deflate would cost a first start with 10,000 skills 1.5 s to save 30 MB. */
const COMPRESS_FROM_BYTES = 16 * 1024;

export interface Manifest {
  readonly filesHash: string;
  readonly entries: readonly { readonly path: string; readonly hash: string; readonly data: Uint8Array }[];
}

/** Hashes of the files and of the whole: sha256 over `hash  path` lines, sorted by path. */
export function describeFiles(files: SkillFiles): Manifest {
  const entries = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, data]) => ({ path, data, hash: sha256(data) }));
  return { filesHash: sha256(entries.map(({ path, hash }) => `${hash}  ${path}\n`).join('')), entries };
}

/** Writes blobs and manifests of `skills_blobs` and `skills_files`; call inside a transaction. */
export class ContentStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(manifest: Manifest): void {
    const known = this.#db.get('SELECT 1 FROM skills_files WHERE files_hash = ?', manifest.filesHash);
    if (known !== undefined) return;
    for (const { path, hash, data } of manifest.entries) {
      this.#putBlob(hash, data);
      this.#db.run(
        'INSERT INTO skills_files (files_hash, path, blob_hash) VALUES (?, ?, ?)',
        manifest.filesHash,
        path,
        hash,
      );
    }
  }

  #putBlob(hash: string, data: Uint8Array): void {
    if (this.#db.get('SELECT 1 FROM skills_blobs WHERE hash = ?', hash) !== undefined) return;
    const packed = data.length >= COMPRESS_FROM_BYTES ? deflateRawSync(data, { level: 6 }) : data;
    const pays = packed.length < data.length * 0.8;
    this.#db.run(
      'INSERT INTO skills_blobs (hash, size_bytes, encoding, data) VALUES (?, ?, ?, ?)',
      hash,
      data.length,
      pays ? 'deflate' : 'plain',
      pays ? packed : data,
    );
  }

  /** All files of a manifest; empty if the content was never known. */
  files(filesHash: string): Map<string, Uint8Array> {
    const rows = this.#db.all<BlobRow & { path: string }>(
      `SELECT f.path, b.hash, b.encoding, b.size_bytes, b.data
       FROM skills_files f JOIN skills_blobs b ON b.hash = f.blob_hash WHERE f.files_hash = ? ORDER BY f.path`,
      filesHash,
    );
    return new Map(rows.map((row) => [row.path, unpackBlob(row)]));
  }

  file(filesHash: string, path: string): Uint8Array | undefined {
    const row = this.#db.get<BlobRow>(
      `SELECT b.hash, b.encoding, b.size_bytes, b.data
       FROM skills_files f JOIN skills_blobs b ON b.hash = f.blob_hash WHERE f.files_hash = ? AND f.path = ?`,
      filesHash,
      path,
    );
    return row === undefined ? undefined : unpackBlob(row);
  }

  paths(filesHash: string): string[] {
    return this.#db
      .all<{ path: string }>('SELECT path FROM skills_files WHERE files_hash = ? ORDER BY path', filesHash)
      .map((row) => row.path);
  }

  /** Every path and size of a manifest, without the contents. */
  sizes(filesHash: string): { path: string; sizeBytes: number }[] {
    return this.#db.all(
      `SELECT f.path, b.size_bytes AS sizeBytes
       FROM skills_files f JOIN skills_blobs b ON b.hash = f.blob_hash WHERE f.files_hash = ? ORDER BY f.path`,
      filesHash,
    );
  }
}

interface BlobRow {
  readonly hash: string;
  readonly encoding: string;
  readonly size_bytes: number;
  readonly data: Uint8Array;
}

function unpackBlob(row: BlobRow): Uint8Array {
  const data =
    row.encoding === 'deflate' ? inflateRawSync(row.data, { maxOutputLength: row.size_bytes + 1 }) : row.data;
  if (data.length !== row.size_bytes)
    throw new OpenSpaceError('corrupt', `The library's blob ${row.hash} is damaged.`, {
      hint: 'Restore openspace.db from a backup; skill folders on disk are kept apart from it.',
    });
  return data;
}
