// The demo's scripted model: it does a job the hard way, learns from it, and does the next one the short way.
import { type Message, type ModelRequest, type ScriptedReply, scriptedModel } from '../agent/index.ts';

/** The name of the skill that the demo learns. */
export const DEMO_SKILL = 'european-amounts';

const LEARNT = `---
name: ${DEMO_SKILL}
description: Add up a column of a CSV file whose amounts are written like 1.234,50. Use when the amounts have a comma before the cents.
---

# European amounts

The point groups thousands and the comma starts the cents. Adding them up as they are gives a wrong total.

1. Take the column with \`cut -d';'\`.
2. Remove the points, then turn the comma into a point: \`tr -d . | tr , .\`.
3. Add up with \`LC_ALL=C awk '{ s += $1 } END { printf "%.2f", s }'\`.

Not for files whose amounts have a point before the cents.
`;

/** A model that plays the demo's script, and reads real tool results on the way. */
export function demoModel() {
  return scriptedModel((request: ModelRequest): ScriptedReply => play(request), { id: 'scripted/demo' });
}

function play(request: ModelRequest): ScriptedReply {
  const system = textOf(request.messages[0]);
  switch (request.output?.name) {
    case 'skill_choice':
      return { text: JSON.stringify(pickSkill(request.messages)) };
    case 'skill_review':
      return { text: JSON.stringify({ verdict: 'fine', concerns: [] }) };
    case 'task_checks':
      return { text: JSON.stringify({ checks: [] }) };
    default:
  }
  if (system.startsWith('You read the recording')) return { text: JSON.stringify(analyse(request.messages)) };
  if (request.tools?.some(({ name }) => name === 'finish') === true)
    return {
      calls: [
        { name: 'write_file', args: { path: 'SKILL.md', content: LEARNT } },
        { name: 'finish', args: { summary: 'How to add up amounts like 1.234,50' } },
      ],
    };
  return work(request.messages, system.includes(`name="${DEMO_SKILL}"`));
}

const sum = (file: string, convert: string) =>
  `tail -n +2 ${file} | cut -d';' -f3 | ${convert}LC_ALL=C awk '{ s += $1 } END { printf "%.2f", s }'`;

/** Ways that fail on every system, as one tries them who does not know better. */
const detours = (file: string) => [
  `numfmt --from=european < ${file}`,
  `csvsum --column amount ${file}`,
  `awk --locale=de '{ s += $3 } END { print s }' /nowhere/${file}`,
];

function work(messages: readonly Message[], guided: boolean): ScriptedReply {
  const file = /[\w-]+\.csv/.exec(messages.map(textOf).join('\n'))?.[0] ?? 'orders.csv';
  const results = messages.filter((message) => message.role === 'tool').map(textOf);
  const right = sum(file, 'tr -d . | tr , . | ');
  const commands = guided ? [right] : [sum(file, ''), ...detours(file), right];
  const at = results.length - 1;
  const command = commands[at];
  if (at < 0)
    return { text: 'I look at the file first.', calls: [{ name: 'read_file', args: { path: file } }] };
  if (command !== undefined)
    return { text: saying(at, guided), calls: [{ name: 'run_shell', args: { command } }] };
  const total = /\d+\.\d\d/.exec(results[commands.length] ?? '')?.[0] ?? 'unknown';
  if (at === commands.length)
    return {
      text: 'Now the result goes into the file.',
      calls: [{ name: 'write_file', args: { path: 'total.txt', content: `${total}\n` } }],
    };
  return { text: `The total in ${file} is ${total}. It is in total.txt.` };
}

function saying(step: number, guided: boolean): string {
  if (guided) return 'The amounts have a comma before the cents. The skill says how to read them.';
  return (
    ['I add the last column.', 'That is too little: 1.234,50 was read as 1.234. Perhaps numfmt knows it.'][
      step
    ] ?? 'That did not work. I try another way.'
  );
}

const textOf = (message: Message | undefined): string => {
  if (message === undefined) return '';
  if ('text' in message) return message.text;
  return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
};

/** What the selection asks for: the learnt skill, if it is in the catalogue. */
function pickSkill(messages: readonly Message[]): { skills: string[]; reason: string } {
  const id = new RegExp(`${DEMO_SKILL}__[a-z0-9_]+`, 'i').exec(messages.map(textOf).join('\n'))?.[0];
  return { skills: id === undefined ? [] : [id], reason: 'The amounts are written the European way.' };
}

/** An analysis of either run: the first teaches something, the second shows that it helps. */
function analyse(messages: readonly Message[]) {
  const text = messages.map(textOf).join('\n');
  const id = new RegExp(`Skill (${DEMO_SKILL}__[a-z0-9_]+)`, 'i').exec(text)?.[1];
  const learnt = {
    type: 'capture',
    target_skills: [],
    category: 'workflow',
    direction: 'Amounts like 1.234,50 must be rewritten with tr before awk can add them up.',
    quotes: ['1.234,50 was read as 1.234', 'tr -d . | tr , .'],
  };
  return {
    task_done: true,
    note:
      id === undefined
        ? 'It found the way after four wrong ones.'
        : 'It followed the skill and was done at once.',
    failure_cause: 'none',
    evidence: [{ quote: '1.234,50 was read as 1.234', says: 'the first total was wrong' }],
    skills:
      id === undefined
        ? []
        : [{ skill_id: id, applied: true, effect: 'helped', note: 'its command was used' }],
    tool_problems: [],
    suggestions: id === undefined ? [learnt] : [],
  };
}
