// Safety of a skill: findings with rule, severity and place, in all of its files.
import { findByContent, findBySize, SCAN_LIMIT_BYTES } from './safety/content.ts';
import { findHiddenCharacters, findHiddenComment, HIDDEN_SIGNS } from './safety/hidden-text.ts';
import { isExample, TEXT_RULES, type TextRule } from './safety/rules.ts';
import { createWordScanner, type WordHit, type WordScanner } from './safety/word-scanner.ts';
import type { Finding, Severity, SkillFiles } from './skill.ts';

/** Findings of one rule in one file: more say nothing new. */
const FINDINGS_PER_RULE = 3;
/** Places in one file at which one rule is tried. A hostile file gets a finding instead of endless time. */
const TRIES_PER_RULE = 2_000;
const COMMENT_SIGN = '<!--';

/** Which rules and other checks a found word calls for. */
interface WordUse {
  readonly rules: readonly TextRule[];
  readonly isHiddenSign: boolean;
  readonly isCommentSign: boolean;
}

interface Automaton {
  readonly scanner: WordScanner;
  readonly uses: readonly WordUse[];
}

function buildAutomaton(): Automaton {
  const rulesByWord = new Map<string, TextRule[]>();
  for (const rule of TEXT_RULES)
    for (const word of rule.words) rulesByWord.set(word, [...(rulesByWord.get(word) ?? []), rule]);
  const ruleWords = [...rulesByWord];
  const uses: WordUse[] = [
    ...ruleWords.map(([, rules]) => ({ rules, isHiddenSign: false, isCommentSign: false })),
    ...HIDDEN_SIGNS.map(() => ({ rules: [], isHiddenSign: true, isCommentSign: false })),
    { rules: [], isHiddenSign: false, isCommentSign: true },
  ];
  const words = [...ruleWords.map(([word]) => word), ...HIDDEN_SIGNS, COMMENT_SIGN];
  return { scanner: createWordScanner(words), uses };
}

/** Built at the first scan, because most commands never scan. */
const automaton: () => Automaton = (() => {
  let built: Automaton | undefined;
  return () => {
    built ??= buildAutomaton();
    return built;
  };
})();

const LINE_BEFORE = 600;
const LINE_AFTER = 1_000;
const CONTINUED_LINES = 6;
const LF = 0x0a;

/** Start and end of the command line around an offset, with the lines that `\` or a trailing `|` join to it. */
function commandLine(bytes: Uint8Array, at: number): [number, number] {
  const joins = (lineFeed: number) => {
    let last = lineFeed - 1;
    while (last >= 0 && (bytes[last] === 0x0d || bytes[last] === 0x20)) last -= 1;
    return bytes[last] === 0x5c || bytes[last] === 0x7c;
  };
  const first = Math.max(0, at - LINE_BEFORE);
  let start = at;
  for (let lines = 0; start > first; start -= 1) {
    if (bytes[start - 1] !== LF) continue;
    lines += 1;
    if (lines > CONTINUED_LINES || !joins(start - 1)) break;
  }
  const limit = Math.min(bytes.length, at + LINE_AFTER);
  let end = at;
  for (let lines = 0; end < limit; end += 1) {
    if (bytes[end] !== LF) continue;
    lines += 1;
    if (lines > CONTINUED_LINES || !joins(end)) break;
  }
  return [start, end];
}

function windowOf(rule: TextRule, bytes: Uint8Array, hit: WordHit): [number, number] {
  if (rule.scope === 'line') return commandLine(bytes, hit.end);
  return [Math.max(0, hit.end - 250), Math.min(bytes.length, hit.end + 300)];
}

/** Counts lines up to rising offsets. */
function createLineCounter(bytes: Uint8Array): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    if (offset < counted) {
      line = 1;
      counted = 0;
    }
    for (; counted < offset; counted += 1) if (bytes[counted] === LF) line += 1;
    return line;
  };
}

interface RuleState {
  tries: number;
  findings: number;
  /** End of the last line looked at: another word on it is not tried again. */
  seenTo: number;
}

