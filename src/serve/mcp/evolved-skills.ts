// What learning made of a run or a request, as clients are told of it.
import type { Config } from '../../config/index.ts';
import { openLibraryOf } from '../../engine/library/index.ts';
import { type LearntChange, openWorkStore } from '../../learning/index.ts';
import { realWorld } from '../../lib/index.ts';
import { type Library, ORIGIN_RULES } from '../../skills/index.ts';
import type { EvolvedSkill } from './task-files.ts';

/** Undefined for a change that came to nothing: declined, turned down or taken back. */
export function describeChange(change: LearntChange, library: Library): EvolvedSkill | undefined {
  const skill = change.skillId === null ? undefined : library.findSkill(change.skillId);
  const version = change.versionId === null ? undefined : library.findVersion(change.versionId);
  const summary = change.summary || change.direction;
  if (change.state === 'proposed')
    return {
      name: skill?.name ?? change.kind,
      origin: change.kind,
      change_summary: summary,
      upload_ready: false,
      state: 'proposed',
      change_id: change.changeId,
    };
  if (change.state !== 'committed' || version === undefined) return undefined;
  if (version.state !== 'trial' && version.state !== 'trusted') return undefined;
  const isShown = version.state === 'trusted' && skill?.folder !== undefined;
  return {
    ...(skill?.folder === undefined ? {} : { skill_dir: skill.folder }),
    name: version.name,
    origin: ORIGIN_RULES[version.origin].cloud,
    change_summary: summary,
    upload_ready: isShown,
    state: version.state,
    change_id: change.changeId,
  };
}

/** What has been learnt from a run by now; learning works in the background, so it may become more. */
export function evolvedIn(config: Config, runId: string): readonly EvolvedSkill[] {
  const { db, library, close } = openLibraryOf(config);
  try {
    const store = openWorkStore(db, realWorld);
    const topics = new Set(store.suggestions({ runId }).map(({ topicId }) => topicId));
    return store
      .changes()
      .filter(({ topicId }) => topicId !== null && topics.has(topicId))
      .map((change) => describeChange(change, library))
      .filter((skill) => skill !== undefined);
  } finally {
    close();
  }
}
