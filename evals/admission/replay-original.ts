// Runs the original's 90 analyses through admission: how many of their suggestions would have become changes, and why.
import {
  ADMISSION_RULES,
  type AdmissionRules,
  admit,
  type Candidate,
  createSimilarity,
  type Decision,
  type KnownSkill,
  type Topic,
  withDecision,
} from '../../src/learning/index.ts';
import { type OriginalRecord, openOriginal, readRecords, textOf } from '../../src/skills/index.ts';

interface Suggested {
  readonly candidate: Candidate;
  readonly taskId: string;
  readonly type: string;
  readonly targets: readonly string[];
  decision?: Decision;
  topicId?: string;
}

export interface AdmissionResult {
  readonly suggestions: number;
  /** Changes that would be made: topics that were admitted. */
  readonly changes: number;
  readonly rows: readonly { readonly outcome: string; readonly why: string; readonly count: number }[];
  /** Skills of the original that a later run applied, with how they came to be. */
  readonly applied: { readonly all: number; readonly imported: number; readonly learnt: number };
  /** Of the learnt ones: those whose suggestion is part of an admitted change. */
  readonly surviving: readonly string[];
  readonly lost: readonly string[];
  readonly table: string;
}

/** Reads the database at `path` (a copy of it) and decides about all suggestions in their order, as after an import. */
export function replayOriginal(path: string, rules: AdmissionRules = ADMISSION_RULES): AdmissionResult {
  const original = openOriginal(path);
  try {
    const records = readRecords(original, []);
    const suggested = readSuggestions(original, rootsOf(records));
    const topics = decideAll(suggested, records, rules);
    return sumUp(suggested, topics, records);
  } finally {
    original.close();
  }
}

/** A version's skill is the oldest version that it descends from. */
function rootsOf(records: readonly OriginalRecord[]): (id: string) => string {
  const byId = new Map(records.map((record) => [record.id, record]));
  return (id) => {
    let at = id;
    for (let parent = byId.get(at)?.parents[0]; parent !== undefined; parent = byId.get(at)?.parents[0])
      at = parent;
    return at;
  };
}

interface StoredSuggestion {
  readonly type: string;
  readonly target_skills: readonly string[];
  readonly direction: string;
}

function readSuggestions(
  original: ReturnType<typeof openOriginal>,
  rootOf: (id: string) => string,
): Suggested[] {
  const judged = new Map<string, boolean>();
  for (const row of original.rows('skill_judgments', ['analysis_id', 'skill_id', 'skill_applied'], 'id'))
    judged.set(`${String(row.analysis_id)} ${textOf(row, 'skill_id')}`, Number(row.skill_applied) !== 0);
  const columns = [
    'id',
    'task_id',
    'task_completed',
    'tool_issues',
    'execution_note',
    'evolution_suggestions',
  ];
  return original.rows('execution_analyses', columns, 'timestamp').flatMap((row) => {
    const taskId = textOf(row, 'task_id');
    const list = JSON.parse(textOf(row, 'evolution_suggestions')) as StoredSuggestion[];
    const problems = (JSON.parse(textOf(row, 'tool_issues')) as unknown[]).length;
    return list.map(
      ({ type, target_skills: targets, direction }, index): Suggested => ({
        ...{ taskId, type, targets },
        candidate: {
          id: `${taskId}#${index}`,
          kind: type === 'captured' ? 'capture' : type === 'derived' ? 'derive' : 'fix',
          trigger: 'run',
          skillIds: [...new Set(targets.map(rootOf))],
          direction,
          taskKey: taskId.replace(/_phase\d.*$/, ''),
          quotes: textOf(row, 'execution_note') === '' ? 0 : 1, // its notes are all that the original kept
          applied: judged.get(`${String(row.id)} ${targets[0] ?? ''}`),
          taskDone: Number(row.task_completed) !== 0,
          failureCause: 'none',
          problems,
        },
      }),
    );
  });
}