/** Tries rules at the places where their words were found, in one file. */
class FileScan {
  readonly findings: Finding[] = [];
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #lineOf: (offset: number) => number;
  readonly #states = new Map<TextRule, RuleState>();

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#lineOf = createLineCounter(bytes);
  }

  text(): string {
    return this.#buffer.toString('utf8');
  }

  tryRule(rule: TextRule, hit: WordHit): void {
    const state = this.#states.get(rule) ?? { tries: 0, findings: 0, seenTo: -1 };
    this.#states.set(rule, state);
    if (state.findings >= FINDINGS_PER_RULE || state.tries > TRIES_PER_RULE) return;
    if (rule.scope === 'line' && hit.end < state.seenTo) return;
    state.tries += 1;
    if (state.tries > TRIES_PER_RULE) {
      const message = `Too many places that look like ${rule.id}: the rest was not checked.`;
      this.#add({ rule: 'safety/unchecked', severity: 'quarantine', message }, this.#lineOf(hit.end));
      return;
    }
    const [start, end] = windowOf(rule, this.#bytes, hit);
    if (rule.scope === 'line') state.seenTo = end;
    const text = this.#buffer.toString('utf8', start, end);
    const match = rule.pattern.exec(text.includes('\\') ? joinContinued(text) : text);
    if (match === null || isExample(rule, match[0])) return;
    const line = this.#lineOf(start + Buffer.byteLength(text.slice(0, match.index)));
    if (this.findings.some((finding) => finding.rule === rule.id && finding.line === line)) return;
    state.findings += 1;
    const { id, severity, message, hint } = rule;
    this.#add({ rule: id, severity, message, ...(hint === undefined ? {} : { hint }) }, line);
  }

  #add(finding: Finding, line: number): void {
    this.findings.push({ ...finding, file: this.#path, line });
  }
}

/** A command continued with `\` is one line; lengths stay, so that places stay right. */
function joinContinued(text: string): string {
  return text.replaceAll('\\\r\n', '   ').replaceAll('\\\n', '  ');
}

function scanText(path: string, content: Uint8Array): readonly Finding[] {
  const bytes = content.length > SCAN_LIMIT_BYTES ? content.subarray(0, SCAN_LIMIT_BYTES) : content;
  const { scanner, uses } = automaton();
  const hits = scanner.scan(bytes);
  if (hits.length === 0) return [];
  const scan = new FileScan(path, bytes);
  let hasHiddenSign = false;
  let hasCommentSign = false;
  for (const hit of hits) {
    const use = uses[hit.word];
    if (use === undefined) continue;
    hasHiddenSign ||= use.isHiddenSign;
    hasCommentSign ||= use.isCommentSign;
    for (const rule of use.rules) scan.tryRule(rule, hit);
  }
  const comment = hasCommentSign ? findHiddenComment(scan.text(), path) : undefined;
  return [
    ...scan.findings,
    ...(hasHiddenSign ? findHiddenCharacters(scan.text(), path) : []),
    ...(comment === undefined ? [] : [comment]),
  ];
}

const ORDER: readonly Severity[] = ['block', 'quarantine', 'warn', 'info'];

/**
 * Looks through every file of a skill. Pure and linear in the size. `block`: never let in; `quarantine`: kept, but
 * not used before a person released it; `warn`: shown. The worst come first.
 */
export function scanSkill(files: SkillFiles): Finding[] {
  const findings = findBySize(files);
  for (const [path, bytes] of files) findings.push(...findByContent(path, bytes), ...scanText(path, bytes));
  return findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

/** For readers of folders: a link in a skill is never followed, and reported with this. */
export function symlinkFinding(path: string, target: string): Finding {
  return {
    rule: 'safety/symlink',
    severity: 'quarantine',
    message: `A link to ${target}: links are not followed, so this file is not part of the skill.`,
    file: path,
    hint: 'Put the file itself into the skill.',
  };
}
