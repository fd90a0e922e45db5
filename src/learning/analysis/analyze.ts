// Recording → Analysis: an agent reads what happened, and what it claims is checked against the recording.
import {
  type AgentOutcome,
  addUsage,
  type Message,
  type Model,
  runAgent,
  type Usage,
} from '../../agent/index.ts';
import type { Spawner } from '../../lib/index.ts';
import type { Recording } from '../../recording/index.ts';
import { ANALYSIS_SYSTEM, renderAnalysisTask, repairText } from '../prompts.ts';
import type { Analysis, Suggestion } from '../suggestion.ts';
import { parseAnalysisReply, type RawAnalysis } from './parse.ts';
import { findQuotes, recordingLines } from './recording-text.ts';
import { recordingTools } from './recording-tools.ts';
import { formatTranscript } from './transcript.ts';

/** A skill that the run had: picked or looked up. */
export interface SeenSkill {
  readonly versionId: string;
  readonly name: string;
  /** Its SKILL.md. */
  readonly text: string;
}

export interface AnalyzeInput {
  readonly recording: Recording;
  readonly skills: readonly SeenSkill[];
  /** Ids of all skills that were considered, to put misspelt ids right. */
  readonly considered: readonly string[];
  readonly model: Model;
  readonly spawner: Spawner;
  readonly signal: AbortSignal;
  /** Characters of the recording that the model is shown at once. Default 40,000. */
  readonly transcriptLength?: number;
}

/** `retry`: the model could not be reached; the same again may work. */
export type AnalyzeResult = { readonly usage: Usage } & (
  | { readonly ok: true; readonly analysis: Analysis }
  | { readonly ok: false; readonly reason: string; readonly retry: boolean }
);

const MAX_TURNS = 6;
const MAX_TOKENS = 120_000;
const SKILL_LENGTH = 6_000;

/** Analyses a run. A reply in no readable form is asked for once more; then the analysis has failed, with its reason. */
export async function analyze(input: AnalyzeInput): Promise<AnalyzeResult> {
  const { recording, skills } = input;
  const { text, complete } = formatTranscript(recordingLines(recording), input.transcriptLength ?? 40_000);
  const task = renderAnalysisTask({
    status: recording.status,
    skills: skills.map((skill) => ({ ...skill, text: skill.text.slice(0, SKILL_LENGTH) })),
    transcript: text,
    complete,
  });
  const known = new Set([...skills.map(({ versionId }) => versionId), ...input.considered]);
  const first = await ask(input, [userMessage(task)], complete ? [] : recordingTools(recording));
  const failed = failureOf(first);
  if (failed !== undefined) return { ...failed, usage: first.usage };
  const parsed = parseAnalysisReply(first.answer, known);
  if (parsed.ok) return { ok: true, analysis: check(parsed.analysis, input), usage: first.usage };
  const second = await ask(input, [...first.messages, userMessage(repairText(parsed.error))], []);
  const usage = addUsage(first.usage, second.usage);
  const failedAgain = failureOf(second);
  if (failedAgain !== undefined) return { ...failedAgain, usage };
  const repaired = parseAnalysisReply(second.answer, known);
  return repaired.ok
    ? { ok: true, analysis: check(repaired.analysis, input), usage }
    : { ok: false, retry: false, reason: `The analysis can't be read: ${repaired.error}`, usage };
}

function ask(
  { model, spawner, signal }: AnalyzeInput,
  messages: readonly Message[],
  tools: Parameters<typeof runAgent>[0]['tools'],
): Promise<AgentOutcome> {
  return runAgent(
    {
      ...{ model, spawner, signal, messages, tools, system: ANALYSIS_SYSTEM, workspace: '/' },
      budget: { maxTurns: tools.length === 0 ? 1 : MAX_TURNS, maxTokens: MAX_TOKENS },
    },
    () => undefined,
  );
}

const userMessage = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });

function failureOf(outcome: AgentOutcome): { ok: false; reason: string; retry: boolean } | undefined {
  if (outcome.status === 'error' || outcome.status === 'cancelled') {
    const reason = outcome.error?.message ?? 'It was cancelled.';
    const lasting = ['auth', 'billing', 'bad-request', 'content-filter'].includes(outcome.error?.kind ?? '');
    return { ok: false, reason: `The model failed: ${reason}`, retry: !lasting };
  }
  return undefined;
}

/** Keeps only what the recording bears out: quotes that are in it, skills that the run had. */
function check(raw: RawAnalysis, { recording, skills }: AnalyzeInput): Analysis {
  const had = new Set(skills.map(({ versionId }) => versionId));
  const tools = new Map(
    recording.events.flatMap((event) => (event.type === 'tool-end' ? [[event.call.name, event.source]] : [])),
  );
  return {
    taskDone: raw.taskDone && recording.status !== 'error',
    note: raw.note,
    failureCause: raw.failureCause,
    evidence: findQuotes(recording, raw.quotes),
    verdicts: raw.verdicts
      .filter(({ id }) => had.has(id))
      .map(({ id, ...verdict }) => ({ ...verdict, versionId: id })),
    // A tool that the run never called is an invention, whatever it is said to have done.
    toolProblems: raw.toolProblems.filter(({ tool }) => tools.has(bareName(tool))),
    suggestions: raw.suggestions.map(
      ({ quotes, ...suggestion }): Suggestion => ({
        ...suggestion,
        trigger: 'run',
        evidence: findQuotes(
          recording,
          quotes.map((quote) => ({
            quote,
            says: raw.quotes.find((each) => each.quote === quote)?.says ?? '',
          })),
        ),
      }),
    ),
  };
}

/** Models write `shell:run_shell` as well as `run_shell`. */
const bareName = (tool: string) => tool.slice(tool.lastIndexOf(':') + 1).trim();
