// A hub as a source: ours, or the original's cloud.
import { OpenSpaceError } from '../../lib/index.ts';
import { apiUrlOf, createHubClient, type HubClient } from '../client.ts';
import type { HubRecord } from '../protocol.ts';
import type { Source, SourceWorld } from './source.ts';

/** `owner/name` as an address of a skill; a record id never holds a slash. */
const OWNER_AND_NAME = /^([a-z0-9._-]+)\/([^/]+)$/;

export function openHubSource(
  hubAddress: string,
  world: SourceWorld,
): Source & { readonly client: HubClient } {
  const client = createHubClient({
    baseUrl: hubAddress,
    apiKey: world.keyFor(apiUrlOf(hubAddress)),
    signal: world.signal,
    fetch: world.fetch,
  });
  const address = `hub:${client.apiUrl}`;
  const recordOf = async (id: string): Promise<HubRecord> => {
    const [, owner, name] = OWNER_AND_NAME.exec(id) ?? [];
    if (owner === undefined || name === undefined) return client.call('getRecord', { params: { id } });
    const skill = await client.call('getSkill', { params: { owner, name } });
    const head = skill.versions.find(({ record_id }) => record_id === skill.head_record_id);
    if (head === undefined) throw new OpenSpaceError('not-found', `"${id}" has no usable version.`);
    return head;
  };
  return {
    address,
    client,
    async search(query, limit) {
      const records = await client.call('search', { body: { query, limit } });
      return records.map((record) => ({
        source: address,
        id: record.record_id,
        name: record.name,
        description: record.description ?? '',
        record,
      }));
    },
    async fetch(id) {
      const record = await recordOf(id);
      return {
        name: record.name,
        id: record.record_id,
        revision: record.version_number === undefined ? null : String(record.version_number),
        files: await client.download(record.record_id),
        filesHash: record.files_hash,
        publication: record.publication,
      };
    },
    async newest(id) {
      const record = await recordOf(id);
      // What the group's results speak against is not an update: the version before it is.
      const head = record.head_record_id ?? record.record_id;
      const newest = head === record.record_id ? record : await recordOf(head);
      const fallback =
        newest.quality?.verdict === 'worse-than-parent' ? newest.quality.fallback_record_id : null;
      const chosen = fallback === null ? newest : await recordOf(fallback);
      return {
        id: chosen.record_id,
        revision: chosen.version_number === undefined ? null : String(chosen.version_number),
        filesHash: chosen.files_hash,
      };
    },
  };
}
