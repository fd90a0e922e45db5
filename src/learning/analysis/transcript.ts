// A run as a text for a model: what matters most stays when the budget is short, in the order in which it happened.

/** One thing that was said or done. `turn` is a label: `3`, or `2.3` for the second attempt. */
export type Line =
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'assistant'; readonly turn: string; readonly text: string; readonly final: boolean }
  | { readonly kind: 'call'; readonly turn: string; readonly name: string; readonly args: string }
  | { readonly kind: 'result'; readonly turn: string; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'system'; readonly turn: string; readonly text: string };

/** Lengths in characters (code points). */
const ERROR_LENGTH = 1_000;
const RESULT_LENGTH = 800;
const SHORT_RESULT_LENGTH = 300;
const ARGS_LENGTH = 500;
const SUMMARY_LENGTH = 1_500;
const SHORT_SYSTEM_LENGTH = 150;
const FIRST_LINE_LENGTH = 200;
/** Least room that a cut error or call still gets. */
const LEAST_LENGTH = 400;

/** 0: task, 1: final answer, 2: calls and errors, 3: what was said, 4: results, 5: system messages. */
type Priority = 0 | 1 | 2 | 3 | 4 | 5;

interface Segment {
  readonly priority: Priority;
  readonly text: string;
  /** Where a shorter form begins to be cut; undefined: all or nothing. */
  readonly shortLength?: number;
}

const lengthOf = (text: string) => Array.from(text).length;
const head = (text: string, length: number) => Array.from(text).slice(0, length).join('');

/** What a tool returned looks like a failure. For recordings that did not keep whether it was one. */
export function looksLikeError(text: string): boolean {
  if (text.startsWith('[ERROR]') || text.startsWith('ERROR')) return true;
  const start = head(text, 200).toLowerCase();
  if (head(start, 50).includes('error')) return !/\b(?:0|no) errors?\b/.test(start);
  return ['task failed', 'connection refused', 'timed out', 'traceback'].some((sign) => start.includes(sign));
}

export interface Transcript {
  readonly text: string;
  /** True if everything is in it, uncut. */
  readonly complete: boolean;
}

/** Formats lines within a budget of characters. The task and the final answer are always whole. */
export function formatTranscript(lines: readonly Line[], budget: number): Transcript {
  const segments = lines.map(toSegment).filter((segment) => segment !== undefined);
  const essential = segments
    .filter(({ priority }) => priority <= 3)
    .reduce((sum, { text }) => sum + lengthOf(text), 0);
  const wasCut = segments.some(({ text }) => text.includes(CUT) || text.includes('... [truncated, total '));
  if (essential > budget) return { text: fitEssential(segments, budget), complete: false };
  const { text, omitted } = fitAll(segments, budget);
  return { text, complete: !omitted && !wasCut };
}

const CUT = '... [budget-truncated]';

function toSegment(line: Line): Segment | undefined {
  switch (line.kind) {
    case 'user':
      return { priority: 0, text: `[USER INSTRUCTION]\n${line.text}` };
    case 'assistant':
      return line.text === ''
        ? undefined
        : { priority: line.final ? 1 : 3, text: `[Iter ${line.turn}] ASSISTANT: ${line.text}` };
    case 'call': {
      const args = lengthOf(line.args) > ARGS_LENGTH ? `${head(line.args, ARGS_LENGTH)}...` : line.args;
      return { priority: 2, text: `[Iter ${line.turn}] TOOL_CALL: ${line.name}(${args})` };
    }
    case 'result':
      return resultSegment(line);
    case 'system':
      return line.text === ''
        ? undefined
        : {
            priority: 5,
            text: `[Iter ${line.turn}] SYSTEM: ${line.text}`,
            shortLength: SHORT_SYSTEM_LENGTH,
          };
  }
}

