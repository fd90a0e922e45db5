// Runs the tool calls of one turn: read-only ones side by side, the others in order; every failure becomes a result.
import { nearest, oneLine, toMessage } from '../lib/index.ts';
import { createArgsChecker, explainBadArgs, explainThrown } from './tool-args.ts';
import type {
  AgentEvent,
  AgentInput,
  Answer,
  EventListener,
  Tool,
  ToolCall,
  ToolContext,
  ToolResult,
} from './types.ts';

/** How many read-only calls run at the same time. */
const SIDE_BY_SIDE = 8;
/** How long a tool may take to end after an abort, so that it can end its processes and hand over what it has. */
const ABORT_GRACE_MS = 3_000;

export interface CallResult {
  readonly call: ToolCall;
  readonly result: ToolResult;
}

export interface CallRunner {
  /** Results in the order of the calls, one for each. */
  run(calls: readonly ToolCall[], turn: number, cutByLimit: boolean): Promise<readonly CallResult[]>;
}

type Step =
  | { readonly kind: 'run'; readonly tool: Tool; readonly call: ToolCall }
  | { readonly kind: 'refuse'; readonly source: string; readonly call: ToolCall; readonly text: string };

export function createCallRunner(input: AgentInput, emit: EventListener): CallRunner {
  const check = createArgsChecker();
  const askInTurn = createQueue();

  const plan = async (call: ToolCall, cutByLimit: boolean): Promise<Step> => {
    const tool = input.tools.find(({ name }) => name === call.name);
    const source = tool?.source ?? 'unknown';
    if (tool === undefined) return { kind: 'refuse', source, call, text: explainUnknown(call, input.tools) };
    if (call.args === undefined) {
      return { kind: 'refuse', source, call, text: explainUnreadable(call, cutByLimit) };
    }
    const checked = await check(tool, call.args);
    if (checked.ok) return { kind: 'run', tool, call: { ...call, args: checked.args } };
    return { kind: 'refuse', source, call, text: explainBadArgs(tool, checked.problem) };
  };

  const runStep = async (step: Step, turn: number): Promise<CallResult> => {
    const { call } = step;
    const source = step.kind === 'run' ? step.tool.source : step.source;
    const started = performance.now();
    emit({ type: 'tool-start', turn, call, source });
    const result =
      step.kind === 'refuse'
        ? errorResult(step.text)
        : await runTool(step.tool, step.call, contextOf(call, turn));
    emit({ type: 'tool-end', turn, call, source, result, tookMs: Math.round(performance.now() - started) });
    return { call, result };
  };

  const contextOf = (call: ToolCall, turn: number): ToolContext => ({
    signal: input.signal,
    workspace: input.workspace,
    spawner: input.spawner,
    progress: (text) => emit({ type: 'tool-progress', turn, callId: call.id, text }),
    ask: (question) =>
      askInTurn(async () => {
        if (input.ask === undefined || input.signal.aborted) return false;
        const head = { turn, callId: call.id };
        emit({ type: 'approval-start', ...head, question } satisfies AgentEvent);
        const answer = await withAbort<Answer>(input.ask(question), input.signal, 0, false);
        const allowed = answer === true || answer === 'always';
        emit({ type: 'approval-end', ...head, allowed } satisfies AgentEvent);
        return answer;
      }),
  });

  const runTool = async (tool: Tool, call: ToolCall, context: ToolContext): Promise<ToolResult> => {
    if (input.signal.aborted) return errorResult('Cancelled before it began.');
    try {
      const verdict = await input.guard?.(tool, call, context);
      if (verdict !== undefined && !verdict.allowed) return errorResult(`Not allowed: ${verdict.reason}`);
      if (input.signal.aborted) return errorResult('Cancelled before it began.');
      const running = tool.run(call.args ?? {}, context);
      return await withAbort(running, input.signal, ABORT_GRACE_MS, errorResult('Cancelled.'));
    } catch (error) {
      return errorResult(explainThrown(tool.name, error));
    }
  };

  const run: CallRunner['run'] = async (calls, turn, cutByLimit) => {
    const steps = await Promise.all(calls.map((call) => plan(call, cutByLimit)));
    const results: CallResult[] = [];
    for (const group of groupSteps(steps)) {
      const settled = await Promise.allSettled(group.map((step) => runStep(step, turn)));
      for (const one of settled) {
        if (one.status === 'rejected') throw one.reason; // a listener that can't go on: no tool ends here
        results.push(one.value);
      }
    }
    return results;
  };
  return { run };
}

export function errorResult(text: string): ToolResult {
  return { parts: [{ type: 'text', text }], isError: true };
}

/** Neighbours that change nothing form one group; every other call is a group of its own. */
function groupSteps(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  let open: Step[] | undefined;
  for (const step of steps) {
    const quiet = step.kind === 'refuse' || step.tool.readOnly;
    if (quiet && open !== undefined && open.length < SIDE_BY_SIDE) {
      open.push(step);
      continue;
    }
    const group = [step];
    groups.push(group);
    open = quiet ? group : undefined;
  }
  return groups;
}

function explainUnknown(call: ToolCall, tools: readonly Tool[]): string {
  const names = tools.map(({ name }) => name);
  const near = nearest(call.name, names);
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  const list = names.length === 0 ? 'There are no tools.' : `Tools: ${names.join(', ')}.`;
  return `There is no tool "${oneLine(call.name, 80)}".${meant} ${list}`;
}

function explainUnreadable(call: ToolCall, cutByLimit: boolean): string {
  const raw = call.rawArgs ?? '';
  const sent = raw.length > 300 ? `${raw.slice(0, 150)} … ${raw.slice(-100)}` : raw;
  const why = cutByLimit
    ? 'Your reply was cut off by its length limit. Send the call again with shorter arguments, in several steps if need be.'
    : 'Send the call again with one complete JSON object.';
  return `The arguments of "${call.name}" are no complete JSON object, so it was not run. ${why} Received: ${sent}`;
}

/** The promise's value, or `instead` if it does not settle within `graceMs` after the signal was aborted. */
function withAbort<T>(promise: Promise<T>, signal: AbortSignal, graceMs: number, instead: T): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => resolve(instead), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** Lets one job run at a time, in order: two questions at once can't be answered. */
function createQueue(): <T>(job: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const next = last.then(job, job);
    last = next.catch((error: unknown) => toMessage(error)); // the asker sees it; the queue goes on
    return next;
  };
}
