// Publishing one version: parents checked, files staged, record made, the hub's conflicts answered.
import { OpenSpaceError, realWorld, type World } from '../lib/index.ts';
import { diffFiles, type SkillFiles } from '../skills/index.ts';
import type { HubClient } from './client.ts';
import { describeSkill, hashOfFiles } from './content.ts';
import { HubError } from './http.ts';
import { type CloudOrigin, type HubRecord, parentsProblem, type Visibility } from './protocol.ts';
import { type SigningKey, signStatement } from './statements.ts';

export interface PublishRequest {
  /** Reviewed files: see publish-files.ts. */
  readonly files: SkillFiles;
  readonly fallbackName: string;
  /** Default `private`. */
  readonly visibility?: Visibility;
  readonly group?: string | undefined;
  readonly origin?: CloudOrigin;
  /** Record ids of the hub. */
  readonly parents?: readonly string[];
  readonly tags?: readonly string[];
  readonly createdBy?: string | undefined;
  readonly changeSummary?: string | undefined;
  readonly expectedHead?: string | null | undefined;
  readonly proposal?: boolean;
  readonly signingKey?: SigningKey | undefined;
  readonly world?: World;
}

/** As the original's client gives it back, so that programs that read it go on working. */
export type PublishResult =
  | {
      readonly status: 'success';
      readonly action: 'created' | 'exists (idempotent)';
      readonly record_id: string;
      readonly name: string;
      readonly description: string;
      readonly visibility: string;
      readonly origin: CloudOrigin;
      readonly parent_skill_ids: readonly string[];
      readonly artifact_id: string;
      readonly file_count: number;
      readonly record: HubRecord;
    }
  | { readonly status: 'duplicate'; readonly message: string; readonly existing_record_id: string };

/** Publishes files as a version. Throws `invalid` for parents that do not fit, before anything is sent. */
export async function publishSkill(client: HubClient, request: PublishRequest): Promise<PublishResult> {
  const { files, visibility = 'private', origin = 'imported', parents = [], world = realWorld } = request;
  const skill = describeSkill(files, request.fallbackName);
  if (skill === undefined) throw new OpenSpaceError('not-found', 'There is no SKILL.md among the files.');
  const problem = parentsProblem(origin, parents.length);
  if (problem !== undefined) throw new OpenSpaceError('invalid', `This can't be published: ${problem}.`);
  const staged = await client.stage(files);
  const filesHash = hashOfFiles(files);
  if (staged.files_hash !== undefined && staged.files_hash !== filesHash)
    throw new OpenSpaceError('unsafe', 'The hub received other files than were sent.');
  const contentDiff = visibility === 'public' ? await diffToParent(client, files, parents) : undefined;

  const create = (recordId: string) =>
    client.createRecord({
      record_id: recordId,
      artifact_id: staged.artifact_id,
      origin,
      visibility,
      parent_skill_ids: [...parents],
      tags: [...new Set([...skill.tags, ...(request.tags ?? [])])],
      level: 'workflow',
      ...(request.createdBy === undefined ? {} : { created_by: request.createdBy }),
      ...(request.changeSummary === undefined ? {} : { change_summary: request.changeSummary }),
      ...(contentDiff === undefined ? {} : { content_diff: contentDiff }),
      ...(request.group === undefined ? {} : { group: request.group }),
      ...(request.expectedHead === undefined ? {} : { expected_head: request.expectedHead }),
      ...(request.proposal === true ? { proposal: true } : {}),
      ...(request.signingKey === undefined
        ? {}
        : {
            publication: signStatement(request.signingKey, {
              type: 'openspace.publication/1',
              record_id: recordId,
              name: skill.name,
              files_hash: filesHash,
              parents: [...parents],
              created_at: world.now().toISOString(),
            }),
          }),
    });
  const newId = () => newRecordId(skill.name, world);
  const outcome = await createOrDuplicate(create, newId);
  if ('existing' in outcome)
    return {
      status: 'duplicate',
      message: 'The hub has a record with exactly these files.',
      existing_record_id: outcome.existing,
    };
  const { record, created } = outcome;
  return {
    status: 'success',
    action: created ? 'created' : 'exists (idempotent)',
    record_id: record.record_id,
    name: skill.name,
    description: skill.description,
    visibility,
    origin,
    parent_skill_ids: parents,
    artifact_id: staged.artifact_id,
    file_count: staged.stats?.file_count ?? files.size,
    record,
  };
}

/** `name__clo_ab12cd34`; characters that an id must not have become hyphens. */
export function newRecordId(name: string, world: World): string {
  const prefix =
    name
      .replace(/[\p{Cc}\p{Cf}/\\"'`<>?#%]+/gu, '-')
      .trim()
      .slice(0, 100) || 'skill';
  return `${prefix}__clo_${world.randomHex(4)}`;
}

/** Makes the record; an id that is taken by other files is tried once more under a new one. */
async function createOrDuplicate(
  create: (id: string) => Promise<{ record: HubRecord; created: boolean }>,
  newId: () => string,
): Promise<{ record: HubRecord; created: boolean } | { existing: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create(newId());
    } catch (error) {
      if (!(error instanceof HubError) || error.status !== 409) throw error;
      const { error: code, existing_record_id: existing } = error.reply;
      if (code === 'fingerprint_record_id_conflict' && existing !== undefined) return { existing };
      if (code !== 'record_id_fingerprint_conflict' || attempt > 1) throw error;
    }
  }
}

/** For readers of a public record: all lines as added, or the change to the only parent. Undefined where it can't be told. */
async function diffToParent(
  client: HubClient,
  files: SkillFiles,
  parents: readonly string[],
): Promise<string | undefined> {
  const [parent, ...others] = parents;
  if (parent === undefined) return diffFiles(new Map(), files);
  if (others.length > 0) return undefined;
  try {
    return diffFiles(await client.download(parent), files);
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code !== 'cancelled') return undefined; // the diff is an extra
    throw error;
  }
}
