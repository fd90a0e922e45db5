// The tool `todo`: the agent's list of steps, which the user sees while it works.
import { z } from 'zod';
import type { Tool } from '../agent/index.ts';
import { oneLine } from '../lib/index.ts';
import { defineTool, success } from './tool.ts';

const parameters = z.strictObject({
  items: z
    .array(
      z.strictObject({
        text: z.string().trim().min(1).max(300),
        status: z.enum(['open', 'active', 'done', 'dropped']),
      }),
    )
    .max(50)
    .describe('The whole list, in order; it replaces the former one.'),
});
type Items = z.output<typeof parameters>['items'];

const MARKS: Record<Items[number]['status'], string> = { open: '☐', active: '▶', done: '☑', dropped: '✗' };

/** A list for one run. The user sees each change; `details.todo` carries it for other faces. */
export function todoTool(): Tool {
  return defineTool({
    name: 'todo',
    description:
      'Keeps the list of steps of a longer task, which the user sees. Give the whole list each time; mark the one step you are at as active.',
    source: 'system',
    readOnly: true,
    parameters,
    run({ items }, context) {
      const lines = items.map((item) => `${MARKS[item.status]} ${oneLine(item.text, 300)}`);
      const count = (status: Items[number]['status']) =>
        items.filter((item) => item.status === status).length;
      const left = count('open') + count('active');
      context.progress(lines.length === 0 ? '(empty list)' : lines.join('\n'));
      const active = count('active') > 1 ? ' More than one step is active: is that meant?' : '';
      const summary = `Noted: ${count('done')} done, ${left} to do.${active}`;
      return Promise.resolve(success(summary, { todo: items }));
    },
  });
}