function decideAll(
  suggested: readonly Suggested[],
  records: readonly OriginalRecord[],
  rules: AdmissionRules,
) {
  const skills: KnownSkill[] = records
    .filter((record) => record.origin === 'imported')
    .map(({ id, name, description }) => ({ skillId: id, name, description }));
  const texts = [
    ...suggested.map(({ candidate }) => candidate.direction),
    ...skills.map(({ name, description }) => `${name} ${description}`),
  ];
  const similarity = createSimilarity(texts);
  let topics: readonly Topic[] = [];
  for (const [index, one] of suggested.entries()) {
    const decision = admit(one.candidate, { topics, skills, rules, similarity });
    one.decision = decision;
    one.topicId = decision.topicId ?? `topic-${index}`;
    topics = withDecision(topics, one.candidate, decision, one.topicId);
  }
  return topics;
}

function sumUp(
  suggested: readonly Suggested[],
  topics: readonly Topic[],
  records: readonly OriginalRecord[],
): AdmissionResult {
  const admitted = new Set(
    topics.filter((topic) => topic.status === 'admitted').map((topic) => topic.topicId),
  );
  const survives = (one: Suggested) => one.decision?.outcome !== 'reject' && admitted.has(one.topicId ?? '');
  const counts = new Map<string, number>();
  for (const one of suggested) {
    const { outcome = '', rule = '' } = one.decision ?? {};
    const joined = outcome === 'wait' && survives(one);
    const key = joined ? 'merged|seen again later, and admitted then' : `${OUTCOMES[outcome]}|${rule}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].map(([key, count]) => {
    const [outcome = '', why = ''] = key.split('|');
    return { outcome, why, count };
  });
  rows.sort((a, b) => a.outcome.localeCompare(b.outcome) || b.count - a.count);
  const used = records.filter((record) => record.counters.applied > 0);
  const learnt = used.filter((record) => record.origin !== 'imported');
  const surviving = learnt.filter((record) => {
    const behind = suggestionBehind(record, suggested);
    return behind !== undefined && survives(behind);
  });
  const lost = learnt.filter((record) => !surviving.includes(record));
  const applied = { all: used.length, imported: used.length - learnt.length, learnt: learnt.length };
  const ids = (list: readonly OriginalRecord[]) => list.map((record) => record.id);
  const result = { suggestions: suggested.length, changes: admitted.size, rows, applied };
  return {
    ...result,
    surviving: ids(surviving),
    lost: ids(lost),
    table: renderTable({ ...result, surviving: ids(surviving), lost: ids(lost) }),
  };
}

const OUTCOMES: Record<string, string> = {
  admit: 'admitted',
  merge: 'merged',
  wait: 'waits',
  reject: 'rejected',
  '': '?',
};

/** The original did not keep which suggestion a skill came from: of its task's, the one of its kind that says what it says. */
function suggestionBehind(record: OriginalRecord, suggested: readonly Suggested[]): Suggested | undefined {
  const kind = { fixed: 'fix', derived: 'derived', captured: 'captured', imported: '' }[record.origin];
  const ofTask = suggested.filter((one) => one.taskId === record.taskId && one.type === kind);
  const exact = ofTask.filter((one) => record.parents.some((parent) => one.targets.includes(parent)));
  const pool = exact.length > 0 ? exact : ofTask;
  const similarity = createSimilarity(pool.map((one) => one.candidate.direction));
  const text = `${record.name} ${record.description} ${record.changeSummary}`;
  let best: { one: Suggested; score: number } | undefined;
  for (const one of pool) {
    const score = similarity.compare(text, one.candidate.direction);
    if (best === undefined || score > best.score) best = { one, score };
  }
  return best?.one;
}

function renderTable({
  suggestions,
  changes,
  rows,
  applied,
  surviving,
  lost,
}: Omit<AdmissionResult, 'table'>) {
  const lines = [
    `${suggestions} suggestions of 90 analyses become ${changes} changes.`,
    '',
    '| What becomes of them | Why | Suggestions |',
    '|---|---|---|',
    ...rows.map(({ outcome, why, count }) => `| ${outcome} | ${why} | ${count} |`),
    '',
    `Of the ${applied.all} skills that later runs applied, ${applied.imported} were there before; ${applied.learnt} came from suggestions, and ${surviving.length} of those survive (${Math.round((100 * surviving.length) / applied.learnt)} %).`,
    ...(lost.length === 0 ? [] : [`Lost: ${lost.join(', ')}`]),
  ];
  return lines.join('\n');
}
