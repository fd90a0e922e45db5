// One try at a task: the agent with or without skills, its events passed on with the attempt's number.
import { type AgentInput, type AgentOutcome, type Budget, type Message, runAgent } from '../agent/index.ts';
import type { OfferedSkill } from '../recording/index.ts';
import type { ConversationTurn, RunStreamEvent } from './task.ts';

export interface Attempt {
  readonly attempt: number;
  readonly skills: readonly OfferedSkill[];
  readonly input: Omit<AgentInput, 'messages' | 'budget'>;
  readonly budget: Budget;
  readonly task: string;
  readonly history: readonly ConversationTurn[];
  readonly emit: (event: RunStreamEvent) => void;
}

/** Runs the agent once. The outcome says how it ended; nothing is thrown but bugs. */
export async function doAttempt({
  attempt,
  skills,
  input,
  budget,
  task,
  history,
  emit,
}: Attempt): Promise<AgentOutcome> {
  emit({ type: 'attempt-start', attempt, skills });
  const messages: readonly Message[] = [
    ...history.map(toMessage),
    { role: 'user', parts: [{ type: 'text', text: task }] },
  ];
  const outcome = await runAgent({ ...input, messages, budget }, (event) => emit({ ...event, attempt }));
  const { messages: _all, ...rest } = outcome;
  emit({ type: 'attempt-end', attempt, outcome: rest });
  return outcome;
}

function toMessage({ role, text }: ConversationTurn): Message {
  return role === 'user' ? { role, parts: [{ type: 'text', text }] } : { role, text, calls: [] };
}

/** What is left of a budget after an attempt. */
export function remaining(budget: Budget, { turns, usage }: AgentOutcome): Budget {
  const tokens = usage.inputTokens + usage.outputTokens;
  return {
    maxTurns: Math.max(0, budget.maxTurns - turns),
    maxTokens: budget.maxTokens === undefined ? undefined : Math.max(0, budget.maxTokens - tokens),
    maxCostUsd:
      budget.maxCostUsd === undefined ? undefined : Math.max(0, budget.maxCostUsd - (usage.costUsd ?? 0)),
  };
}

/** True if nothing of the budget is left for another attempt. */
export function isSpent({ maxTurns, maxTokens, maxCostUsd }: Budget): boolean {
  return maxTurns <= 0 || maxTokens === 0 || maxCostUsd === 0;
}
