// The tools `list_dir`, `find_files` and `grep`.
import { type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { errnoOf, isInside, OpenSpaceError, plural } from '../../lib/index.ts';
import { defineTool, formatSize, quotePath, success } from '../tool.ts';
import { type FileAccess, resolvePath, showPath } from './access.ts';
import { runFind, runGrep } from './run-search.ts';
import type { GrepAnswer } from './search.ts';

const MAX_ENTRIES = 500;
const MAX_FOUND = 500;
const MAX_MATCHES = 500;
const MAX_GREP_CHARACTERS = 40_000;

/** Lists one folder. */
export function listTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'list_dir',
    description: 'Lists a folder: folders end with /, files have their size, links show their target.',
    source: 'files',
    readOnly: true,
    parameters: z.strictObject({
      path: z.string().min(1).default('.').describe('Folder, relative to the workspace or absolute.'),
    }),
    async run({ path }, context) {
      const folder = resolvePath(path, 'read', context.workspace, access);
      const shown = showPath(folder, context.workspace);
      if (!existingFolder(folder, shown)) {
        throw new OpenSpaceError('invalid', `${quotePath(shown)} is a file, not a folder; use read_file.`);
      }
      const entries = readdirSync(folder, { withFileTypes: true });
      const rank = (entry: Dirent) => (entry.isDirectory() ? 0 : 1);
      entries.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
      const lines = entries.slice(0, MAX_ENTRIES).map((entry) => describeEntry(folder, entry));
      if (entries.length > MAX_ENTRIES) lines.push(`[${entries.length - MAX_ENTRIES} more; use find_files]`);
      return success(lines.length === 0 ? `(${shown} is empty)` : lines.join('\n'), {
        path: shown,
        entries: entries.length,
      });
    },
  });
}

function describeEntry(folder: string, entry: Dirent): string {
  if (entry.isDirectory()) return `${entry.name}/`;
  const path = join(folder, entry.name);
  try {
    if (entry.isSymbolicLink()) return `${entry.name} -> ${readlinkSync(path)}`;
    const stats = lstatSync(path);
    return stats.isFile() ? `${entry.name}  ${formatSize(stats.size)}` : `${entry.name}  (not a file)`;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return entry.name; // gone in the meantime, or not ours to look at
  }
}

/** True for a folder, false for a file; throws `not-found` in the words that a model understands. */
function existingFolder(target: string, shown: string): boolean {
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats === undefined) throw new OpenSpaceError('not-found', `There is no ${quotePath(shown)}.`);
  return stats.isDirectory();
}

/** `.gitignore` files count from the root that holds the folder. */
function ignoreRootOf(target: string, workspace: string, access: FileAccess, isFolder: boolean): string {
  const roots = [workspace, ...(access.writableRoots ?? []), ...(access.readOnlyRoots ?? [])]
    .filter((root) => statSync(root, { throwIfNoEntry: false }) !== undefined)
    .map((root) => realpathSync(root));
  return roots.find((root) => isInside(root, target)) ?? (isFolder ? target : join(target, '..'));
}

const includeIgnored = z
  .boolean()
  .default(false)
  .describe('Also look where .gitignore says not to (node_modules, build output).');

/** Finds files by name. */
export function findTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'find_files',
    description:
      'Finds files by glob, for example "*.ts" (in all folders) or "src/**/*.{js,ts}". Leaves out .git and what .gitignore excludes; does not follow links.',
    source: 'files',
    readOnly: true,
    parameters: z.strictObject({
      pattern: z.string().min(1).describe('Glob: *, ?, [a-z], {a,b}, and ** over folders.'),
      path: z.string().min(1).default('.').describe('Folder to search in.'),
      include_ignored: includeIgnored,
    }),
    async run(args, context) {
      const folder = resolvePath(args.path, 'read', context.workspace, access);
      const shown = showPath(folder, context.workspace);
      if (!existingFolder(folder, shown))
        throw new OpenSpaceError('invalid', `${quotePath(shown)} is not a folder.`);
      const ignoreRoot = ignoreRootOf(folder, context.workspace, access, true);
      const request = { kind: 'find' as const, folder, ignoreRoot, includeIgnored: args.include_ignored };
      const answer = await runFind({ ...request, pattern: args.pattern, limit: MAX_FOUND }, context.signal);
      const prefix = shown === '.' ? '' : `${shown}/`;
      const lines = answer.paths.map((path) => prefix + path);
      if (answer.more) lines.push(`[more than ${MAX_FOUND}; use a narrower pattern]`);
      const none = `No file matches ${quotePath(args.pattern)} in ${shown}.`;
      return success(lines.length === 0 ? none : lines.join('\n'), {
        found: answer.paths.length,
        more: answer.more,
      });
    },
  });
}

/** Finds lines by regular expression. */
export function grepTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'grep',
    description:
      'Finds lines that match a regular expression (JavaScript syntax) in text files. Leaves out .git and what .gitignore excludes; does not follow links.',
    source: 'files',
    readOnly: true,
    parameters: z.strictObject({
      pattern: z.string().min(1).describe('Regular expression, tried on each line.'),
      path: z.string().min(1).default('.').describe('File or folder to search in.'),
      glob: z.string().min(1).optional().describe('Only files that match, for example "*.py".'),
      ignore_case: z.boolean().default(false),
      context: z.int().min(0).max(20).default(0).describe('Lines to show before and after each match.'),
      limit: z.int().min(1).max(MAX_MATCHES).default(100).describe('Most matching lines to return.'),
      include_ignored: includeIgnored,
    }),
    async run(args, context) {
      const target = resolvePath(args.path, 'read', context.workspace, access);
      const shown = showPath(target, context.workspace);
      const isFolder = existingFolder(target, shown);
      const request = {
        kind: 'grep' as const,
        target,
        ignoreRoot: ignoreRootOf(target, context.workspace, access, isFolder),
        includeIgnored: args.include_ignored,
        pattern: args.pattern,
        ignoreCase: args.ignore_case,
        glob: args.glob,
        contextLines: args.context,
        limit: args.limit,
      };
      const answer = await runGrep(request, context.signal);
      const details = { matches: answer.matches, searched_files: answer.searchedFiles, more: answer.more };
      return success(presentMatches(answer, shown, isFolder), details);
    },
  });
}

function presentMatches(answer: GrepAnswer, shown: string, isFolder: boolean): string {
  const prefix = shown === '.' ? '' : `${shown}/`;
  const lines: string[] = [];
  let characters = 0;
  let cut = false;
  for (const { path, lines: found } of answer.files) {
    const name = isFolder ? prefix + path : shown;
    let previous: number | undefined;
    for (const { number, text, isMatch } of found) {
      if (previous !== undefined && number > previous + 1 && !isMatch) lines.push('--');
      previous = number;
      const line = isMatch ? `${name}:${number}:${text}` : `${name}-${number}-${text}`;
      characters += line.length + 1;
      cut ||= characters > MAX_GREP_CHARACTERS;
      if (!cut) lines.push(line);
    }
  }
  if (answer.matches === 0) lines.push(`No match in ${plural(answer.searchedFiles, 'file')}.`);
  if (answer.more || cut) lines.push('[there are more matches; use a narrower pattern, path or glob]');
  if (answer.tooLarge.length > 0) {
    lines.push(
      `[too large to be searched: ${answer.tooLarge.slice(0, 5).join(', ')}; use run_shell with grep]`,
    );
  }
  return lines.join('\n');
}
