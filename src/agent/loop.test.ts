// The agent loop: budgets, tools, fitting, repetition, abort, and the order of events.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { agentRun, echoTool, textOf, userText } from '../../test/support/model-routes.ts';
import {
  type AgentOutcome,
  type Message,
  type ModelRequest,
  runAgent,
  type ScriptedReply,
  scriptedModel,
  type Tool,
} from './index.ts';

const call = (name: string, args: Record<string, unknown>, id?: string) => ({
  name,
  args,
  ...(id === undefined ? {} : { id }),
});
const echo = (text: string) => ({ calls: [call('echo', { text })] });
const results = (messages: readonly Message[]) =>
  messages.flatMap((message) => (message.role === 'tool' ? [textOf(message.parts)] : []));

/** Every tool message directly follows the assistant message that called it, and every call has its result. */
function expectWellFormed(messages: readonly Message[]): void {
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      expect(open.delete(message.callId)).toBe(true);
      continue;
    }
    expect([...open]).toEqual([]);
    open = new Set(message.role === 'assistant' ? message.calls.map((one) => one.id) : []);
  }
  expect([...open]).toEqual([]);
}

describe('how a run ends', () => {
  it('ends with the text of a turn without tool calls', async () => {
    const model = scriptedModel([echo('a'), 'The answer.']);
    const { input, events, emit } = agentRun(model);
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'done', answer: 'The answer.', turns: 2 });
    expect(outcome.messages.map((message) => message.role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ]);
    expect(outcome.usage.inputTokens).toBeGreaterThan(0);
    expect(events.map((event) => event.type).filter((type) => type !== 'text-delta')).toEqual([
      'turn-start',
      'model-reply',
      'tool-start',
      'tool-end',
      'turn-start',
      'model-reply',
    ]);
  });

  it.each([
    ['<COMPLETE>', 'Said before.'],
    ['All good.\n<COMPLETE>', 'All good.'],
    ['<COMPLETE>\nAll good.', 'All good.'],
    ['All good. <COMPLETE>', 'All good.'],
    ['The tag `<COMPLETE>` ends it there.', 'The tag `<COMPLETE>` ends it there.'],
  ])('the original’s mark in %j is taken out', async (text, answer) => {
    const model = scriptedModel([{ text: 'Said before.', calls: [call('echo', { text: 'a' })] }, text]);
    const { input, emit } = agentRun(model);
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer });
  });

  it.each([0, 1, 2, 4])('never makes more than %i model calls', async (maxTurns) => {
    const model = scriptedModel((_, turn) => echo(`step ${turn}`));
    const { input, emit } = agentRun(model, { budget: { maxTurns } });
    const outcome = await runAgent(input, emit);
    expect(model.requests).toHaveLength(maxTurns);
    expect(outcome).toMatchObject({ status: 'out-of-budget', exhausted: 'turns', turns: maxTurns });
    expectWellFormed(outcome.messages);
    expect(results(outcome.messages)).toHaveLength(maxTurns);
  });

  it('stops at the token budget and at the cost budget', async () => {
    const script = (_: ModelRequest, turn: number): ScriptedReply => ({
      ...echo(`step ${turn}`),
      usage: { inputTokens: 900, outputTokens: 100, costUsd: 0.02 },
    });
    const byTokens = agentRun(scriptedModel(script), { budget: { maxTurns: 9, maxTokens: 2000 } });
    const byCost = agentRun(scriptedModel(script), { budget: { maxTurns: 9, maxCostUsd: 0.05 } });
    expect(await runAgent(byTokens.input, byTokens.emit)).toMatchObject({ exhausted: 'tokens', turns: 2 });
    expect(await runAgent(byCost.input, byCost.emit)).toMatchObject({ exhausted: 'cost', turns: 3 });
  });

  it('joins an answer that the output limit cut, and does not continue for ever', async () => {
    const long = scriptedModel([
      { text: 'One, ', stop: 'length' },
      { text: 'two, ', stop: 'length' },
      'three.',
    ]);
    const first = agentRun(long);
    expect(await runAgent(first.input, first.emit)).toMatchObject({ answer: 'One, two, three.', turns: 3 });
    const endless = scriptedModel(() => ({ text: 'and ', stop: 'length' }));
    const second = agentRun(endless);
    expect(await runAgent(second.input, second.emit)).toMatchObject({ status: 'done', turns: 4 });
  });

  it('asks once for an answer that was empty', async () => {
    const { input, emit } = agentRun(scriptedModel(['', 'Here.']));
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer: 'Here.', turns: 2 });
    const late = agentRun(
      scriptedModel([{ text: 'Looking.', calls: [call('echo', { text: 'a' })] }, '', 'Here.']),
    );
    expect(await runAgent(late.input, late.emit)).toMatchObject({
      status: 'done',
      answer: 'Here.',
      turns: 3,
    });
    const last = agentRun(scriptedModel(['']), { budget: { maxTurns: 1 } });
    expect(await runAgent(last.input, last.emit)).toMatchObject({ status: 'done', answer: '', turns: 1 });
    const silent = agentRun(scriptedModel(() => ''));
    expect(await runAgent(silent.input, silent.emit)).toMatchObject({ status: 'done', answer: '', turns: 2 });
  });

  it('tells a model that repeats itself, then ends', async () => {
    const model = scriptedModel(() => echo('again'));
    const { input, emit } = agentRun(model, { budget: { maxTurns: 50 } });
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'out-of-budget', exhausted: 'repetition', turns: 5 });
    expect(results(outcome.messages).map((text) => text.includes('The same call'))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it('does not mind the same call many times in one turn', async () => {
    const calls = Array.from({ length: 8 }, () => call('echo', { text: 'a' }));
    const { input, emit } = agentRun(scriptedModel([{ calls }, 'Done.']));
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done', answer: 'Done.' });
  });

  it('a model that rejects against its contract ends the run with an error', async () => {
    const model = { ...scriptedModel([]), reply: () => Promise.reject(new Error('boom')) };
    const { input, emit } = agentRun(model);
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({
      status: 'error',
      error: { kind: 'other', message: 'The model threw: boom' },
    });
  });

  it('does not mind the same call with different results', async () => {
    let count = 0;
    const clock = echoTool({
      run: async () => ({ parts: [{ type: 'text', text: `tick ${count++}` }], isError: false }),
    });
    const model = scriptedModel((_, turn) => (turn > 8 ? 'Done.' : echo('again')));
    const { input, emit } = agentRun(model, { tools: [clock] });
    expect(await runAgent(input, emit)).toMatchObject({ status: 'done' });
  });
});

