// The stand-in as reviewer: finds every skill fine, and writes checks for the tasks that it can work out by itself.
import type { Message, ModelRequest } from '../../src/agent/index.ts';
import { readValues } from './instructions.ts';
import type { OtherRole } from './stand-in.ts';
import { quote } from './task.ts';

/**
 * It approves of every skill: in this world nothing is refused by opinion, only by checks and replays.
 * Its checks come from the task's text and the files it is shown, by another way than any lesson's.
 */
export const reviewerRole: OtherRole = (request) => {
  if (request.output?.name === 'skill_review') return JSON.stringify({ verdict: 'fine', concerns: [] });
  if (request.output?.name === 'task_checks') return JSON.stringify({ checks: checksFor(request) });
  return undefined;
};

function checksFor({ messages }: ModelRequest): readonly { name: string; command: string }[] {
  const text = messages
    .filter(({ role }) => role === 'user')
    .map(textOf)
    .join('\n');
  const task = text.match(/<task>\n([\s\S]*?)\n<\/task>/)?.[1] ?? '';
  const values = readValues(task);
  const output = values.get('out');
  if (output === undefined) return [];
  const files = new Map(
    [...text.matchAll(/<file path="([^"]+)" bytes="(\d+)">\n([\s\S]*?)\n<\/file>/g)].map(
      ([, path = '', bytes = '', head = '']) => [path, { bytes: Number(bytes), text: head }] as const,
    ),
  );
  const input = values.get('in') ?? '';
  const content = files.get(input)?.text ?? '';
  const answer = workOut(task, content, input, files);
  // Where it can't work the answer out it asks for a result at all, which proves little.
  if (answer === undefined) return [{ name: `${output} is there`, command: `[ -e ${quote(output)} ]` }];
  const checks = [
    {
      name: `${output} has the answer worked out from ${input}`,
      command: `[ "$(tr -s '[:space:]' ' ' < ${quote(output)} | sed 's/^ //; s/ $//')" = ${quote(answer)} ]`,
    },
  ];
  return files.has(input)
    ? [...checks, { name: `${input} is still there`, command: `[ -s ${quote(input)} ]` }]
    : checks;
}

type Files = ReadonlyMap<string, { readonly bytes: number; readonly text: string }>;

/** The right answer, where the files say it. */
function workOut(task: string, content: string, input: string, files: Files): string | undefined {
  const lines = content.split(/\r?\n/).filter((line) => line !== '');
  if (/price export/.test(task)) {
    const cents = lines.slice(1).map((line) => {
      const amount = line.split(';')[1] ?? '';
      const european = /,\d\d$/.test(amount);
      return Math.round(Number(european ? amount.replaceAll('.', '').replace(',', '.') : amount) * 100);
    });
    return (cents.reduce((sum, value) => sum + value, 0) / 100).toFixed(2);
  }
  if (/status log/.test(task)) return String(lines.filter((line) => line === 'ok').length);
  if (/parts table/.test(task)) {
    const header = lines.findIndex((line) => !line.startsWith('#'));
    return String(lines.length - header - 1);
  }
  if (/release list/.test(task)) return inOrder(lines).join(' ');
  if (/stamp file/.test(task)) return new Date(lines[0] ?? '').toISOString().slice(0, 10);
  if (/notes folder/.test(task)) {
    const direct = [...files].filter(
      ([path]) => path.startsWith(`${input}/`) && path.endsWith('.txt') && path.split('/').length === 2,
    );
    return String(direct.reduce((sum, [, { bytes }]) => sum + bytes, 0));
  }
  return undefined;
}

function inOrder(lines: readonly string[]): readonly string[] {
  if (!lines.every((line) => /^\d+\.\d+\.\d+$/.test(line))) return [...lines].sort();
  const place = (line: string) => line.split('.').reduce((sum, part) => sum * 1_000 + Number(part), 0);
  return [...lines].sort((a, b) => place(a) - place(b));
}

const textOf = (message: Message) =>
  'parts' in message
    ? message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : message.text;
