// Rules of the policy: their form in settings, and which calls they fit.
import { isAbsolute, join, normalize, sep } from 'node:path';
import { z } from 'zod';
import { OpenSpaceError } from '../../lib/index.ts';
import { hostFits } from '../addresses.ts';
import type { CallFacts } from './call-facts.ts';

export const MODES = ['plan', 'ask', 'auto', 'unsafe'] as const;
/**
 * `plan`: only what changes nothing · `ask`: asks before each change · `auto`: acts inside of the sandbox, asks beyond ·
 * `unsafe`: everything that no rule forbids, without a sandbox.
 */
export type Mode = (typeof MODES)[number];

const pattern = z.string().min(1);

/** One rule as it stands in settings. Every given property must fit; `*` stands for anything, in paths not for `/`. */
const ruleSchema = z
  .strictObject({
    decision: z.enum(['allow', 'ask', 'deny']),
    /** Tool name, `*` allowed. */
    tool: pattern.optional(),
    /** File or folder: relative to the workspace, absolute, or from `~/`; `**` also stands for `/`. */
    path: pattern.optional(),
    /** A simple command: `git push *`. A final ` *` also fits the command without arguments. */
    command: pattern.optional(),
    /** `example.org`, `*.example.org`. */
    host: pattern.optional(),
    /** Name of an MCP server, `*` allowed. */
    server: pattern.optional(),
    reason: z.string().optional(),
  })
  .refine((rule) => Object.keys(rule).some((key) => !['decision', 'reason'].includes(key)), {
    error: 'a rule needs at least one of tool, path, command, host, server',
  });

export type Rule = z.output<typeof ruleSchema>;

/** Rules read from settings. Throws `config` with the place of the first mistake: a policy is taken whole or not at all. */
export function parseRules(value: unknown, origin: string): readonly Rule[] {
  const parsed = z.array(ruleSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new OpenSpaceError(
    'config',
    `The policy in ${origin} is not valid: rule ${place}: ${issue?.message ?? ''}`,
    {
      hint: 'Correct the rule; nothing runs with half a policy. openspace config --explain shows where it comes from.',
    },
  );
}

/** The rule in words, for people. */
export function describeRule(rule: Rule): string {
  const { decision, reason: _, ...conditions } = rule;
  return `${decision} ${Object.entries(conditions)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')}`;
}

/** `*` stands for any characters, or with `/` as separator for any but it; `**` for all. */
export function globToRegExp(glob: string, separator: boolean): RegExp {
  const source = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((piece) => {
      if (piece === '**/') return '(?:.*/)?';
      if (piece === '**') return '[^]*';
      if (piece === '*') return separator ? '[^/]*' : '[^]*';
      if (piece === '?') return separator ? '[^/]' : '[^]';
      return piece.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

export interface RulePlaces {
  readonly workspace: string;
  readonly userHome: string;
}

/**
 * True if the rule fits the call.
 * A deny or ask rule fits if any part of the call fits; an allow rule only if every part does, and none is computed.
 */
export function ruleFits(rule: Rule, facts: CallFacts, places: RulePlaces): boolean {
  const all = rule.decision === 'allow';
  if (rule.tool !== undefined && !globToRegExp(rule.tool, false).test(facts.tool)) return false;
  if (rule.server !== undefined) {
    if (facts.server === undefined || !globToRegExp(rule.server, false).test(facts.server)) return false;
  }
  if (rule.path !== undefined) {
    const expression = globToRegExp(absolutePattern(rule.path, places), true);
    const paths = [...facts.reads, ...facts.writes];
    if (all && facts.unnamedFiles) return false;
    if (!fits(paths, (path) => isBelow(expression, path), all)) return false;
  }
  if (rule.host !== undefined) {
    const { host } = rule;
    if (!fits(facts.hosts, (name) => hostFits(host, name), all)) return false;
  }
  if (rule.command !== undefined) return commandFits(rule.command, facts, all);
  return true;
}

function fits<T>(items: readonly T[], test: (item: T) => boolean, all: boolean): boolean {
  if (items.length === 0) return false;
  return all ? items.every(test) : items.some(test);
}

function absolutePattern(path: string, { workspace, userHome }: RulePlaces): string {
  if (path === '~' || path.startsWith('~/')) return join(userHome, path.slice(1));
  if (path.startsWith('**')) return path;
  return isAbsolute(path) ? normalize(path) : join(workspace, path);
}

/** A pattern for a folder covers what is in it. */
function isBelow(expression: RegExp, path: string): boolean {
  for (let at = path; ; ) {
    if (expression.test(at)) return true;
    const end = at.lastIndexOf(sep);
    if (end <= 0) return false;
    at = at.slice(0, end);
  }
}

function commandFits(glob: string, facts: CallFacts, all: boolean): boolean {
  const parts = facts.command?.parts ?? [];
  const expression = globToRegExp(glob.replace(/ \*$/, ''), false);
  const open = glob.endsWith(' *') ? globToRegExp(glob, false) : undefined;
  const test = (line: string) => expression.test(line) || (open?.test(line) ?? false);
  if (!all) return parts.some(({ line }) => test(line));
  if (facts.command === undefined || facts.command.unclear.length > 0) return false;
  // Reading commands beside the allowed one (`cd x && npm test | tail`) don't need a rule of their own.
  return (
    parts.some(({ line, computed }) => !computed && test(line)) &&
    parts.every(
      ({ line, computed, effect }) => effect === 'print' || effect === 'read' || (!computed && test(line)),
    )
  );
}
