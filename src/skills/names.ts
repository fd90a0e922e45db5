// Names of skills and ids of versions: the rules of the Agent Skills format, the shapes of the original.
import type { World } from '../lib/index.ts';
import type { VersionId } from './skill.ts';
import { trimText } from './skill-text.ts';

/** Longest name that the Agent Skills format allows. */
export const NAME_MAX = 64;
/** Longest name that we make ourselves: leaves room for a suffix. */
const OWN_NAME_MAX = 50;
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** True for a name that every host takes. */
export function isSkillName(name: string): boolean {
  return name.length <= NAME_MAX && NAME.test(name);
}

function cutAtHyphen(slug: string, max: number): string {
  if (slug.length <= max) return slug;
  const cut = slug.slice(0, max);
  const hyphen = cut.lastIndexOf('-');
  return (hyphen > max / 2 ? cut.slice(0, hyphen) : cut).replace(/-+$/, '');
}

/** Turns any text into a valid name of at most 50 characters; `skill` if nothing of it can be kept. */
export function toSkillName(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return cutAtHyphen(slug, OWN_NAME_MAX) || 'skill';
}

/** A name that is not taken: `name`, else `name-` and a suffix, cut so that the suffix always stays whole. */
export function freeSkillName(wanted: string, isTaken: (name: string) => boolean, world: World): string {
  const name = toSkillName(wanted);
  let candidate = name;
  while (isTaken(candidate)) {
    const suffix = world.randomHex(3);
    candidate = `${cutAtHyphen(name, OWN_NAME_MAX - suffix.length - 1)}-${suffix}`;
  }
  return candidate;
}

const UNFIT_FOR_ID = /[\p{Cc}\p{Cf}\p{Z}/\\:"'`<>|?*\uFEFF]+/gu;

/**
 * A new id of a version: `name__v2_ab12cd34`, or `name__imp_ab12cd34` for the first version of an imported skill.
 * The name part is decoration: ids are compared as a whole.
 */
export function newVersionId(name: string, number: number | 'imported', world: World): VersionId {
  const prefix = trimText(name).replace(UNFIT_FOR_ID, '-').slice(0, 100) || 'skill';
  const part = number === 'imported' ? 'imp' : `v${number}`;
  return `${prefix}__${part}_${world.randomHex(4)}` as VersionId;
}

/** The id in a `.skill_id` sidecar; `undefined` if it is empty or nothing that could be an id. */
export function parseSkillId(text: string): VersionId | undefined {
  const id = trimText(text.replace(/^\uFEFF/, ''));
  if (id === '' || id.length > 200 || /[\p{Cc}\p{Cf}\p{Z}/\\"'`]/u.test(id) || /^\.+$/.test(id))
    return undefined;
  return id as VersionId;
}

/** What belongs into a `.skill_id` sidecar. */
export function formatSkillId(id: VersionId): string {
  return `${id}\n`;
}
