// The attempts of a run: first with the chosen skills, then, if that fails, without, within one budget.
import {
  type AgentOutcome,
  addUsage,
  type Budget,
  type Message,
  NO_USAGE,
  runAgent,
} from '../agent/index.ts';
import type { OfferedSkill, SkillChoice } from '../recording/index.ts';
import type { Hands } from './hands.ts';
import { renderSystemText } from './prompts.ts';
import type { ChosenSkills, RunParts } from './run.ts';
import type { ConversationTurn, RunReport, RunStreamEvent, Task } from './task.ts';

export interface AttemptsInput {
  readonly runId: string;
  readonly task: Task;
  readonly workspace: string;
  readonly parts: RunParts;
  readonly signal: AbortSignal;
  readonly emit: (event: RunStreamEvent) => void;
}

export interface AttemptsResult {
  readonly report: Pick<RunReport, 'status' | 'answer' | 'turns' | 'usage' | 'skills' | 'error'>;
  readonly choice: SkillChoice;
}

export const NO_SKILLS: ChosenSkills = {
  choice: { picked: [], considered: [], how: 'none', reason: 'skills are off' },
  texts: [],
};

/** Does the task. Throws only for bugs and for what stops the run before it begins. */
export async function doAttempts(input: AttemptsInput): Promise<AttemptsResult> {
  const { task, parts, signal, emit } = input;
  const chosen = task.useSkills === false ? NO_SKILLS : await parts.chooseSkills(task, signal);
  for (const text of chosen.notes ?? []) emit({ type: 'note', text });
  emit({ type: 'skills-chosen', choice: chosen.choice });
  const budget: Budget = {
    maxTurns: task.maxTurns ?? parts.config.get('max_iterations') ?? 30,
    maxTokens: parts.config.get('max_tokens'),
    maxCostUsd: parts.config.get('max_cost_usd'),
  };
  const first = await doAttempt(input, 1, chosen, budget);
  const left = remaining(budget, first);
  if (chosen.texts.length === 0 || isSpent(left) || signal.aborted || !isWorthAnother(first)) {
    return toResult([first], chosen.choice, chosen);
  }
  const second = await doAttempt(input, 2, NO_SKILLS, left);
  return second.status === 'done' || second.answer !== ''
    ? toResult([first, second], chosen.choice, NO_SKILLS)
    : toResult([second, first], chosen.choice, chosen);
}

/** One try, on a snapshot of the workspace. Only a successful one changes the user's folder. */
async function doAttempt(
  { runId, task, workspace, parts, signal, emit }: AttemptsInput,
  attempt: number,
  skills: ChosenSkills,
  budget: Budget,
): Promise<AgentOutcome> {
  const onRetrieved = (skill: OfferedSkill) => emit({ type: 'skill-retrieved', attempt, skill });
  const hands = await parts.openHands({
    runId,
    task,
    workspace,
    signal,
    skills: skills.texts,
    onRetrieved,
    maxTurns: budget.maxTurns,
  });
  try {
    for (const text of attempt === 1 ? hands.notes : []) emit({ type: 'note', text });
    emit({ type: 'attempt-start', attempt, skills: skills.choice.picked });
    const system = renderSystemText({
      workspace,
      platform: process.platform,
      date: parts.world.now().toISOString().slice(0, 10),
      place: hands.description,
      skills: skills.texts,
      context: task.context,
    });
    const { tools, guard, spawner, root } = hands;
    const outcome = await runAgent(
      {
        model: parts.models.get('chat'),
        system,
        messages: [
          ...(task.history ?? []).map(toMessage),
          { role: 'user', parts: [{ type: 'text', text: task.task }] },
        ],
        tools,
        guard,
        spawner,
        workspace: root,
        budget,
        signal,
        ...(task.ask === undefined ? {} : { ask: task.ask }),
      },
      (event) => emit({ ...event, attempt }),
    );
    return await finish(outcome, attempt, hands, { task, emit });
  } finally {
    await hands.close();
  }
}

/** Brings the changes over or throws them away, and says so. */
async function finish(
  agent: AgentOutcome,
  attempt: number,
  hands: Hands,
  { task, emit }: Pick<AttemptsInput, 'task' | 'emit'>,
): Promise<AgentOutcome> {
  const outcome = { ...agent, usage: addUsage(agent.usage, hands.usage()) };
  if (outcome.status === 'done' && task.purpose !== 'replay') hands.keepCase(task.task);
  const changes = await hands.settle(outcome.status === 'done' ? 'apply' : 'discard');
  if (changes.changes.length > 0) emit({ type: 'files-changed', attempt, ...changes });
  const { messages: _all, ...rest } = outcome;
  emit({ type: 'attempt-end', attempt, outcome: rest });
  return outcome;
}

function toMessage({ role, text }: ConversationTurn): Message {
  return role === 'user' ? { role, parts: [{ type: 'text', text }] } : { role, text, calls: [] };
}

/** What is left of a budget after an attempt. */
function remaining(budget: Budget, { turns, usage }: AgentOutcome): Budget {
  const tokens = usage.inputTokens + usage.outputTokens;
  return {
    maxTurns: Math.max(0, budget.maxTurns - turns),
    maxTokens: budget.maxTokens === undefined ? undefined : Math.max(0, budget.maxTokens - tokens),
    maxCostUsd:
      budget.maxCostUsd === undefined ? undefined : Math.max(0, budget.maxCostUsd - (usage.costUsd ?? 0)),
  };
}

function isSpent({ maxTurns, maxTokens, maxCostUsd }: Budget): boolean {
  return maxTurns <= 0 || maxTokens === 0 || maxCostUsd === 0;
}

/** A refused key or an empty account fails the same way again. */
function isWorthAnother({ status, error }: AgentOutcome): boolean {
  if (status !== 'error' && status !== 'out-of-budget') return false;
  return error === undefined || !['auth', 'billing', 'bad-request'].includes(error.kind);
}

function toResult(
  outcomes: readonly AgentOutcome[],
  choice: SkillChoice,
  used: ChosenSkills,
): AttemptsResult {
  const last = outcomes.at(-1);
  if (last === undefined) throw new Error('a run has at least one attempt');
  const { status, answer, error } = last;
  return {
    choice,
    report: {
      status,
      answer,
      turns: outcomes.reduce((sum, outcome) => sum + outcome.turns, 0),
      usage: outcomes.reduce((sum, outcome) => addUsage(sum, outcome.usage), NO_USAGE),
      skills: used.texts.map((skill) => skill.name),
      ...(error === undefined
        ? {}
        : {
            error: {
              code: error.kind === 'auth' ? ('auth' as const) : ('provider' as const),
              message: error.message,
              ...(error.hint === undefined ? {} : { hint: error.hint }),
            },
          }),
    },
  };
}
