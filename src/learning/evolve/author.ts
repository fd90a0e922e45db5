// The agent that writes a change: it edits files in memory and sees evidence and the part of the recording that matters.
import { type Message, type Model, runAgent, type Usage } from '../../agent/index.ts';
import type { Spawner } from '../../lib/index.ts';
import type { Recording } from '../../recording/index.ts';
import { applyEdit, decodeText, type SkillFiles } from '../../skills/index.ts';
import { recordingLines } from '../analysis/recording-text.ts';
import { recordingTools } from '../analysis/recording-tools.ts';
import { formatTranscript } from '../analysis/transcript.ts';
import { type AuthoredKind, authorSystem, renderAuthorTask } from '../prompts.ts';
import type { Evidence } from '../suggestion.ts';
import { type AuthorEnd, countChangedLines, openFileMap, SHOWN_LENGTH } from './file-map.ts';
import { parseAuthorReply } from './reply.ts';

export interface AuthorInput {
  readonly kind: AuthoredKind;
  readonly direction: string;
  readonly evidence: readonly Evidence[];
  /** Files to begin with: the first parent's. */
  readonly files: SkillFiles;
  /** Further skills to look at: the other parents of a merge. */
  readonly others?: readonly { readonly name: string; readonly text: string }[];
  /** Run that the evidence is from. */
  readonly recording: Recording | undefined;
  readonly objections?: readonly string[];
  readonly isNameTaken: (name: string) => boolean;
  readonly model: Model;
  readonly spawner: Spawner;
  readonly signal: AbortSignal;
}

export type AuthorResult = { readonly usage: Usage } & (
  | {
      readonly kind: 'draft';
      readonly files: SkillFiles;
      readonly summary: string;
      /** Lines added and removed. */
      readonly changedLines: number;
    }
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retry: boolean }
);

const MAX_TURNS = 8;
const MAX_TOKENS = 120_000;
const EXCERPT_LENGTH = 8_000;
const EXCERPT_STEPS = 2;

/** Lets the author work. A draft has passed lint and safety; a refusal is a result, not a failure. */
export async function author(input: AuthorInput): Promise<AuthorResult> {
  const done = new AbortController();
  const ended: { value?: AuthorEnd } = {};
  const map = openFileMap({
    ...{ kind: input.kind, files: input.files, isNameTaken: input.isNameTaken },
    onEnd(end) {
      ended.value ??= end;
      done.abort(); // nothing that the model could still say would change anything
    },
  });
  const tools = input.recording === undefined ? [] : recordingTools(input.recording);
  const outcome = await runAgent(
    {
      ...{ model: input.model, spawner: input.spawner, system: authorSystem(input.kind), workspace: '/' },
      messages: [taskMessage(input)],
      tools: [...map.tools, ...tools],
      budget: { maxTurns: MAX_TURNS, maxTokens: MAX_TOKENS },
      signal: AbortSignal.any([input.signal, done.signal]),
    },
    () => undefined,
  );
  const { usage } = outcome;
  const draft = (summary: string): AuthorResult => ({
    ...{ kind: 'draft', files: map.files, summary, usage },
    changedLines: countChangedLines(input.files, map.files),
  });
  if (ended.value?.kind === 'finished') return draft(ended.value.summary);
  if (ended.value?.kind === 'declined') return { kind: 'declined', reason: ended.value.reason, usage };
  if (outcome.status === 'error' || outcome.status === 'cancelled') {
    const reason = outcome.error?.message ?? 'it was cancelled';
    return { kind: 'failed', reason: `The author’s model failed: ${reason}`, retry: true, usage };
  }
  return fromText(input, outcome.answer, map, usage, draft);
}

/** A model that does not use the tools may write its edit in one of the original's formats. Prose is none. */
function fromText(
  input: AuthorInput,
  answer: string,
  map: ReturnType<typeof openFileMap>,
  usage: Usage,
  draft: (summary: string) => AuthorResult,
): AuthorResult {
  const reply = parseAuthorReply(answer);
  if (reply.kind === 'declined') return { kind: 'declined', reason: reply.reason, usage };
  const edit = applyEdit(input.files, reply.kind === 'edit' ? reply.text : answer);
  const failed = (reason: string): AuthorResult => ({ kind: 'failed', reason, retry: false, usage });
  if (!edit.ok) return failed(`The author neither finished nor declined: ${edit.error}`);
  if (edit.format === 'full' && wasCut(input.files))
    return failed('The author rewrote a file that it had not seen whole.');
  map.replace(edit.files);
  const objections = map.objections();
  if (objections.length > 0) return failed(`The author’s edit is not sound: ${objections.join(' ')}`);
  const summary = /^[\s*_]*CHANGE[\s_-]?SUMMARY\s*[:：]\s*(.+)$/im.exec(answer)?.[1]?.replace(/[*_\s]+$/, '');
  return draft(summary ?? input.direction);
}

const wasCut = (files: SkillFiles) =>
  [...files.values()].some((bytes) => (decodeText(bytes)?.length ?? 0) > SHOWN_LENGTH);

function taskMessage(input: AuthorInput): Message {
  const files = [...input.files].flatMap(([path, bytes]) => {
    const text = decodeText(bytes);
    if (text === undefined) return [];
    return [{ path, text: text.slice(0, SHOWN_LENGTH), cut: text.length > SHOWN_LENGTH }];
  });
  const others = (input.others ?? []).map(({ name, text }) => ({
    ...{ path: `The skill ${name}`, text: text.slice(0, SHOWN_LENGTH), cut: false },
  }));
  const text = renderAuthorTask({
    ...{ direction: input.direction, evidence: input.evidence, files: [...files, ...others] },
    excerpt: input.recording === undefined ? '' : excerptOf(input.recording, input.evidence),
    objections: input.objections ?? [],
  });
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/** The steps around the quotes; without quotes the whole run, shortened. */
function excerptOf(recording: Recording, evidence: readonly Evidence[]): string {
  const places = evidence.map(({ seq }) => recording.events.findIndex((event) => event.seq === seq));
  const near = recording.events.filter(
    (_, index) => places.length === 0 || places.some((place) => Math.abs(place - index) <= EXCERPT_STEPS),
  );
  return formatTranscript(recordingLines({ ...recording, events: near }), EXCERPT_LENGTH).text;
}
