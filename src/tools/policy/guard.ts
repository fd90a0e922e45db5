// Makes the agent's guard from a policy: asks where it must, and lets through what people allowed.
import type { AgentInput, Answer, Question, ToolContext } from '../../agent/index.ts';
import { OpenSpaceError, oneLine } from '../../lib/index.ts';
import type { Approvals } from './approvals.ts';
import type { Decision, Policy } from './policy.ts';

export interface GuardOptions {
  /** Asks a person; without it the run's own `ask` is used. */
  readonly ask?: (question: Question) => Promise<Answer>;
  readonly approvals?: Approvals;
  /** Told about each command that a person let out of the sandbox, just before it runs. */
  readonly letOut?: (command: string) => void;
  /** Told about every decision, for the recording. */
  readonly onDecision?: (decision: Decision) => void;
}

type Guard = NonNullable<AgentInput['guard']>;

/** The guard for `runAgent`. A refusal tells the model why, and that nothing was done. */
export function guardFor(policy: Policy, options: GuardOptions = {}): Guard {
  return async (tool, call, context) => {
    const decision = policy.decide(tool, call, context);
    options.onDecision?.(decision);
    if (decision.decision === 'deny') return refuse(decision, 'It is not allowed');
    if (decision.decision === 'allow') {
      // A rule, or an earlier "always", is a person's word too.
      if (decision.needsOutside) options.letOut?.(commandOf(call.args));
      return { allowed: true };
    }
    const answer = await put(decision, tool.name, context, options);
    if (answer === 'always' || answer === 'never') remember(decision, answer, options.approvals);
    if (answer !== true && answer !== 'always')
      return refuse(decision, 'It needs an approval that was not given');
    if (decision.needsOutside) options.letOut?.(commandOf(call.args));
    return { allowed: true };
  };
}

async function put(
  decision: Decision,
  tool: string,
  context: ToolContext,
  options: GuardOptions,
): Promise<Answer> {
  const question = { tool, action: oneLine(decision.action, 2_000), reason: decision.reason };
  return options.ask === undefined ? context.ask(question) : options.ask(question);
}

function remember(decision: Decision, answer: 'always' | 'never', approvals: Approvals | undefined): void {
  if (decision.remember === undefined || approvals === undefined) return;
  approvals.remember({ ...decision.remember, decision: answer === 'always' ? 'allow' : 'deny' });
}

function refuse(decision: Decision, start: string): { allowed: false; reason: string } {
  return {
    allowed: false,
    reason: `${start}: ${decision.reason}. Nothing was done. Go another way, or finish and say what you could not do.`,
  };
}

function commandOf(args: Readonly<Record<string, unknown>> | undefined): string {
  const command = args?.command;
  if (typeof command !== 'string') throw new OpenSpaceError('internal', 'Only commands leave the sandbox.');
  return command;
}
