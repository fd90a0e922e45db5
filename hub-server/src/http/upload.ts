// Reads an upload: the original's multipart form with a repeated field `files`, or one zip archive.
import { PUBLISH_LIMITS } from '../../../src/hub/index.ts';
import { OpenSpaceError } from '../../../src/lib/index.ts';
import { type SkillFiles, unpackSkill } from '../../../src/skills/index.ts';
import { Refused } from '../domain/refuse.ts';

/** The files in a request's body. Throws `invalid`, `unsafe` or `too_large`. */
export async function readUpload(request: Request): Promise<SkillFiles> {
  const type = request.headers.get('content-type') ?? '';
  if (type.startsWith('application/zip')) return readZip(new Uint8Array(await request.arrayBuffer()));
  if (!type.startsWith('multipart/form-data'))
    throw new Refused('invalid', 'Send the files as multipart/form-data or as application/zip.');
  const files = new Map<string, Uint8Array>();
  for (const [field, value] of await readForm(request)) {
    if (field !== 'files') continue;
    if (typeof value === 'string') throw new Refused('invalid', 'A "files" field without a file name.');
    if (files.has(value.name)) throw new Refused('invalid', 'Two files have the same path.');
    if (files.size >= PUBLISH_LIMITS.maxFiles)
      throw new Refused('too_large', `At most ${PUBLISH_LIMITS.maxFiles} files.`);
    files.set(value.name, new Uint8Array(await value.arrayBuffer()));
  }
  return files;
}

async function readForm(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch (error) {
    if (error instanceof TypeError) throw new Refused('invalid', 'The multipart form is broken.');
    throw error;
  }
}

async function readZip(bytes: Uint8Array): Promise<SkillFiles> {
  try {
    return await unpackSkill(bytes, {
      maxFiles: PUBLISH_LIMITS.maxFiles,
      maxFileBytes: PUBLISH_LIMITS.maxFileBytes,
      maxTotalBytes: PUBLISH_LIMITS.maxTotalBytes,
    });
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    const code = error.code === 'too-large' ? 'too_large' : error.code === 'unsafe' ? 'unsafe' : 'invalid';
    throw new Refused(code, error.message);
  }
}
