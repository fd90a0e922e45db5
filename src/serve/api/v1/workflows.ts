// The original's routes of recorded runs at `/api/v1`: ours in its form, imported ones from the original's own files.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findImportedRun } from '../../../learning/index.ts';
import { isAbsent, OpenSpaceError } from '../../../lib/index.ts';
import {
  type EventLine,
  type OriginalRecording,
  readLines,
  readOriginalRecording,
} from '../../../recording/index.ts';
import type { ApiContext } from '../context.ts';
import type { RunItem } from '../contract.ts';

/** Most runs in one answer: the original sent all there are. */
export const MOST_WORKFLOWS = 200;

const STATUS: Record<RunItem['status'], string> = {
  ...{ running: 'running', done: 'success', incomplete: 'incomplete', 'out-of-budget': 'incomplete' },
  ...{ error: 'error', cancelled: 'cancelled' },
};

/** One call of a tool. */
interface Step {
  readonly step: number;
  readonly timestamp: string | null;
  readonly backend: string;
  readonly tool: string;
  readonly command: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly result: { readonly status: 'success' | 'error'; readonly output: string };
}

/** One reply of a model. */
interface Action {
  readonly step: number;
  readonly timestamp: string | null;
  readonly agent_name: string;
  readonly agent_type: string;
  readonly action_type: string;
  readonly reasoning: string;
  readonly output: string;
}

interface Facts {
  readonly steps: readonly Step[];
  readonly actions: readonly Action[];
  readonly iterations: number;
  readonly images: readonly string[];
}

export function listWorkflows(api: ApiContext) {
  return api.runs.page({ limit: MOST_WORKFLOWS }).items.map((run) => summaryOf(api, run, factsOf(api, run)));
}

export function showWorkflow(api: ApiContext, id: string) {
  const run = findItem(api, id);
  const facts = factsOf(api, run);
  const urlOf = (file: string) => `/api/v1/workflows/${encodeURIComponent(id)}/artifacts/${file}`;
  const byAgent: Record<string, number> = {};
  for (const { agent_name: name } of facts.actions) byAgent[name] = (byAgent[name] ?? 0) + 1;
  const summary = summaryOf(api, run, facts);
  return {
    ...summary,
    metadata: {
      ...{ task_id: run.run_id, task_name: run.task, instruction: run.task, start_time: run.started_at },
      ...{ end_time: run.last_event_at, backends: Object.keys(summary.backend_counts) },
      skill_selection: { selected: summary.selected_skills, model: run.model, task: run.task },
    },
    statistics: {
      ...{ total_steps: summary.total_steps, success_count: summary.success_count },
      ...{ success_rate: summary.success_rate, backends: summary.backend_counts, tools: summary.tool_counts },
    },
    trajectory: facts.steps.map((step) => ({ ...step, screenshot_url: null })),
    ...{ plans: [], decisions: [], agent_actions: facts.actions },
    agent_statistics: { total_actions: facts.actions.length, by_agent: byAgent },
    timeline: timelineOf(facts),
    artifacts: {
      ...{ init_screenshot_url: null, video_url: null },
      screenshots: facts.images.map((file) => ({
        name: file.replace(/^.*\//, ''),
        path: file,
        url: urlOf(file),
      })),
    },
  };
}

/** Where the artifacts of a run lie, and whose they are. */
export function artifactPlace(api: ApiContext, id: string): { folder: string; isOriginal: boolean } {
  const folder = api.runs.folder(id);
  if (folder !== undefined) return { folder, isOriginal: false };
  const past = findImportedRun(api.learning.db, id);
  if (past?.folder) return { folder: past.folder, isOriginal: true };
  throw new OpenSpaceError('not-found', `The run ${id.slice(0, 100)} has no files.`);
}

function findItem(api: ApiContext, id: string): RunItem {
  const run = api.runs.find(id);
  if (run !== undefined) return run;
  const past = findImportedRun(api.learning.db, id);
  if (past !== undefined) return api.runs.imported(past);
  throw new OpenSpaceError('not-found', `There is no workflow "${id.slice(0, 100)}".`);
}

function summaryOf(api: ApiContext, run: RunItem, { steps, actions, iterations, images }: Facts) {
  const succeeded = steps.filter(({ result }) => result.status === 'success').length;
  const count = (values: readonly string[]) => {
    const counts: Record<string, number> = {};
    for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
    return counts;
  };
  return {
    ...{ id: run.run_id, path: api.runs.folder(run.run_id) ?? '', task_id: run.run_id, task_name: run.task },
    ...{ instruction: run.task, status: STATUS[run.status], iterations: run.turns ?? iterations },
    ...{ execution_time: (run.took_ms ?? 0) / 1000, start_time: run.started_at, end_time: run.last_event_at },
    ...{ total_steps: steps.length, success_count: succeeded },
    success_rate: steps.length === 0 ? 0 : Number((succeeded / steps.length).toFixed(4)),
    ...{
      backend_counts: count(steps.map(({ backend }) => backend)),
      tool_counts: count(steps.map(({ tool }) => tool)),
    },
    ...{
      agent_action_count: actions.length,
      has_video: false,
      video_url: null,
      screenshot_count: images.length,
    },
    selected_skills: run.skills.map(({ version_id }) => version_id),
  };
}

/** In order of time; what has none keeps its place at the end instead of failing, as it did in the original. */
function timelineOf({ steps, actions }: Facts) {
  const entries = [
    ...actions.map((action) => ({
      ...{ timestamp: action.timestamp, type: 'agent_action', step: action.step, label: action.action_type },
      ...{ agent_name: action.agent_name, agent_type: action.agent_type, status: 'success', details: action },
    })),
    ...steps.map((step) => ({
      ...{ timestamp: step.timestamp, type: 'tool_execution', step: step.step, label: step.tool },
      ...{ backend: step.backend, status: step.result.status, details: step },
    })),
  ];
  const key = ({ timestamp }: { timestamp: string | null }) => timestamp ?? '9999';
  return entries.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.step - b.step));
}

