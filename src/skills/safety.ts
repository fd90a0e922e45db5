// Safety of a skill: findings with rule, severity and place, in all of its files.
import { findByContent, findBySize, SCAN_LIMIT_BYTES } from './safety/content.ts';
import { findHiddenCharacters, findHiddenComment } from './safety/hidden-text.ts';
import { isExample, TEXT_RULES, type TextRule } from './safety/rules.ts';
import { createWordScanner, type WordHit } from './safety/word-scanner.ts';
import type { Finding, Severity, SkillFiles } from './skill.ts';

/** Findings of one rule in one file: more say nothing new. */
const FINDINGS_PER_RULE = 3;
/** Places in one file at which one rule is tried. A hostile file gets a finding instead of endless time. */
const TRIES_PER_RULE = 2_000;
const COMMENT_WORD = '<!--';

const words = [...new Set([COMMENT_WORD, ...TEXT_RULES.flatMap((rule) => rule.words)])];
const scanner = createWordScanner(words);
const rulesByWord: readonly (readonly number[])[] = words.map((word) =>
  TEXT_RULES.flatMap((rule, index) => (rule.words.includes(word) ? [index] : [])),
);
const commentWord = words.indexOf(COMMENT_WORD);

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
  /** End of the last window looked at: words on the same line are not tried again. */
  seenTo: number;
}

function scanText(path: string, content: Uint8Array): Finding[] {
  const bytes = content.length > SCAN_LIMIT_BYTES ? content.subarray(0, SCAN_LIMIT_BYTES) : content;
  const { hits, hasHighBytes } = scanner.scan(bytes);
  if (hits.length === 0 && !hasHighBytes) return [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const findings: Finding[] = [];
  const states = new Map<number, RuleState>();
  const lineOf = createLineCounter(bytes);
  let hasComment = false;
  for (const hit of hits) {
    if (hit.word === commentWord) hasComment = true;
    for (const index of rulesByWord[hit.word] ?? []) {
      const rule = TEXT_RULES[index];
      if (rule === undefined) continue;
      const state = states.get(index) ?? { tries: 0, findings: 0, seenTo: -1 };
      states.set(index, state);
      if (state.findings >= FINDINGS_PER_RULE || state.tries > TRIES_PER_RULE) continue;
      if (rule.scope === 'line' && hit.end < state.seenTo) continue;
      state.tries += 1;
      if (state.tries > TRIES_PER_RULE) {
        findings.push({
          rule: 'safety/unchecked',
          severity: 'quarantine',
          message: `Too many places that look like ${rule.id}: the rest was not checked.`,
          file: path,
          line: lineOf(hit.end),
        });
        continue;
      }
      const [start, end] = windowOf(rule, bytes, hit);
      if (rule.scope === 'line') state.seenTo = end;
      const text = buffer.toString(hasHighBytes ? 'utf8' : 'latin1', start, end);
      const match = rule.pattern.exec(text.replaceAll('\\\r\n', '   ').replaceAll('\\\n', '  '));
      if (match === null || isExample(rule, match[0])) continue;
      const before = Buffer.byteLength(text.slice(0, match.index), hasHighBytes ? 'utf8' : 'latin1');
      const line = lineOf(start + before);
      if (findings.some((finding) => finding.rule === rule.id && finding.line === line)) continue;
      state.findings += 1;
      findings.push({
        rule: rule.id,
        severity: rule.severity,
        message: rule.message,
        file: path,
        line,
        ...(rule.hint === undefined ? {} : { hint: rule.hint }),
      });
    }
  }
  if (hasHighBytes || hasComment) {
    const text = buffer.toString('utf8');
    if (hasHighBytes) findings.push(...findHiddenCharacters(text, path));
    const comment = hasComment ? findHiddenComment(text, path) : undefined;
    if (comment !== undefined) findings.push(comment);
  }
  return findings;
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
