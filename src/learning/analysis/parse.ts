// Reads a model's analysis: tolerant of form, so that one bad entry does not lose the rest. Knows the original's keys too.
import { z } from 'zod';
import type { FailureCause, SuggestionKind } from '../suggestion.ts';
import { FAILURE_CAUSES } from '../suggestion.ts';
import { correctIds } from './correct-ids.ts';

/** What stands in the reply, before its quotes are checked and its ids looked up. */
export interface RawAnalysis {
  readonly taskDone: boolean;
  readonly note: string;
  readonly failureCause: FailureCause;
  readonly quotes: readonly { readonly quote: string; readonly says: string }[];
  readonly verdicts: readonly {
    readonly id: string;
    readonly applied: boolean;
    readonly effect: 'helped' | 'harmed' | 'none';
    readonly note: string;
  }[];
  readonly toolProblems: readonly {
    readonly tool: string;
    readonly symptom: string;
    readonly cause: FailureCause;
  }[];
  readonly suggestions: readonly {
    readonly kind: SuggestionKind;
    readonly targets: readonly string[];
    readonly category: string | null;
    readonly direction: string;
    readonly quotes: readonly string[];
  }[];
}

/** `error` is for the model: it is asked once more with it. */
export type ParseResult =
  | { readonly ok: true; readonly analysis: RawAnalysis }
  | { readonly ok: false; readonly error: string };

/** The JSON object in a reply: bare, in a fence, or with talk around it. */
export function findJsonObject(reply: string): unknown {
  const fence = /```[a-z]*[^\S\n]*\n([\s\S]*?)\n[^\S\n]*```/i.exec(reply)?.[1];
  const brace = reply.indexOf('{');
  const candidates = [reply, reply.slice(brace, reply.lastIndexOf('}') + 1), fence];
  for (const text of candidates) {
    const value = text === undefined || text === '' ? undefined : tryParse(text);
    if (value !== undefined) return value;
  }
  return undefined;
}

function tryParse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Reads a reply. `known` are the ids that the run had: misspelt ones are put right. */
export function parseAnalysisReply(reply: string, known: ReadonlySet<string>): ParseResult {
  const value = findJsonObject(reply);
  if (value === undefined) return { ok: false, error: 'The reply holds no JSON object.' };
  const analysis = readAnalysis(value, known);
  return analysis === undefined
    ? { ok: false, error: 'The JSON object lacks "task_done" (true or false).' }
    : { ok: true, analysis };
}

const loose = z.record(z.string(), z.unknown());
const CATEGORIES: ReadonlySet<unknown> = new Set(['tool_guide', 'workflow', 'reference']);

/** Undefined if it is no analysis at all. */
export function readAnalysis(value: unknown, known: ReadonlySet<string>): RawAnalysis | undefined {
  const checked = loose.safeParse(value);
  if (!checked.success) return undefined;
  const data = checked.data;
  const correct = (ids: readonly string[]) => correctIds(ids, known);
  if (!('task_done' in data) && !KEYS.some((key) => key in data)) return undefined;
  return {
    taskDone: toBoolean(data.task_done ?? data.task_completed),
    note: toText(data.note ?? data.execution_note),
    failureCause: toCause(data.failure_cause),
    quotes: records(data.evidence).map((each) => ({ quote: toText(each.quote), says: toText(each.says) })),
    verdicts: readVerdicts(data.skills ?? data.skill_judgments, correct),
    toolProblems: list(data.tool_problems ?? data.tool_issues).flatMap(readProblem),
    suggestions: list(data.suggestions ?? data.evolution_suggestions).flatMap((each) =>
      readSuggestion(each, correct),
    ),
  };
}

const KEYS = ['task_completed', 'execution_note', 'tool_issues', 'skill_judgments', 'evolution_suggestions'];

/** A list; a single value counts as a list of one. */
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

const records = (value: unknown) =>
  list(value).flatMap((each) => {
    const checked = loose.safeParse(each);
    return checked.success ? [checked.data] : [];
  });

const toText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

function toBoolean(value: unknown): boolean {
  if (typeof value === 'string') return ['true', 'yes', '1', 'done'].includes(value.trim().toLowerCase());
  return Boolean(value);
}

function toCause(value: unknown): FailureCause {
  return FAILURE_CAUSES.find((cause) => cause === value) ?? 'none';
}

/** The first judgment of a skill counts: models repeat themselves. */
function readVerdicts(
  value: unknown,
  correct: (ids: readonly string[]) => string[],
): RawAnalysis['verdicts'] {
  const verdicts = new Map<string, RawAnalysis['verdicts'][number]>();
  for (const each of records(value)) {
    const [id = ''] = correct([toText(each.skill_id)]);
    if (id === '' || verdicts.has(id)) continue;
    const effect = each.effect === 'helped' || each.effect === 'harmed' ? each.effect : 'none';
    const applied = toBoolean(each.applied ?? each.skill_applied);
    verdicts.set(id, { id, applied, effect, note: toText(each.note) });
  }
  return [...verdicts.values()];
}

/** `tool — symptom; cause`, as the original wrote it, or an object. */
function readProblem(value: unknown): RawAnalysis['toolProblems'] {
  if (typeof value === 'string') {
    const [tool = '', ...rest] = value.split(/\s*—\s*|\s+-\s+/);
    return value.trim() === ''
      ? []
      : [{ tool: tool.trim(), symptom: rest.join(' — ').trim(), cause: 'none' }];
  }
  const [each] = records(value);
  if (each === undefined || toText(each.tool) === '') return [];
  return [{ tool: toText(each.tool), symptom: toText(each.symptom), cause: toCause(each.cause) }];
}

const KINDS: Readonly<Record<string, SuggestionKind>> = {
  ...{ fix: 'fix', derive: 'derive', capture: 'capture', merge: 'merge', shrink: 'shrink', retire: 'retire' },
  ...{ derived: 'derive', captured: 'capture' },
};

function readSuggestion(
  value: unknown,
  correct: (ids: readonly string[]) => string[],
): RawAnalysis['suggestions'] {
  const [each] = records(value);
  const type = toText(each?.type ?? each?.kind);
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (each === undefined || kind === undefined) return [];
  const named = each.target_skills ?? each.target_skill;
  const targets = list(named).filter((id): id is string => typeof id === 'string' && id !== '');
  return [
    {
      kind,
      targets: correct(targets),
      category: CATEGORIES.has(each.category) ? toText(each.category) : null,
      direction: toText(each.direction),
      quotes: list(each.quotes)
        .map(toText)
        .filter((quote) => quote !== ''),
    },
  ];
}
