// Brings in skills with their whole history from elsewhere: the original's database, another home.
import { reindex, reindexAll } from './change-skill.ts';
import { newSkillId } from './commit.ts';
import { type LibraryContext, nowUtc } from './library-context.ts';
import type { Finding, Skill, SkillFiles, SkillId, Version } from './skill.ts';
import { describeFiles } from './store-content.ts';
import { showHeads } from './sync.ts';

/** A version as it comes from elsewhere, with its own id and time. */
export interface HistoryVersion
  extends Pick<
    Version,
    | 'versionId'
    | 'name'
    | 'description'
    | 'origin'
    | 'parents'
    | 'state'
    | 'reason'
    | 'author'
    | 'evidence'
    | 'createdAt'
  > {
  readonly tags: readonly string[];
  /** Empty if the content is lost; then the version can't be trusted. */
  readonly files: SkillFiles;
}

/** One skill with its versions, oldest first: the last trusted one becomes the head. */
export interface SkillHistory {
  readonly versions: readonly HistoryVersion[];
  /** Why the skill may not be used before a look at it. */
  readonly quarantine?: string;
}

export interface HistoryReport {
  readonly skills: readonly SkillId[];
  readonly versions: number;
  /** Versions that were in the library already. */
  readonly known: number;
  /** Between versions of the source; an edit on disk that was taken in on the way is not counted. */
  readonly parentLinks: number;
  readonly findings: readonly Finding[];
}

/**
 * Adds what is new of the histories, in one transaction, then shows the heads on disk.
 * A folder that was discovered before under one of the ids goes over to the skill that owns the id.
 */
export function addHistories(context: LibraryContext, histories: readonly SkillHistory[]): HistoryReport {
  const adding: Adding = { context, findings: [], skills: new Map(), known: 0, versions: 0, links: 0 };
  context.store.db.transaction(() => {
    for (const { history, version } of parentsFirst(histories)) addVersion(adding, history, version);
    for (const [history, skillId] of adding.skills) {
      if (history.quarantine !== undefined)
        context.store.setFlag(skillId, 'quarantined', history.quarantine, nowUtc(context));
    }
    reindexAll(context, new Set(adding.skills.values()));
  });
  showHeads(context, { problems: adding.findings });
  return {
    skills: [...new Set(adding.skills.values())],
    versions: adding.versions,
    known: adding.known,
    parentLinks: adding.links,
    findings: adding.findings,
  };
}

interface Adding {
  readonly context: LibraryContext;
  readonly findings: Finding[];
  /** Skills that got a version. */
  readonly skills: Map<SkillHistory, SkillId>;
  known: number;
  versions: number;
  links: number;
}

interface Step {
  readonly history: SkillHistory;
  readonly version: HistoryVersion;
}

/** All versions so that each comes after its parents and after the older ones of its skill. */
function parentsFirst(histories: readonly SkillHistory[]): Step[] {
  const steps = new Map<string, Step>();
  const older = new Map<string, string>();
  for (const history of histories) {
    history.versions.forEach((version, index) => {
      steps.set(version.versionId, { history, version });
      const before = history.versions[index - 1];
      if (before !== undefined) older.set(version.versionId, before.versionId);
    });
  }
  const ordered: Step[] = [];
  const entered = new Set<string>();
  const enter = (id: string) => {
    const step = steps.get(id);
    if (step === undefined || entered.has(id)) return;
    entered.add(id);
    for (const parent of step.version.parents) enter(parent);
    enter(older.get(id) ?? '');
    ordered.push(step);
  };
  for (const id of steps.keys()) enter(id);
  return ordered;
}

function addVersion(adding: Adding, history: SkillHistory, version: HistoryVersion): void {
  const { store } = adding.context;
  if (store.findVersion(version.versionId) !== undefined) {
    adding.known += 1;
    return;
  }
  const parents = version.parents.filter((parent) => store.findVersion(parent) !== undefined);
  const dropped = version.parents.length - parents.length;
  if (dropped > 0)
    adding.findings.push({
      rule: 'import/parent',
      severity: 'warn',
      message: `${version.versionId}: ${dropped} of its parents are not there and were left out of its lineage`,
    });
  const skillId = skillOf(adding, history);
  const manifest = describeFiles(version.files);
  store.content.put(manifest);
  const added = store.addVersion({
    ...version,
    ...{
      skillId,
      parents,
      filesHash: manifest.filesHash,
      state: stateFor(adding, history, version, skillId),
    },
    // Without its parents a version is just something that was brought in.
    origin: dropped > 0 && parents.length === 0 ? 'imported' : version.origin,
  });
  store.logChange(
    { skillId, action: 'commit', versionId: added.versionId, author: added.author, reason: added.reason },
    version.createdAt,
  );
  adding.skills.set(history, skillId);
  adding.versions += 1;
  if (added.origin !== 'edited') adding.links += parents.length;
  claimFolder(adding.context, added);
}

/** The skill that the history's known versions belong to, or a new one. */
function skillOf(adding: Adding, history: SkillHistory): SkillId {
  const { store } = adding.context;
  const begun = adding.skills.get(history);
  if (begun !== undefined) return begun;
  for (const version of history.versions) {
    const known = store.findVersion(version.versionId);
    if (known !== undefined) return known.skillId;
  }
  const skillId = newSkillId(adding.context);
  store.createSkill(skillId, history.versions[0]?.createdAt ?? nowUtc(adding.context));
  return skillId;
}

/** A skill that went its own way here keeps its head: what the source has since is a candidate. */
function stateFor(
  adding: Adding,
  history: SkillHistory,
  version: HistoryVersion,
  skillId: SkillId,
): Version['state'] {
  if (version.state !== 'trusted') return version.state;
  const head = adding.context.store.findSkill(skillId)?.head;
  const ownHead = head !== undefined && !history.versions.some((each) => each.versionId === head);
  return ownHead ? 'candidate' : 'trusted';
}

/** A folder whose `.skill_id` names the version was found before its history was: now it belongs to it. */
function claimFolder(context: LibraryContext, version: Version): void {
  const { store } = context;
  const row = store.folders.withSidecar(version.versionId);
  if (row === undefined || row.skillId === version.skillId) return;
  const at = nowUtc(context);
  const reason = `Its history was brought in: it goes on as ${version.versionId}`;
  const finder: Skill | undefined = store.findSkill(row.skillId);
  store.folders.remove(row.skillId);
  store.setFlag(row.skillId, 'archived', reason, at);
  store.logChange({ skillId: row.skillId, action: 'archive', author: 'import', reason }, at);
  reindex(context, row.skillId);
  if (store.folders.ofSkill(version.skillId) !== undefined || finder === undefined) return;
  // An empty stamp makes the next look compare the folder with the version.
  store.folders.set({ ...row, skillId: version.skillId, versionId: version.versionId, stamp: '' });
}