function factsOf(api: ApiContext, run: RunItem): Facts {
  const folder = api.runs.folder(run.run_id);
  if (folder !== undefined) {
    const read = () => recordedFacts(readLines(folder, 0, Number.POSITIVE_INFINITY));
    return run.status === 'running' ? read() : api.remember(`v1:run:${run.run_id}`, read);
  }
  return api.remember(`v1:run:${run.run_id}`, () => {
    const past = findImportedRun(api.learning.db, run.run_id);
    const recording = past?.folder ? readOriginalRecording(past.folder) : undefined;
    return recording === undefined
      ? { steps: [], actions: [], iterations: 0, images: [] }
      : originalFacts(recording);
  });
}

const MOST_OUTPUT = 20_000;

function recordedFacts(lines: readonly EventLine[]): Facts {
  const steps: Step[] = [];
  const actions: Action[] = [];
  const images: string[] = [];
  for (const { event } of lines) {
    if (event.type === 'model-reply')
      actions.push({
        ...{
          step: actions.length + 1,
          timestamp: event.at,
          agent_name: 'OpenSpace',
          agent_type: 'grounding',
        },
        ...{ action_type: event.reply.calls.length > 0 ? 'tool_calls' : 'answer', reasoning: '' },
        output: event.reply.text.slice(0, MOST_OUTPUT),
      });
    if (event.type !== 'tool-end') continue;
    const { call, result, source } = event;
    const texts = result.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    images.push(...result.parts.flatMap((part) => (part.type === 'image' ? [part.file] : [])));
    steps.push({
      ...{ step: steps.length + 1, timestamp: event.at, backend: source, tool: call.name },
      command: typeof call.args?.command === 'string' ? call.args.command : '',
      parameters: call.args ?? {},
      result: {
        status: result.isError ? 'error' : 'success',
        output: texts.join('\n').slice(0, MOST_OUTPUT),
      },
    });
  }
  const iterations = lines.filter(({ event }) => event.type === 'turn-start').length;
  return { steps, actions, iterations, images };
}

function originalFacts({ folder, steps, messages, iterations }: OriginalRecording): Facts {
  const replies = messages.filter(({ role }) => role === 'assistant');
  return {
    iterations,
    images: screenshotsIn(folder),
    steps: steps.map(({ step, at, tool, command, succeeded, output }) => ({
      ...{
        step,
        timestamp: at ?? null,
        backend: tool.split(':')[0] ?? '',
        tool: tool.split(':').at(-1) ?? tool,
      },
      ...{ command, parameters: {} },
      result: { status: succeeded ? 'success' : 'error', output: output.slice(0, MOST_OUTPUT) },
    })),
    actions: replies.map(({ iteration, agent, text, toolCalls }) => ({
      ...{ step: iteration, timestamp: null, agent_name: agent, agent_type: 'grounding', reasoning: '' },
      ...{ action_type: toolCalls.length > 0 ? 'tool_calls' : 'answer', output: text.slice(0, MOST_OUTPUT) },
    })),
  };
}

function screenshotsIn(folder: string): string[] {
  const place = join(folder, 'screenshots');
  try {
    if (!lstatSync(place).isDirectory()) return [];
    return readdirSync(place)
      .filter((name) => name.endsWith('.png'))
      .sort()
      .map((name) => `screenshots/${name}`);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
