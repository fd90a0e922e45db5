// How a built-in tool is made: a zod schema for its parameters, exact errors for the model.
import { z } from 'zod';
import type { Part, Tool, ToolContext, ToolResult } from '../agent/index.ts';
import { errnoOf, OpenSpaceError, oneLine, toDiskError, toMessage } from '../lib/index.ts';

export interface ToolDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly source: string;
  readonly readOnly: boolean;
  readonly parameters: Schema;
  run(args: z.output<Schema>, context: ToolContext): Promise<ToolResult>;
}

/**
 * Makes a tool that checks its arguments first.
 * Contract: wrong arguments, an `OpenSpaceError` and a refusal by the system come back as `isError` with the exact reason; anything else is a bug and rejects.
 */
export function defineTool<Schema extends z.ZodType>(definition: ToolDefinition<Schema>): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(definition.parameters, { io: 'input' });
  return {
    name: definition.name,
    description: definition.description,
    source: definition.source,
    readOnly: definition.readOnly,
    parameters,
    async run(args, context) {
      const checked = definition.parameters.safeParse(args);
      if (!checked.success) return failure(`${definition.name}: ${describeIssues(checked.error)}`);
      try {
        return await definition.run(checked.data, context);
      } catch (error) {
        return failure(explain(error));
      }
    },
  };
}

function describeIssues(error: z.ZodError): string {
  const issues = error.issues.slice(0, 5).map((issue) => {
    const place = issue.path.join('.');
    return place === '' ? issue.message : `"${place}": ${issue.message}`;
  });
  return `the arguments are not right. ${issues.join('; ')}`;
}

function explain(error: unknown): string {
  const known = toDiskError(error, 'The system refused');
  if (known instanceof OpenSpaceError) {
    return known.hint === undefined ? known.message : `${known.message} ${known.hint}`;
  }
  if (errnoOf(error) !== undefined) return toMessage(error);
  throw error;
}

/** A result that is one text. */
export function success(text: string, details?: ToolResult['details']): ToolResult {
  return { parts: [textPart(text)], isError: false, ...(details === undefined ? {} : { details }) };
}

/** A failure that the model can act on. */
export function failure(text: string, details?: ToolResult['details']): ToolResult {
  return { parts: [textPart(text)], isError: true, ...(details === undefined ? {} : { details }) };
}

/** Providers refuse empty text parts. */
const textPart = (text: string): Part => ({ type: 'text', text: text === '' ? '(nothing)' : text });

/** A size for people and models: `812 bytes`, `1.4 KB`, `3.2 MB`. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${sizeBytes} bytes`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = sizeBytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** A path quoted for a message, on one line and not endless. */
export const quotePath = (path: string) => `"${oneLine(path, 300)}"`;
