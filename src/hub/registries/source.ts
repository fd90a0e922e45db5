// A source of skills: what every kind of registry can do, and how its address is written.
import type { Logger, Spawner } from '../../lib/index.ts';
import type { SkillFiles } from '../../skills/index.ts';
import type { Fetch } from '../http.ts';
import type { HubRecord, SignedStatement } from '../protocol.ts';

/** A skill that a source has. */
export interface Offer {
  /** Address of the source, as the lock file names it. */
  readonly source: string;
  /** Record id of a hub, or path of the skill inside the source. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** What a hub says beyond that. */
  readonly record?: HubRecord;
}

/** A skill's files as the source gave them; nothing of them is checked yet. */
export interface Fetched {
  readonly name: string;
  readonly id: string;
  /** Commit, or version number. Null where the source has no history. */
  readonly revision: string | null;
  readonly files: SkillFiles;
  /** Hash that the source promised. */
  readonly filesHash?: string | undefined;
  readonly publication?: SignedStatement | null | undefined;
}

export interface Source {
  /** `hub:https://…`, `git:…`, `folder:…` or `web:https://…`. */
  readonly address: string;
  /** Skills that fit, best first; all of them for an empty query. */
  search(query: string, limit: number): Promise<readonly Offer[]>;
  /** The newest files of a skill, or those of a revision. Throws `not-found`. */
  fetch(id: string, revision?: string | null): Promise<Fetched>;
  /** The newest version of what was installed as `id`; undefined if it is gone. */
  newest(
    id: string,
  ): Promise<{ id: string; revision: string | null; filesHash?: string | undefined } | undefined>;
}

/** What sources need of the world around them. */
export interface SourceWorld {
  readonly fetch: Fetch;
  readonly spawner: Spawner;
  /** Environment for git: PATH, HOME, ssh agent. */
  readonly env: Readonly<Record<string, string>>;
  /** Where copies of repositories are kept. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The key for a hub's address, if the user is logged in there. */
  keyFor(hubAddress: string): string | undefined;
}

/** Orders offers by how many of the query's words their name and description hold; those with none are left out. */
export function rankOffers(offers: readonly Offer[], query: string, limit: number): Offer[] {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return offers.slice(0, limit);
  return offers
    .map((offer) => {
      const name = offer.name.toLowerCase();
      const text = offer.description.toLowerCase();
      const score = words.reduce(
        (sum, word) => sum + (name.includes(word) ? 3 : 0) + (text.includes(word) ? 1 : 0),
        0,
      );
      return { offer, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ offer }) => offer);
}
