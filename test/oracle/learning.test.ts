// The original's recorded results on analyses, ids, confirmations, author replies and transcripts.
import { correctIds } from '../../src/learning/analysis/correct-ids.ts';
import { type RawAnalysis, readAnalysis } from '../../src/learning/analysis/parse.ts';
import { formatTranscript, type Line, looksLikeError } from '../../src/learning/analysis/transcript.ts';
import { parseAuthorReply } from '../../src/learning/evolve/reply.ts';
import { parseConfirmation } from '../../src/learning/suggest/confirm.ts';
import { describeOracle, textOf } from './cases.ts';

interface RecordedContext {
  readonly selected_skills?: readonly string[] | null;
  readonly skill_selection?: { readonly available_skills?: readonly string[] } | null;
}

const ORIGINAL_KINDS: Record<string, string> = { fix: 'fix', derive: 'derived', capture: 'captured' };

/** Our analysis in the original's form. Kinds that only we know are none there. */
function toOriginal(analysis: RawAnalysis) {
  return {
    task_id: 'task_x',
    task_completed: analysis.taskDone,
    execution_note: analysis.note,
    tool_issues: analysis.toolProblems.map(({ tool, symptom }) =>
      symptom === '' ? tool : `${tool} — ${symptom}`,
    ),
    skill_judgments: analysis.verdicts.map(({ id, applied, note }) => ({
      ...{ skill_id: id, skill_applied: applied, note },
    })),
    evolution_suggestions: analysis.suggestions
      .filter(({ kind }) => kind in ORIGINAL_KINDS)
      .map(({ kind, targets, category, direction }) => ({
        ...{ type: ORIGINAL_KINDS[kind], target_skills: targets, target_skill: targets[0] ?? '', category },
        direction,
      })),
    analyzed_by: '',
  };
}

describeOracle('parse_analysis', ({ data, context }) => {
  const { selected_skills: selected, skill_selection: selection } = (context ?? {}) as RecordedContext;
  const known = new Set([...(selected ?? []), ...(selection?.available_skills ?? [])]);
  const analysis = readAnalysis(data, known);
  return analysis === undefined ? null : toOriginal(analysis);
});

describeOracle('correct_skill_ids', ({ ids, known }) =>
  correctIds(ids as readonly string[], new Set(known as readonly string[])),
);

describeOracle(
  'parse_confirmation',
  ({ response }) => parseConfirmation(textOf(response)),
  ({ expected }) => (expected as { as_called: boolean }).as_called,
);

describeOracle('parse_evolution_output', ({ content }) => {
  const reply = parseAuthorReply(textOf(content));
  if (reply.kind === 'edit') return { content: reply.text, failure: null };
  const failure = reply.kind === 'declined' ? reply.reason : 'No completion token found (unexpected)';
  return { content: null, failure };
});

describeOracle('is_error_result', ({ content }) => looksLikeError(textOf(content)));

interface RecordedMessage {
  readonly role?: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: unknown };
  }[];
}
interface RecordedEntry {
  readonly type: string;
  readonly iteration?: unknown;
  readonly messages?: readonly RecordedMessage[];
  readonly delta_messages?: readonly RecordedMessage[];
}

/** The original's conversation log as lines. */
function toLines(entries: readonly RecordedEntry[]): Line[] {
  const lines: Line[] = [];
  for (const entry of entries) {
    if (entry.type === 'setup')
      for (const { role, content } of entry.messages ?? [])
        if (role === 'user') lines.push({ kind: 'user', text: textIn(content) });
    if (entry.type === 'iteration')
      for (const message of entry.delta_messages ?? []) lines.push(...messageLines(message, turnOf(entry)));
  }
  const last = lines.findLastIndex((line) => line.kind === 'assistant');
  const lastTurn = turnOf(entries.findLast((entry) => entry.type === 'iteration') ?? { type: '' });
  return lines.map((line, index) =>
    line.kind === 'assistant' && index === last && line.turn === lastTurn ? { ...line, final: true } : line,
  );
}

/** Python's names of what is no whole number. */
function turnOf({ iteration }: RecordedEntry): string {
  if (iteration === undefined) return '?';
  return iteration === true ? 'True' : String(iteration);
}

const textIn = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : content === undefined || content === null
      ? ''
      : (textOfParts(content) ?? JSON.stringify(content));

function textOfParts(content: unknown): string | undefined {
  if (!Array.isArray(content)) return typeof content === 'object' ? textOrNothing(content) : undefined;
  return (content as { text?: string }[]).map((part) => part.text ?? '').join('');
}

const textOrNothing = (content: object | null) =>
  content !== null && ('repeat' in content || 'lines' in content) ? textOf(content) : undefined;

function messageLines({ role, content, tool_calls: calls = [] }: RecordedMessage, turn: string): Line[] {
  const text = textIn(content);
  if (role === 'tool') return [{ kind: 'result', turn, text, isError: looksLikeError(text) }];
  if (role === 'system') return [{ kind: 'system', turn, text }];
  if (role !== 'assistant') return [];
  return [
    { kind: 'assistant', turn, text, final: false },
    ...calls.map(
      ({ function: { name, arguments: args } }): Line => ({
        ...{ kind: 'call', turn, name },
        args: typeof args === 'string' ? args : textIn(args),
      }),
    ),
  ];
}

describeOracle(
  'format_conversations',
  ({ conversations, budget }) =>
    formatTranscript(toLines(conversations as readonly RecordedEntry[]), Number(budget)).text,
);
