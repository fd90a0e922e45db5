// The tools of one run, from all sources, under one roof that can be closed.
import type { AgentInput, Tool } from '../agent/index.ts';
import type { FileAccess } from './files/access.ts';
import { editTool } from './files/edit.ts';
import { findTool, grepTool, listTool } from './files/find.ts';
import { readTool } from './files/read.ts';
import { writeTool } from './files/write.ts';
import type { ShellOptions } from './shell/command.ts';
import { shellTools } from './shell/run-shell.ts';

/** Decides each call before it runs; see `AgentInput.guard`. */
export type Guard = NonNullable<AgentInput['guard']>;

/** Tools that come from elsewhere: MCP servers, the web, skills. Open already; `close` gives back what they hold. */
export interface ToolSource {
  readonly tools: readonly Tool[];
  close?(): Promise<void>;
}

export interface ToolsetOptions {
  /** How shell commands run; without it there is no shell. */
  readonly shell?: ShellOptions;
  /** Folders beside the workspace. */
  readonly access?: FileAccess;
  readonly sources?: readonly ToolSource[];
  /** Names of tools that this run does not get. */
  readonly without?: readonly string[];
  readonly guard?: Guard;
}

/** What an agent may use in one run. */
export interface Toolset {
  readonly tools: readonly Tool[];
  readonly guard: Guard | undefined;
  /** Ends every process and connection that the tools hold. Safe to call twice. */
  close(): Promise<void>;
}

/** The file tools alone; `readOnly` leaves out those that change something. */
export function fileTools(access: FileAccess = {}, options: { readOnly?: boolean } = {}): readonly Tool[] {
  const tools = [
    readTool(access),
    listTool(access),
    findTool(access),
    grepTool(access),
    writeTool(access),
    editTool(access),
  ];
  return options.readOnly ? tools.filter((tool) => tool.readOnly) : tools;
}

/** Puts the tools of one run together. A name that is taken already gets a number, so that no tool hides another. */
export function openToolset(options: ToolsetOptions = {}): Toolset {
  const shell = options.shell === undefined ? undefined : shellTools(options.shell);
  const sources: readonly ToolSource[] = [
    { tools: fileTools(options.access) },
    ...(shell === undefined ? [] : [shell]),
    ...(options.sources ?? []),
  ];
  const without = new Set(options.without);
  const tools = uniquelyNamed(sources.flatMap((source) => source.tools)).filter(
    ({ name }) => !without.has(name),
  );
  return {
    tools,
    guard: options.guard,
    async close() {
      const ends = await Promise.allSettled(sources.map((source) => source.close?.()));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

function uniquelyNamed(tools: readonly Tool[]): readonly Tool[] {
  const taken = new Set<string>();
  return tools.map((tool) => {
    let name = tool.name;
    for (let number = 2; taken.has(name); number += 1) name = `${tool.name}_${number}`;
    taken.add(name);
    return name === tool.name ? tool : { ...tool, name, run: (args, context) => tool.run(args, context) };
  });
}
