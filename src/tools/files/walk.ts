// Walks through a folder the way a developer sees it: without what `.gitignore` excludes, links not followed.
import { type Dirent, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { errnoOf, readTextIfPresent } from '../../lib/index.ts';

export interface WalkOptions {
  /** Real path of the folder to walk through. */
  readonly folder: string;
  /** Real path at which `.gitignore` files begin to count; `folder` or above it. */
  readonly ignoreRoot: string;
  readonly includeIgnored: boolean;
}

/** Rules of one `.gitignore`, with the path of its folder below the ignore root (`''` or `a/b/`). */
interface Rules {
  readonly prefix: string;
  readonly rules: Ignore;
}

/** Entries that are no folders, with their path below `folder` (with `/`), in the order of their names. */
export function* walk(options: WalkOptions): Generator<{ path: string; entry: Dirent }> {
  const way = relative(options.ignoreRoot, options.folder).split(sep).filter(Boolean);
  let rules: readonly Rules[] = [];
  if (!options.includeIgnored) {
    rules = rulesOnTheWay(options.ignoreRoot, way);
    // Who asks for an ignored folder by its name wants to see it.
    if (way.length > 0 && isIgnored(rules, `${way.join('/')}/`)) rules = [];
  }
  yield* walkFolder(options.folder, way.length === 0 ? '' : `${way.join('/')}/`, '', rules, options);
}

function rulesOnTheWay(root: string, way: readonly string[]): readonly Rules[] {
  const rules: Rules[] = [];
  for (let depth = 0; depth < way.length; depth += 1) {
    const above = way.slice(0, depth);
    const own = readRules(join(root, ...above), above.length === 0 ? '' : `${above.join('/')}/`);
    if (own !== undefined) rules.push(own);
  }
  return rules;
}

function readRules(folder: string, prefix: string): Rules | undefined {
  try {
    const text = readTextIfPresent(join(folder, '.gitignore'));
    return text === undefined ? undefined : { prefix, rules: ignore().add(text) };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined; // a folder or unreadable file of that name excludes nothing
  }
}

/** The deepest file that says something about the path decides, as in git. */
function isIgnored(rules: readonly Rules[], path: string): boolean {
  for (const { prefix, rules: own } of rules.toReversed()) {
    const verdict = own.test(path.slice(prefix.length));
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}

function* walkFolder(
  folder: string,
  fromRoot: string,
  fromStart: string,
  above: readonly Rules[],
  options: WalkOptions,
): Generator<{ path: string; entry: Dirent }> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === undefined || fromStart === '') throw error;
    return; // one folder that may not be read, or that has just gone, does not end the walk
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = options.includeIgnored ? undefined : readRules(folder, fromRoot);
  const rules = own === undefined ? above : [...above, own];
  for (const entry of entries) {
    const isFolder = entry.isDirectory();
    if (isFolder && entry.name === '.git') continue;
    if (!options.includeIgnored && isIgnored(rules, `${fromRoot}${entry.name}${isFolder ? '/' : ''}`))
      continue;
    const path = fromStart + entry.name;
    if (!isFolder) yield { path, entry };
    else yield* walkFolder(join(folder, entry.name), `${fromRoot}${entry.name}/`, `${path}/`, rules, options);
  }
}
