// The demo: a scripted model does a small real job with real tools in a temporary folder. No key, no network.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Message, type ModelRequest, type ScriptedReply, scriptedModel } from '../agent/index.ts';

export const DEMO_TASK = 'Add up the amounts in orders.csv and write the total to total.txt.';

/** The trap in the file: amounts are written 1.234,50. */
const ORDERS =
  'date;customer;amount\n2026-01-05;Ada;1.234,50\n2026-01-09;Grace;99,90\n2026-01-17;Edsger;1.000,00\n';

const SKILL = `---
name: european-amounts
description: Read CSV files with semicolons and amounts like 1.234,50. Use when numbers have a comma before the cents.
---

# European amounts

The point groups thousands and the comma starts the cents. Adding them up as they are gives a wrong total.

1. Take the column with \`cut -d';'\`.
2. Remove the points, then turn the comma into a point: \`tr -d . | tr , .\`.
3. Add up with \`awk '{ s += $1 } END { printf "%.2f", s }'\`.
`;

export interface DemoFolders {
  readonly home: string;
  readonly workspace: string;
  readonly skills: string;
  remove(): void;
}

/** A throw-away data home, workspace and skill folder. */
export function makeDemoFolders(): DemoFolders {
  const root = mkdtempSync(join(tmpdir(), 'openspace-demo-'));
  const folders = {
    home: join(root, 'home'),
    workspace: join(root, 'workspace'),
    skills: join(root, 'skills'),
  };
  for (const folder of [folders.home, folders.workspace, join(folders.skills, 'european-amounts')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(folders.workspace, 'orders.csv'), ORDERS);
  writeFileSync(join(folders.skills, 'european-amounts', 'SKILL.md'), SKILL);
  return { ...folders, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** A model that plays the demo's script, and reads real tool results on the way. */
export function demoModel() {
  return scriptedModel((request: ModelRequest): ScriptedReply => playTurn(request), { id: 'scripted/demo' });
}

function playTurn({ messages, output }: ModelRequest): ScriptedReply {
  if (output !== undefined) return { text: JSON.stringify(pickSkill(messages)) };
  const results = messages.filter((message) => message.role === 'tool').map(textOf);
  const guided = messages.some(
    (message) => message.role === 'system' && message.text.includes('name="european-amounts"'),
  );
  switch (results.length) {
    case 0:
      return {
        text: 'I look at the file first.',
        calls: [{ name: 'read_file', args: { path: 'orders.csv' } }],
      };
    case 1:
      return {
        text: guided
          ? 'The amounts have a comma before the cents. The skill says how to read them.'
          : 'I add the last column.',
        calls: [{ name: 'run_shell', args: { command: guided ? GUIDED : NAIVE } }],
      };
    case 2:
      return {
        text: 'Now the result goes into the file.',
        calls: [{ name: 'write_file', args: { path: 'total.txt', content: `${totalIn(results[1])}\n` } }],
      };
    default:
      return { text: `The total of the three orders is ${totalIn(results[1])}. It is in total.txt.` };
  }
}

const NAIVE = "tail -n +2 orders.csv | cut -d';' -f3 | LC_ALL=C awk '{ s += $1 } END { printf \"%.2f\", s }'";
const GUIDED =
  "tail -n +2 orders.csv | cut -d';' -f3 | tr -d . | tr , . | LC_ALL=C awk '{ s += $1 } END { printf \"%.2f\", s }'";

const textOf = (message: Message) =>
  message.role === 'tool'
    ? message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    : '';

const totalIn = (text: string | undefined) => text?.match(/\d+\.\d\d/)?.[0] ?? 'unknown';

/** What the selection asks for: the first skill of the catalogue, if there is one. */
function pickSkill(messages: readonly Message[]): { skills: string[]; reason: string } {
  const text = messages
    .map((message) =>
      'text' in message
        ? message.text
        : message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    )
    .join('\n');
  const id = text.match(/european-amounts__[a-z0-9_]+/i)?.[0];
  return { skills: id === undefined ? [] : [id], reason: 'The amounts are written the European way.' };
}
