// A web address as a source: an index of skills (`.well-known`, both published forms), or a file beside it.
import { z } from 'zod';
import { OpenSpaceError, parseJson, sha256 } from '../../lib/index.ts';
import { SKILL_FILE, type SkillFiles, unpackSkill } from '../../skills/index.ts';
import { exchange } from '../http.ts';
import { type Offer, rankOffers, type Source, type SourceWorld } from './source.ts';

/** Where listings are looked for below a site's address; the newer form first. */
const PLACES = ['.well-known/agent-skills/index.json', '.well-known/skills/index.json', 'index.json'];
const TIMEOUT_MS = 30_000;
const MAX_FILES = 200;

const SkillName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/\\\0]+$/);
const Entry = z.object({
  name: SkillName,
  description: z.string().default(''),
  /** Older form: the files below `<name>/`. */
  files: z.array(z.string().max(300)).max(MAX_FILES).optional(),
  /** Newer form: one artifact with its digest. */
  type: z.enum(['skill-md', 'archive']).optional(),
  url: z.string().max(2_000).optional(),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
});
type Entry = z.infer<typeof Entry>;
const Index = z.object({ skills: z.array(z.unknown()).max(10_000) });

export function openWebSource(url: string, world: SourceWorld): Source {
  const address = `web:${url}`;
  const get = async (target: string) => {
    const { bytes } = await exchange({
      method: 'GET',
      url: target,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 60 * 2 ** 20,
      retries: 1,
      signal: world.signal,
      fetch: world.fetch,
    });
    return bytes;
  };
  const listing = () => readListing(url, get);
  const entryOf = async (id: string) => {
    const { entries, base } = await listing();
    const entry = entries.find(({ name }) => name === id);
    return entry === undefined ? undefined : { entry, base };
  };
  return {
    address,
    async search(query, limit) {
      const { entries } = await listing();
      const offers: Offer[] = entries.map(({ name, description }) => ({
        source: address,
        id: name,
        name,
        description,
      }));
      return rankOffers(offers, query, limit);
    },
    async fetch(id) {
      const found = await entryOf(id);
      if (found === undefined) throw new OpenSpaceError('not-found', `${url} lists no skill "${id}".`);
      return {
        name: id,
        id,
        revision: found.entry.digest ?? null,
        files: await readSkill(found.entry, found.base, get),
      };
    },
    async newest(id) {
      const found = await entryOf(id);
      return found === undefined ? undefined : { id, revision: found.entry.digest ?? null };
    },
  };
}

type Get = (url: string) => Promise<Uint8Array>;

async function readListing(url: string, get: Get): Promise<{ entries: Entry[]; base: string }> {
  const places = url.endsWith('.json')
    ? [url]
    : PLACES.map((place) => new URL(place, url.endsWith('/') ? url : `${url}/`).href);
  for (const place of places) {
    let bytes: Uint8Array;
    try {
      bytes = await get(place);
    } catch (error) {
      if (error instanceof OpenSpaceError && error.code === 'not-found') continue;
      throw error;
    }
    const parsed = Index.safeParse(parseJson(new TextDecoder().decode(bytes)));
    if (!parsed.success) continue; // some sites answer every address with a page
    // An entry in a form that we do not know does not spoil the others.
    const entries = parsed.data.skills
      .map((entry) => Entry.safeParse(entry))
      .flatMap((entry) => (entry.success ? [entry.data] : []));
    return { entries, base: place };
  }
  throw new OpenSpaceError('not-found', `${url} has no listing of skills.`, {
    hint: `Looked for: ${places.join(', ')}`,
  });
}

async function readSkill(entry: Entry, base: string, get: Get): Promise<SkillFiles> {
  const resolve = (path: string) => {
    const target = new URL(path, base);
    if (target.origin !== new URL(base).origin)
      throw new OpenSpaceError('unsafe', `"${entry.name}" lies on another site: ${target.origin}`);
    return target.href;
  };
  if (entry.url !== undefined) {
    const bytes = await get(resolve(entry.url));
    if (entry.digest !== undefined && entry.digest !== `sha256:${sha256(bytes)}`)
      throw new OpenSpaceError('unsafe', `"${entry.name}" does not have the digest that its listing states.`);
    return entry.type === 'archive'
      ? withoutTopFolder(await unpackSkill(bytes))
      : new Map([[SKILL_FILE, bytes]]);
  }
  const files = new Map<string, Uint8Array>();
  for (const path of entry.files ?? [SKILL_FILE]) {
    if (path.split('/').some((part) => part === '..' || part === '.' || part === '') || path.includes('\\'))
      throw new OpenSpaceError('unsafe', `"${entry.name}" lists a path that leads outside: ${path}`);
    const encoded = [entry.name, ...path.split('/')].map(encodeURIComponent).join('/');
    files.set(path, await get(resolve(encoded)));
  }
  return files;
}

/** Archives often hold one folder with the skill in it. */
function withoutTopFolder(files: SkillFiles): SkillFiles {
  if (files.has(SKILL_FILE)) return files;
  const [first] = files.keys();
  const top = `${first?.split('/')[0]}/`;
  if (![...files.keys()].every((path) => path.startsWith(top))) return files;
  return new Map([...files].map(([path, bytes]) => [path.slice(top.length), bytes]));
}
