// A workspace and a context to call tools with, and the text of what they answer.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Tool, ToolContext, ToolResult } from '../../src/agent/index.ts';
import { plainSpawner } from '../../src/lib/index.ts';

/** A temporary folder that is removed after the test; its real path. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-tools-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function toolContext(workspace: string, options: Partial<ToolContext> = {}): ToolContext {
  return {
    workspace,
    signal: new AbortController().signal,
    progress: () => undefined,
    ask: () => Promise.resolve(false),
    spawner: plainSpawner,
    ...options,
  };
}

/** All text parts of a result. */
export function textOf(result: ToolResult): string {
  return result.parts.map((part) => (part.type === 'text' ? part.text : `<${part.mediaType}>`)).join('\n');
}

/** Calls a tool and returns its text; fails if `isError` is not as expected. */
export async function call(
  tool: Tool | undefined,
  args: Record<string, unknown>,
  context: ToolContext,
  expected: 'ok' | 'error' = 'ok',
): Promise<string> {
  if (tool === undefined) throw new Error('no such tool');
  const result = await tool.run(args, context);
  if (result.isError !== (expected === 'error'))
    throw new Error(`expected ${expected}, got: ${textOf(result)}`);
  return textOf(result);
}
