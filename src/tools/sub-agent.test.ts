// Sub-agents and the todo list: budgets, rules and what the parent sees.
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder, textOf, toolContext } from '../../test/support/tool-context.ts';
import { runAgent, type ScriptedReply, scriptedModel, type Tool } from '../agent/index.ts';
import { researchTool, type SubAgentOptions, subAgentTool } from './sub-agent.ts';
import { todoTool } from './todo.ts';

const echo = (name: string, source = 'system', readOnly = true): Tool => ({
  name,
  description: name,
  source,
  readOnly,
  parameters: { type: 'object' },
  run: () => Promise.resolve({ parts: [{ type: 'text', text: `${name} ran` }], isError: false }),
});

function options(script: readonly ScriptedReply[], more: Partial<Omit<SubAgentOptions, 'model'>> = {}) {
  const model = scriptedModel(script);
  return { model, runAgent, tools: [echo('look'), echo('sub_agent')], budget: { maxTurns: 3 }, ...more };
}

describe('sub_agent', () => {
  it('answers with what the second agent found, which sees only the task', async () => {
    const given = options([{ calls: [{ name: 'look', args: {} }] }, 'found it']);
    const said: string[] = [];
    const context = toolContext(temporaryFolder(), { progress: (line) => said.push(line) });
    expect(await call(subAgentTool(given), { task: 'find it' }, context)).toBe('found it');
    expect(said).toEqual(['look {}']);
    const [first] = given.model.requests;
    expect(first?.tools?.map((tool) => tool.name)).toEqual(['look']);
    expect(JSON.stringify(first?.messages)).toContain('find it');
  });

  it('has its own budget, and says what it had when that is used up', async () => {
    const again: ScriptedReply = { text: 'half of it', calls: [{ name: 'look', args: { a: 1 } }] };
    const used: number[] = [];
    const given = options([again, { ...again, calls: [{ name: 'look', args: { a: 2 } }] }, 'late'], {
      budget: { maxTurns: 2 },
      onUsage: (usage) => used.push(usage.inputTokens),
    });
    const result = await subAgentTool(given).run({ task: 'x' }, toolContext(temporaryFolder()));
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/used up its budget \(turns\)/);
    expect(used).toHaveLength(1);
    expect(result.details).toMatchObject({ status: 'out-of-budget' });
  });

  it('is under the same guard as its parent', async () => {
    const given = options([{ calls: [{ name: 'look', args: {} }] }, 'gave up'], {
      guard: async () => ({ allowed: false, reason: 'not here' }),
    });
    await call(subAgentTool(given), { task: 'x' }, toolContext(temporaryFolder()));
    expect(JSON.stringify(given.model.requests[1]?.messages)).toContain('not here');
  });

  it('ends with its parent, and can not be started without end', async () => {
    const cancelled = toolContext(temporaryFolder(), { signal: AbortSignal.abort() });
    expect(await call(subAgentTool(options(['x'])), { task: 'x' }, cancelled, 'error')).toMatch(/cancelled/);
    const tool = subAgentTool(options(['one', 'two'], { maxRuns: 1 }));
    const context = toolContext(temporaryFolder());
    await call(tool, { task: 'x' }, context);
    expect(await call(tool, { task: 'x' }, context, 'error')).toMatch(/No more than 1/);
  });

  it('a failing model is told', async () => {
    const failing = options([{ stop: 'error', error: { kind: 'auth', message: 'no key' } }]);
    expect(await call(subAgentTool(failing), { task: 'x' }, toolContext(temporaryFolder()), 'error')).toMatch(
      /no key/,
    );
  });
});

it('research gets the web tools that change nothing, and no others', async () => {
  const tools = [
    echo('web_search', 'web'),
    echo('web_post', 'web', false),
    echo('shell', 'shell'),
    echo('research', 'web'),
  ];
  const given = options(['an answer'], { tools });
  expect(await call(researchTool(given), { task: 'why?' }, toolContext(temporaryFolder()))).toBe('an answer');
  expect(given.model.requests[0]?.tools?.map((tool) => tool.name)).toEqual(['web_search']);
});

describe('todo', () => {
  it('shows the list to the user and the counts to the model', async () => {
    const said: string[] = [];
    const context = toolContext(temporaryFolder(), { progress: (line) => said.push(line) });
    const items = [
      { text: 'read', status: 'done' },
      { text: 'write', status: 'active' },
      { text: 'send', status: 'open' },
      { text: 'fax', status: 'dropped' },
    ];
    const result = await todoTool().run({ items }, context);
    expect(said).toEqual(['☑ read\n▶ write\n☐ send\n✗ fax']);
    expect(textOf(result)).toBe('Noted: 1 done, 2 to do.');
    expect(result.details).toEqual({ todo: items });
  });

  it('refuses what is no list', async () => {
    expect(
      await call(
        todoTool(),
        { items: [{ text: 'x', status: 'maybe' }] },
        toolContext(temporaryFolder()),
        'error',
      ),
    ).toMatch(/items\.0\.status/);
  });
});
