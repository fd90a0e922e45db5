// Tool arguments: reading what a model sent as JSON, and checking it against the tool's schema.
import { oneLine, parseJson, toMessage } from '../lib/index.ts';
import type { Tool } from './types.ts';

export type ToolArgs = Readonly<Record<string, unknown>>;

/**
 * Arguments as one JSON object, or undefined. Nothing at all means `{}`. Slips of form (single quotes, a trailing
 * comma, a code fence, an object sent as a string) are repaired; cut-off text never is, because half an argument
 * would be taken for the whole.
 */
export async function parseToolArgs(raw: string): Promise<ToolArgs | undefined> {
  const text = raw.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
  if (text === '') return {};
  const direct = parseJson(text);
  if (direct !== undefined) {
    const inner = typeof direct === 'string' ? parseJson(direct) : direct;
    return isArgs(inner) ? inner : undefined;
  }
  if (!isClosed(text)) return undefined;
  const { jsonrepair } = await import('jsonrepair');
  try {
    const repaired = parseJson(jsonrepair(text));
    return isArgs(repaired) ? repaired : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'JSONRepairError') return undefined;
    throw error;
  }
}

function isArgs(value: unknown): value is ToolArgs {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True if the text is one `{…}` that ends where its braces close, with every string closed before. */
function isClosed(text: string): boolean {
  if (!text.startsWith('{')) return false;
  let depth = 0;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (quote !== '') {
      if (character === '\\') index += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return index === text.length - 1;
    }
  }
  return false;
}

export type ArgsCheck =
  | { readonly ok: true; readonly args: ToolArgs }
  | { readonly ok: false; readonly problem: string };

/** Checks arguments against tools' schemas; keeps the compiled schemas for the time of one run. */
export function createArgsChecker(): (tool: Tool, args: ToolArgs) => Promise<ArgsCheck> {
  const compiled = new Map<Tool, Promise<Check>>();
  return async (tool, args) => {
    let check = compiled.get(tool);
    if (check === undefined) {
      check = compile(tool);
      compiled.set(tool, check);
    }
    const run = await check;
    const problem = run(args);
    if (problem === undefined) return { ok: true, args };
    const eased = ease(tool, args);
    return eased !== undefined && run(eased) === undefined
      ? { ok: true, args: eased }
      : { ok: false, problem };
  };
}

type Check = (args: ToolArgs) => string | undefined;

/** Schemas of foreign tools may use keywords that can't be compiled; then the tool itself is the judge. */
async function compile(tool: Tool): Promise<Check> {
  const { z } = await import('zod');
  let schema: ReturnType<typeof z.fromJSONSchema>;
  try {
    schema = z.fromJSONSchema(tool.parameters);
  } catch (error) {
    if (error instanceof Error) return () => undefined;
    throw error;
  }
  return (args) => {
    const result = schema.safeParse(args);
    if (result.success) return undefined;
    const issues = result.error.issues.slice(0, 5);
    return issues
      .map((issue) => `${issue.path.length === 0 ? '' : `${issue.path.join('.')}: `}${issue.message}`)
      .join('; ');
  };
}

/** The same arguments with values in the form that the schema names, where a model sent them as text: "5", "true", "[…]". */
function ease(tool: Tool, args: ToolArgs): ToolArgs | undefined {
  const properties = tool.parameters.properties;
  if (!isArgs(properties)) return undefined;
  const entries = Object.entries(args).map(([name, value]) => {
    const property = properties[name];
    const type = isArgs(property) ? property.type : undefined;
    if (typeof value !== 'string' || type === 'string' || typeof type !== 'string')
      return [name, value] as const;
    const parsed = parseJson(value.trim());
    return [name, parsed === undefined ? value : parsed] as const;
  });
  return Object.fromEntries(entries);
}

/** What the model is told about arguments that do not fit. */
export function explainBadArgs(tool: Tool, problem: string): string {
  return `Invalid arguments for the tool "${tool.name}": ${problem}. Expected: ${oneLine(JSON.stringify(tool.parameters), 1_500)}`;
}

/** What the model is told when a tool threw. */
export function explainThrown(name: string, error: unknown): string {
  return `The tool "${name}" failed: ${toMessage(error)}`;
}