describe('tool calls', () => {
  const timed = (name: string, readOnly: boolean, log: string[]): Tool =>
    echoTool({
      name,
      readOnly,
      run: async (args) => {
        log.push(`start ${args.text}`);
        await wait(args.text === 'a' ? 30 : 5);
        log.push(`end ${args.text}`);
        return { parts: [{ type: 'text', text: `did ${args.text}` }], isError: false };
      },
    });

  it('runs read-only calls side by side and the others in order', async () => {
    const log: string[] = [];
    const calls = [
      call('look', { text: 'a' }, '1'),
      call('look', { text: 'b' }, '2'),
      call('write', { text: 'c' }, '3'),
      call('write', { text: 'd' }, '4'),
      call('look', { text: 'e' }, '5'),
    ];
    const { input, emit } = agentRun(scriptedModel([{ calls }, 'Done.']), {
      tools: [timed('look', true, log), timed('write', false, log)],
    });
    const outcome = await runAgent(input, emit);
    expect(log).toEqual([
      'start a',
      'start b',
      'end b',
      'end a',
      'start c',
      'end c',
      'start d',
      'end d',
      'start e',
      'end e',
    ]);
    expect(results(outcome.messages)).toEqual(['did a', 'did b', 'did c', 'did d', 'did e']);
  });

  const refusals: [string, Tool, Record<string, unknown> | undefined, RegExp][] = [
    [
      'a missing argument',
      echoTool(),
      {},
      /Invalid arguments for the tool "echo": .*text.*Expected: \{"type"/,
    ],
    ['a wrong type', echoTool(), { text: { a: 1 } }, /Invalid arguments/],
    ['an unknown argument', echoTool(), { text: 'a', more: 1 }, /Invalid arguments.*more/],
    ['arguments that are no object', echoTool(), undefined, /no complete JSON object/],
    [
      'a tool that throws',
      echoTool({ run: () => Promise.reject(new Error('disk on fire')) }),
      { text: 'a' },
      /The tool "echo" failed: disk on fire/,
    ],
    [
      'a tool that throws at once',
      echoTool({
        run: () => {
          throw new TypeError('x is undefined');
        },
      }),
      { text: 'a' },
      /failed: x is undefined/,
    ],
  ];
  it.each(refusals)('%s is told to the model, and the run goes on', async (_, tool, args, message) => {
    const model = scriptedModel([{ calls: [{ name: 'echo', args, rawArgs: '{"te' }] }, 'Done.']);
    const { input, events, emit } = agentRun(model, { tools: [tool] });
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'done', answer: 'Done.' });
    expect(results(outcome.messages)[0]).toMatch(message);
    expect(events.find((event) => event.type === 'tool-end')).toMatchObject({ result: { isError: true } });
  });

  it('takes values that were sent as text in the form that the schema names', async () => {
    const seen: unknown[] = [];
    const tool = echoTool({
      parameters: {
        type: 'object',
        properties: {
          count: { type: 'integer' },
          all: { type: 'boolean' },
          names: { type: 'array' },
          text: { type: 'string' },
        },
      },
      run: async (args) => {
        seen.push(args);
        return { parts: [], isError: false };
      },
    });
    const args = { count: '5', all: 'true', names: '["a"]', text: '7' };
    const { input, emit } = agentRun(scriptedModel([{ calls: [call('echo', args)] }, 'Done.']), {
      tools: [tool],
    });
    await runAgent(input, emit);
    expect(seen).toEqual([{ count: 5, all: true, names: ['a'], text: '7' }]);
  });

  it('a denial of the guard is told to the model, and the tool does not run', async () => {
    let ran = false;
    const tool = echoTool({
      run: async () => {
        ran = true;
        return { parts: [], isError: false };
      },
    });
    const { input, emit } = agentRun(scriptedModel([echo('a'), 'Done.']), {
      tools: [tool],
      guard: async () => ({ allowed: false, reason: 'outside the workspace' }),
    });
    const outcome = await runAgent(input, emit);
    expect(results(outcome.messages)).toEqual(['Not allowed: outside the workspace']);
    expect(ran).toBe(false);
  });

  it('asks one question at a time, and reports question and answer', async () => {
    let open = 0;
    const question = { tool: 'echo', action: 'write', reason: 'it changes a file' };
    const tool = echoTool({
      run: async (args, context) => {
        context.progress(`asking for ${args.text}`);
        const allowed = await context.ask(question);
        return { parts: [{ type: 'text', text: String(allowed) }], isError: false };
      },
    });
    const calls = [call('echo', { text: 'a' }, '1'), call('echo', { text: 'b' }, '2')];
    const { input, events, emit } = agentRun(scriptedModel([{ calls }, 'Done.']), {
      tools: [tool],
      ask: async () => {
        open += 1;
        expect(open).toBe(1);
        await wait(10);
        open -= 1;
        return true;
      },
    });
    const outcome = await runAgent(input, emit);
    expect(results(outcome.messages)).toEqual(['true', 'true']);
    const seen = events.flatMap((event) =>
      event.type === 'approval-start' || event.type === 'approval-end'
        ? [`${event.type} ${event.callId}`]
        : [],
    );
    expect(seen).toEqual(['approval-start 1', 'approval-end 1', 'approval-start 2', 'approval-end 2']);
    expect(events.filter((event) => event.type === 'tool-progress')).toHaveLength(2);
  });

  it('where nobody can be asked the answer is no', async () => {
    const tool = echoTool({
      run: async (_, context) => ({
        parts: [
          { type: 'text', text: String(await context.ask({ tool: 'echo', action: 'a', reason: 'b' })) },
        ],
        isError: false,
      }),
    });
    const { input, events, emit } = agentRun(scriptedModel([echo('a'), 'Done.']), { tools: [tool] });
    expect(results((await runAgent(input, emit)).messages)).toEqual(['false']);
    expect(events.filter((event) => event.type.startsWith('approval'))).toEqual([]);
  });

  it('a listener that can not go on ends the run with its error', async () => {
    const { input } = agentRun(scriptedModel([echo('a'), 'Done.']));
    const failing = runAgent(input, (event) => {
      if (event.type === 'tool-end') throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
  });
});

describe('an abort', () => {
  it('while a tool works keeps its partial result and ends the run', async () => {
    const controller = new AbortController();
    const tool = echoTool({
      run: async (_, { signal }) => {
        setTimeout(() => controller.abort(), 10);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return { parts: [{ type: 'text', text: 'half done' }], isError: true };
      },
    });
    const calls = [call('echo', { text: 'a' }), call('other', { text: 'b' })];
    const { input, emit } = agentRun(scriptedModel([{ text: 'Working.', calls }, 'Never.']), {
      tools: [tool, echoTool({ name: 'other', readOnly: false })],
      signal: controller.signal,
    });
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'cancelled', answer: 'Working.', turns: 1 });
    expect(results(outcome.messages)).toEqual(['half done', 'Cancelled before it began.']);
    expectWellFormed(outcome.messages);
  });

  it('does not wait for a tool that does not listen', async () => {
    const controller = new AbortController();
    const tool = echoTool({
      run: () => {
        setTimeout(() => controller.abort(), 10);
        return new Promise(() => undefined);
      },
    });
    const { input, emit } = agentRun(scriptedModel([echo('a')]), {
      tools: [tool],
      signal: controller.signal,
    });
    const outcome = await runAgent(input, emit);
    expect(outcome.status).toBe('cancelled');
    expect(results(outcome.messages)).toEqual(['Cancelled.']);
  });

  it('before the first turn makes no call at all', async () => {
    const model = scriptedModel(['Never.']);
    const { input, emit } = agentRun(model, { signal: AbortSignal.abort() });
    expect(await runAgent(input, emit)).toMatchObject({ status: 'cancelled', turns: 0, answer: '' });
    expect(model.requests).toEqual([]);
  });
});

