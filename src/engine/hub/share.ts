// What a machine tells its hub by itself: counts, and fixes of its skills. Nothing, unless the user's settings say so.
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import {
  createHubClient,
  type Fetch,
  type HubClient,
  hashOfFiles,
  type LockEntry,
  publishSkill,
  readHubState,
  readLock,
  registeredSigningKey,
  requirePublishable,
  reviewFiles,
  signStatement,
  VISIBILITIES,
  writeHubState,
} from '../../hub/index.ts';
import type { LearntChange, Ledger } from '../../learning/index.ts';
import { OpenSpaceError, sha256, type World } from '../../lib/index.ts';
import type { Library, Version } from '../../skills/index.ts';
import { hubConnection } from './connection.ts';

/** How long all of it may take, in ms. */
const SHARE_TIMEOUT_MS = 60_000;
const EVALUATOR = 'openspace-gate';

export interface ShareOptions {
  readonly config: Config;
  readonly library: Library;
  readonly world: World;
  readonly fetch?: Fetch;
  readonly ledger: Ledger;
  readonly changes: readonly LearntChange[];
}

/**
 * Tells the hub how its skills did here (`hub.share_results`: counts, never texts), and offers fixes of them that
 * the gate here accepted (`hub.offer_fixes`). Doing it again sends nothing twice.
 */
export async function shareWithHub(signal: AbortSignal, options: ShareOptions): Promise<readonly string[]> {
  const { config } = options;
  const counts = config.get('hub.share_results') === true;
  const fixes = config.get('hub.offer_fixes') === true;
  const hub = counts || fixes ? hubConnection(config) : undefined;
  if (hub?.apiKey === undefined) return [];
  const { fetch = globalThis.fetch } = options;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(SHARE_TIMEOUT_MS)]);
  const client = createHubClient({ baseUrl: hub.apiUrl, apiKey: hub.apiKey, signal: limited, fetch });
  const notes: string[] = [];
  for (const [name, entry] of Object.entries(readLock(config.home))) {
    if (entry.source !== `hub:${hub.apiUrl}`) continue;
    try {
      if (counts) await sendCounts(client, name, entry, options);
      if (fixes) notes.push(...(await offerFix(client, name, entry, options)));
    } catch (error) {
      if (!(error instanceof OpenSpaceError) || signal.aborted) throw error;
      notes.push(`The hub was not told of "${name}": ${error.message}`);
    }
  }
  return notes;
}

/** Sends what came since the last time. The id of a report follows from the totals: sent twice, it counts once. */
async function sendCounts(
  client: HubClient,
  name: string,
  entry: LockEntry,
  options: ShareOptions,
): Promise<void> {
  const { config, library, ledger } = options;
  const skill = library.findSkill(name);
  const version = skill && library.versions(skill.skillId).find((one) => one.filesHash === entry.files_hash);
  if (version === undefined) return;
  const { applied: uses, completions: successes } = ledger.ratesOf({ versionId: version.versionId });
  const shared = sharedOf(config.home, options.world);
  const before = shared.counts[entry.id] ?? { uses: 0, successes: 0 };
  const more = { uses: uses - before.uses, successes: Math.max(0, successes - before.successes) };
  if (more.uses <= 0) return;
  const report_id = sha256(`${shared.machine} ${entry.id} ${uses}`).slice(0, 40);
  await client.call('addEvidence', {
    params: { id: entry.id },
    body: { report_id, uses: more.uses, successes: Math.min(more.uses, more.successes) },
  });
  keepShared(config.home, { ...shared, counts: { ...shared.counts, [entry.id]: { uses, successes } } });
}

async function offerFix(
  client: HubClient,
  name: string,
  entry: LockEntry,
  options: ShareOptions,
): Promise<readonly string[]> {
  const { config, library, changes, world } = options;
  const shared = sharedOf(config.home, world);
  const skill = library.findSkill(name);
  const head = skill?.head === undefined ? undefined : library.getVersion(skill.head);
  const change = changes.find(({ versionId }) => versionId === head?.versionId);
  if (head === undefined || change === undefined || shared.offered.includes(head.versionId)) return [];
  if (!comesFrom(library, head, entry.files_hash)) return [];
  const review = reviewFiles(library.read(head.versionId));
  requirePublishable(review);
  const record = await client.call('getRecord', { params: { id: entry.id } });
  const visibility = VISIBILITIES.find((one) => one === record.visibility) ?? 'private';
  const signingKey = await registeredSigningKey(client, config.home);
  const result = await publishSkill(client, {
    ...{ files: review.files, fallbackName: name, visibility, proposal: true },
    ...(visibility === 'group_only' ? { group: record.owner } : {}),
    ...{ origin: 'fixed', parents: [entry.id], changeSummary: change.summary, signingKey, world },
  });
  if (result.status === 'success' && signingKey !== undefined)
    await client.call('addAttestation', {
      params: { id: result.record_id },
      body: signStatement(signingKey, {
        ...{ type: 'openspace.attestation/1', files_hash: hashOfFiles(review.files), evaluator: EVALUATOR },
        ...countsOf(change),
        created_at: world.now().toISOString(),
      }),
    });
  keepShared(config.home, {
    ...sharedOf(config.home, world),
    offered: [...shared.offered, head.versionId],
  });
  return result.status === 'success' ? [`Offered the fix of "${name}" to the hub: ${result.record_id}`] : [];
}

/** True if a version was made, over whatever steps, from files with this hash. */
function comesFrom(library: Library, version: Version, filesHash: string): boolean {
  const queue = [...version.parents];
  const seen = new Set(queue);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const parent = library.getVersion(id);
    if (parent.filesHash === filesHash) return true;
    for (const next of parent.parents)
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
  }
  return false;
}

/** The part of the gate's report that tells how the replayed cases went. */
const GateCases = z.object({
  cases: z.array(z.object({ arms: z.array(z.object({ arm: z.string(), passed: z.int(), runs: z.int() })) })),
});

/** How many replayed cases the fix did in all runs, and how many its parent did. No replay: none of none. */
function countsOf({ verdict }: LearntChange) {
  const parsed = GateCases.safeParse(verdict?.report);
  const cases = parsed.success ? parsed.data.cases : [];
  const done = (arm: string) =>
    cases.filter(({ arms }) => arms.some((one) => one.arm === arm && one.runs > 0 && one.passed === one.runs))
      .length;
  return {
    verdict: 'passed' as const,
    cases: cases.length,
    passed: done('candidate'),
    baseline_passed: cases.length === 0 ? null : done('current'),
  };
}

type Shared = NonNullable<ReturnType<typeof readHubState>['shared']>;

const sharedOf = (home: string, world: World): Shared =>
  readHubState(home).shared ?? { machine: world.randomHex(16), counts: {}, offered: [] };

/** Read and written in one go: `openspace hub login` may write the same file. */
function keepShared(home: string, shared: Shared): void {
  writeHubState(home, { ...readHubState(home), shared });
}
