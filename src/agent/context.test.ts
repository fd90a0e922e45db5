// Fitting messages, as properties that hold for any conversation.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userText } from '../../test/support/model-routes.ts';
import { estimateMessageTokens, fitMessages } from './context.ts';
import type { Message } from './index.ts';

type Exchange = { readonly text: string; readonly results: readonly string[] } | { readonly user: string };

const lump = fc.integer({ min: 0, max: 9_000 }).map((length) => 'x'.repeat(length));
const exchange: fc.Arbitrary<Exchange> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text: lump, results: fc.array(lump, { maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ user: lump }) },
);

function conversation(before: readonly Exchange[], after: readonly Exchange[]) {
  let count = 0;
  const expand = (one: Exchange): Message[] => {
    if ('user' in one) return [userText(one.user)];
    const calls = one.results.map(() => ({ id: `call_${count++}`, name: 'tool', args: {} }));
    return [
      { role: 'assistant', text: one.text, calls },
      ...one.results.map(
        (text, index): Message => ({
          role: 'tool',
          callId: calls[index]?.id ?? '',
          name: 'tool',
          parts: [{ type: 'text', text }],
          isError: false,
        }),
      ),
    ];
  };
  const task = userText('THE TASK');
  const head = before.flatMap(expand);
  return { messages: [...head, task, ...after.flatMap(expand)], taskIndex: head.length, task };
}

const size = (messages: readonly Message[]) =>
  messages.reduce((sum, message) => sum + estimateMessageTokens(message), 0);

describe('fitMessages', () => {
  const conversations = fc.tuple(
    fc.array(exchange, { maxLength: 8 }),
    fc.array(exchange, { maxLength: 12 }),
    fc.integer({ min: 100, max: 30_000 }),
  );

  it('keeps the task and the newest exchange, and never parts results from their call', () => {
    fc.assert(
      fc.property(conversations, ([before, after, limit]) => {
        const { messages, taskIndex, task } = conversation(before, after);
        const fitted = fitMessages(messages, taskIndex, limit);
        expect(fitted.messages).toContain(task);
        const ids = (role: 'assistant' | 'tool') =>
          fitted.messages.flatMap((message) =>
            message.role === 'assistant' && role === 'assistant'
              ? message.calls.map((call) => call.id)
              : message.role === 'tool' && role === 'tool'
                ? [message.callId]
                : [],
          );
        expect(ids('tool')).toEqual(ids('assistant'));
        const newest = messages.at(-1);
        const kept = fitted.messages.at(-1);
        expect(kept?.role).toBe(newest?.role);
        if (kept?.role === 'tool' && newest?.role === 'tool') expect(kept.callId).toBe(newest.callId);
        expect(fitted.tokens).toBe(size(fitted.messages));
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing where all fits', () => {
    fc.assert(
      fc.property(conversations, ([before, after]) => {
        const { messages, taskIndex } = conversation(before, after);
        expect(fitMessages(messages, taskIndex, size(messages))).toEqual({
          messages,
          dropped: 0,
          tokens: size(messages),
        });
      }),
      { numRuns: 50 },
    );
  });

  it('fits wherever the task and the newest exchange leave room', () => {
    fc.assert(
      fc.property(fc.array(exchange, { minLength: 3, maxLength: 12 }), (after) => {
        const { messages, taskIndex } = conversation([], [...after, { text: 'short', results: ['short'] }]);
        expect(fitMessages(messages, taskIndex, 400).tokens).toBeLessThanOrEqual(400);
      }),
      { numRuns: 200 },
    );
  });

  it('says once how much is missing, also after a second fitting', () => {
    const steps = Array.from({ length: 12 }, () => ({ text: 'x'.repeat(400), results: ['y'.repeat(400)] }));
    const { messages, taskIndex } = conversation([], steps);
    const first = fitMessages(messages, taskIndex, 1_000);
    const second = fitMessages(first.messages, 0, 600);
    const notes = second.messages.filter((message) => JSON.stringify(message).includes('were left out'));
    expect(first.dropped).toBeGreaterThan(0);
    expect(second.dropped).toBeGreaterThan(0);
    expect(notes).toHaveLength(1);
  });
});