describe('fitting into the window', () => {
  const big = echoTool({
    run: async (args) => ({
      parts: [{ type: 'text', text: `${args.text} ${'lorem ipsum '.repeat(300)}` }],
      isError: false,
    }),
  });
  const long =
    (turns: number) =>
    (_: ModelRequest, turn: number): ScriptedReply =>
      turn > turns
        ? 'Done.'
        : { text: `Thinking about ${turn}.`, calls: [call('echo', { text: `step ${turn}` }, `id${turn}`)] };

  it('keeps the task, never parts a result from its call, and the prefix stays the same between fittings', async () => {
    const model = scriptedModel(long(40), { contextTokens: 15_000 });
    const { input, events, emit } = agentRun(model, {
      tools: [big],
      budget: { maxTurns: 60 },
      messages: [
        userText('Earlier question.'),
        { role: 'assistant', text: 'Earlier answer.', calls: [] },
        userText('THE TASK'),
      ],
    });
    const outcome = await runAgent(input, emit);
    expect(outcome.status).toBe('done');
    expect(outcome.messages.length).toBeGreaterThan(80);
    let unchanged = 0;
    for (const [index, request] of model.requests.entries()) {
      expect(request.messages[0]).toEqual({ role: 'system', text: 'You are a test.' });
      expectWellFormed(request.messages);
      expect(JSON.stringify(request.messages)).toContain('THE TASK');
      const before = model.requests[index - 1]?.messages ?? [];
      if (JSON.stringify(request.messages.slice(0, before.length)) === JSON.stringify(before)) unchanged += 1;
    }
    const fitted = events.filter((event) => event.type === 'context-fitted');
    expect(fitted.length).toBeGreaterThan(1);
    expect(unchanged).toBe(model.requests.length - fitted.length);
    expect(fitted.length).toBeLessThan(model.requests.length / 3);
  });

  it('after a context-length error fits harder and asks once more', async () => {
    const tooLong = { error: { kind: 'context-length' as const, message: 'too long' } };
    const script = (_: ModelRequest, turn: number): ScriptedReply =>
      turn < 6 ? { calls: [call('echo', { text: `step ${turn}` })] } : turn === 6 ? tooLong : 'Done.';
    const model = scriptedModel(script);
    const { input, events, emit } = agentRun(model, { tools: [big] });
    const outcome = await runAgent(input, emit);
    expect(outcome).toMatchObject({ status: 'done', answer: 'Done.', turns: 7 });
    const sizes = model.requests.map((request) => JSON.stringify(request.messages).length);
    expect(sizes[6]).toBeLessThan((sizes[5] ?? 0) * 0.7);
    expect(events.filter((event) => event.type === 'context-fitted')).toHaveLength(1);
    const again = scriptedModel((request, turn) => (turn < 6 ? script(request, turn) : tooLong));
    const second = agentRun(again, { tools: [big] });
    const failed: AgentOutcome = await runAgent(second.input, second.emit);
    expect(failed).toMatchObject({ status: 'error', turns: 7, error: { kind: 'context-length' } });
  });
});
