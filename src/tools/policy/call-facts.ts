// What a tool call would touch: files, commands, hosts, servers. Found before it runs, from its arguments.
import { basename, isAbsolute, join, normalize } from 'node:path';
import type { Tool, ToolCall } from '../../agent/index.ts';
import {
  type FolderView,
  isInside,
  OpenSpaceError,
  realPathOfFuture,
  toRootPath,
  toShownPath,
} from '../../lib/index.ts';
import { type CommandFacts, commandFacts } from './command-effects.ts';

export interface CallFacts {
  readonly tool: string;
  readonly source: string;
  readonly readOnly: boolean;
  /** Name of the MCP server, for its tools. */
  readonly server?: string;
  readonly command?: CommandFacts;
  readonly commandText?: string;
  /** Absolute paths as they are shown, links followed. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Files whose names can't be told beforehand. */
  readonly unnamedFiles: boolean;
  readonly hosts: readonly string[];
}

const WRITERS = new Set(['write_file', 'edit_file', 'write_document', 'create_file']);
const PATH_ARGUMENTS = [
  'path',
  'file',
  'folder',
  'directory',
  'output',
  'destination',
  'output_path',
  'file_path',
];

/** The facts of a call. Never throws for odd arguments: the tool itself refuses those. */
export function callFacts(tool: Tool, call: ToolCall, view: FolderView, userHome: string): CallFacts {
  const args = call.args ?? {};
  const texts = (names: readonly string[]) =>
    names.map((name) => args[name]).filter((value): value is string => typeof value === 'string');
  const base = { tool: tool.name, source: tool.source, readOnly: tool.readOnly };
  if (tool.source.startsWith('mcp:')) {
    const server = tool.source.slice('mcp:'.length);
    return { ...base, server, reads: [], writes: [], unnamedFiles: true, hosts: [] };
  }
  const [commandText] = tool.source === 'shell' ? texts(['command']) : [];
  if (commandText !== undefined) return { ...base, ...shellFacts(commandText, view, userHome) };
  const paths = texts(PATH_ARGUMENTS).map((path) => realShownPath(path, view, userHome));
  const writes = WRITERS.has(tool.name) || (!tool.readOnly && paths.length > 0);
  const urls = [...texts(['url']), ...(Array.isArray(args.urls) ? args.urls.map(String) : [])];
  return {
    ...base,
    reads: writes ? [] : paths,
    writes: writes ? paths : [],
    unnamedFiles: false,
    hosts: urls.map((url) => URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? '?'),
  };
}

function shellFacts(commandText: string, view: FolderView, userHome: string) {
  const command = commandFacts(commandText);
  const changesFolder = command.parts.some(({ line }) => /^(?:cd|pushd|popd)\b/.test(line));
  const absolute = (paths: readonly string[]) => paths.map((path) => realShownPath(path, view, userHome));
  return {
    command,
    commandText,
    reads: absolute(command.reads),
    writes: absolute(command.writes),
    // After `cd`, relative names mean other files than they seem to.
    unnamedFiles: command.readsUnnamed || changesFolder || command.unclear.length > 0,
    hosts: command.hosts,
  };
}

/** Where a path really leads, in the words of the view. What can't be followed is left as it is written. */
function realShownPath(path: string, view: FolderView, userHome: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(userHome, path.slice(1)) : path;
  const shown = normalize(isAbsolute(expanded) ? expanded : join(view.shown, expanded));
  try {
    return toShownPath(view, realPathOfFuture(toRootPath(view, shown)));
  } catch (error) {
    if (error instanceof OpenSpaceError || (error instanceof Error && 'code' in error)) return shown;
    throw error;
  }
}

/** True if all files that the call names lie in the workspace, or are the system's programs and libraries. */
export function staysInWorkspace(facts: CallFacts, workspace: string, real: string): boolean {
  const isFine = (path: string) =>
    isInside(workspace, path) ||
    isInside(real, path) ||
    /^\/(?:usr|bin|lib|dev\/(?:null|stdin|zero))(?:\/|$)/.test(path);
  return !facts.unnamedFiles && facts.reads.every(isFine) && facts.writes.every(isFine);
}

/** Last name of a path, for rules about kinds of files. */
export const nameOf = (path: string) => basename(path);
