// Prompts that a person picks in the host: to hand a task over, to find a skill, to go through proposals.
import type { GetPromptResult, Prompt } from '@modelcontextprotocol/server';

export const PROMPTS: readonly Prompt[] = [
  {
    name: 'delegate_task',
    title: 'Hand a task to OpenSpace',
    description: 'Lets OpenSpace do a whole task and reports its result.',
    arguments: [{ name: 'task', description: 'What is to be done.', required: true }],
  },
  {
    name: 'use_skill',
    title: 'Do it with a skill',
    description: 'Looks for a skill that fits and follows it.',
    arguments: [{ name: 'goal', description: 'What you want to reach.', required: true }],
  },
  {
    name: 'review_proposals',
    title: 'Review what OpenSpace has learnt',
    description: 'Goes through the skill changes that wait for a decision.',
  },
];

const TEXTS: Readonly<Record<string, (args: Readonly<Record<string, string>>) => string>> = {
  delegate_task: ({ task = '' }) =>
    `Hand this task to OpenSpace with execute_task. While it answers "running", call get_task. Then tell me what came of it and where the results are.\n\n${task}`,
  use_skill: ({ goal = '' }) =>
    `Call search_skills for the goal below. If a result fits, read its SKILL.md and follow it; if none does, say so and go on without.\n\n${goal}`,
  review_proposals: () =>
    'Call list_proposals. Show me each change with its diff and evidence, one after the other, ask what I want, and call decide_proposal with my answer. Decide nothing yourself.',
};

export function getPrompt(name: string, args: Readonly<Record<string, string>>): GetPromptResult | undefined {
  const text = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined;
  if (text === undefined) return undefined;
  return { messages: [{ role: 'user', content: { type: 'text', text: text(args) } }] };
}