function resultSegment({ turn, text, isError }: Extract<Line, { kind: 'result' }>): Segment {
  const label = `[Iter ${turn}] TOOL_`;
  if (isError) return { priority: 2, text: `${label}ERROR: ${truncate(text, ERROR_LENGTH)}` };
  const summary = embeddedSummary(text);
  if (summary !== undefined)
    return { priority: 3, text: `${label}RESULT (with summary):\n${head(summary, SUMMARY_LENGTH)}` };
  return {
    priority: 4,
    text: `${label}RESULT: ${truncate(text, RESULT_LENGTH)}`,
    shortLength: SHORT_RESULT_LENGTH,
  };
}

function truncate(text: string, length: number): string {
  const total = lengthOf(text);
  return total <= length ? text : `${head(text, length)}... [truncated, total ${total} chars]`;
}

/** What an agent inside a tool reported about its own steps, as the original's shell agent does. */
function embeddedSummary(text: string): string | undefined {
  const found = /Execution Summary \(\d+ steps?\):[\s\S]*?(?=\n={10,}|$(?![\s\S]))/.exec(text)?.[0];
  if (found === undefined) return undefined;
  const conclusion = /^Summary:[ \t]*(.+)$/m.exec(text)?.[1];
  return conclusion === undefined ? found.trimEnd() : `${found.trimEnd()}\nConclusion: ${conclusion}`;
}

/** Everything essential fits: the rest joins as far as there is room, shortened if need be. */
function fitAll(segments: readonly Segment[], budget: number): { text: string; omitted: boolean } {
  const kept: string[] = [];
  let used = 0;
  let omitted = 0;
  let cut = false;
  // Room for essential segments that are still to come is not given away.
  let ahead = segments
    .filter(({ priority }) => priority <= 3)
    .reduce((sum, { text }) => sum + lengthOf(text) + 2, 0);
  for (const { priority, text, shortLength } of segments) {
    const length = lengthOf(text) + 2;
    if (priority <= 3) {
      kept.push(text);
      used += length;
      ahead -= length;
      continue;
    }
    const short = shortLength === undefined ? text : `${head(text, shortLength)}${CUT}`;
    const fits = (size: number) => used + ahead + size <= budget + 2;
    if (fits(length)) kept.push(text);
    else if (fits(lengthOf(short) + 2)) {
      kept.push(short);
      cut = true;
    } else {
      omitted += 1;
      continue;
    }
    used += lengthOf(kept.at(-1) ?? '') + 2;
  }
  if (omitted > 0) kept.push(`[... ${omitted} lower-priority segment(s) omitted due to length ...]`);
  return { text: kept.join('\n\n'), omitted: omitted > 0 || cut };
}

/** Not even the essential fits: task and answer whole, calls and errors cut, of what was said the first lines. */
function fitEssential(segments: readonly Segment[], budget: number): string {
  const chosen = new Map<number, string>();
  let used = 0;
  const keep = (index: number, text: string) => {
    chosen.set(index, text);
    used += lengthOf(text) + 2;
  };
  const indexed = segments.map((segment, index) => ({ ...segment, index }));
  for (const { index, text, priority } of indexed) if (priority <= 1) keep(index, text);
  const important = indexed.filter(({ priority }) => priority === 2);
  important.forEach(({ index, text }, at) => {
    const share = Math.max(LEAST_LENGTH, Math.floor((budget - used) / (important.length - at + 1)));
    const short = lengthOf(text) > share ? `${head(text, share)}${CUT}` : text;
    if (used + lengthOf(short) <= budget) keep(index, short);
  });
  for (const { index, text, priority } of indexed) {
    const line = head(text.split('\n')[0] ?? '', FIRST_LINE_LENGTH);
    if (priority === 3 && used + lengthOf(line) <= budget) keep(index, line);
  }
  const omitted = segments.length - chosen.size;
  const texts = [...chosen].sort(([a], [b]) => a - b).map(([, text]) => text);
  if (omitted > 0 && used < budget) texts.push(`[... ${omitted} segment(s) omitted due to length ...]`);
  return texts.join('\n\n');
}
