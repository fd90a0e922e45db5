// Tools of a recorded run that reached out of the machine, answered from the recording: web and MCP.
import { z } from 'zod';
import type { Tool, ToolResult } from '../agent/index.ts';
import { oneLine } from '../lib/index.ts';
import type { Recording } from '../recording/index.ts';

interface Answer {
  readonly key: string;
  readonly result: ToolResult;
}

/** True for sources whose answers can't be had again: they may have changed, cost money or do something. */
export const isOutside = (source: string) => source === 'web' || source.startsWith('mcp:');

/**
 * One tool for each outside tool that the run called, with what is known of its arguments.
 * The same arguments get the recorded answer, in order if there were several; others are told that there is none.
 */
export function recordedTools(recording: Recording): readonly Tool[] {
  const found = new Map<string, { source: string; names: Set<string>; answers: Answer[] }>();
  for (const event of recording.events) {
    if (event.type !== 'tool-end' || !isOutside(event.source)) continue;
    const { call, source, result } = event;
    const tool = found.get(call.name) ?? { source, names: new Set<string>(), answers: [] };
    for (const name of Object.keys(call.args ?? {})) tool.names.add(name);
    tool.answers.push({ key: keyOf(call.args ?? {}), result });
    found.set(call.name, tool);
  }
  return [...found].map(([name, tool]) => recordedTool(name, tool.source, [...tool.names], tool.answers));
}

function recordedTool(
  name: string,
  source: string,
  argumentNames: readonly string[],
  answers: readonly Answer[],
): Tool {
  const given = new Map<string, number>();
  return {
    name,
    description: `Answers from an earlier run (${source}). Known calls: ${oneLine(answers.map(({ key }) => key).join(' '), 1_500)}`,
    parameters: {
      type: 'object',
      properties: Object.fromEntries(argumentNames.map((argument) => [argument, {}])),
      additionalProperties: true,
    },
    source,
    readOnly: true,
    async run(args) {
      const key = keyOf(args);
      const known = answers.filter((answer) => answer.key === key);
      const at = given.get(key) ?? 0;
      given.set(key, at + 1);
      const answer = known[Math.min(at, known.length - 1)];
      if (answer !== undefined) return answer.result;
      return {
        isError: true,
        parts: [
          {
            type: 'text',
            text: `Nothing is recorded for these arguments, and this is a replay without network. Recorded: ${oneLine(answers.map((each) => each.key).join(' '), 1_500)}`,
          },
        ],
      };
    },
  };
}

/** Arguments with their names in order: the order in which a model writes them says nothing. */
function keyOf(args: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(args, (_, value: unknown) => {
    const object = z.record(z.string(), z.unknown()).safeParse(value);
    if (Array.isArray(value) || !object.success) return value;
    return Object.fromEntries(Object.entries(object.data).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
