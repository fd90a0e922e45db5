// Characters that a reader can't see and a model can: the usual way to smuggle orders into a text.
import type { Finding } from '../skill.ts';
import { lineAt } from '../skill-text.ts';

interface HiddenKind {
  readonly pattern: RegExp;
  readonly severity: 'warn' | 'quarantine';
  readonly message: string;
}

// Joiners between emoji or in scripts that need them, and flags made of tag letters, are ordinary text.
const KINDS: readonly HiddenKind[] = [
  {
    pattern: /(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]*)[\u{E0000}-\u{E007F}]+/u,
    severity: 'quarantine',
    message: 'Holds invisible tag characters, which carry hidden text.',
  },
  {
    pattern: /[\u202A-\u202E\u2066-\u2069]/,
    severity: 'quarantine',
    message: 'Holds controls that turn the reading direction: what is shown is not what is read.',
  },
  {
    pattern: /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{3,}/u,
    severity: 'quarantine',
    message: 'Holds a row of variation selectors, which carries hidden text.',
  },
  {
    pattern: /[\u200B-\u200D\u2060-\u2064\u180E\uFEFF]{4,}/,
    severity: 'quarantine',
    message: 'Holds a row of invisible characters, which carries hidden text.',
  },
  {
    pattern:
      /(?<=[A-Za-z])[\u200B-\u200D\u2060-\u2064\u00AD](?=[A-Za-z])|[\u2061-\u2064\u180E\u115F\u1160\u3164\uFFA0]/,
    severity: 'warn',
    message: 'Holds invisible characters.',
  },
];

const HTML_COMMENT =
  /<!--(?:(?!-->)[\s\S]){0,2000}?\b(?:ignore (?:all|previous|the)|do not (?:tell|mention|show)|you (?:must|should) (?:also|always|now|first)|secretly|system prompt|(?:send|upload|post) .{0,60}https?:)/i;

/** Hidden characters of a text, each kind once, at its first place. A BOM at the start is none. */
export function findHiddenCharacters(text: string, file: string): Finding[] {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const findings: Finding[] = [];
  for (const { pattern, severity, message } of KINDS) {
    const match = pattern.exec(start === 0 ? text : text.slice(start));
    if (match === null) continue;
    const codes = [
      ...new Set(Array.from(match[0], (c) => `U+${c.codePointAt(0)?.toString(16).toUpperCase()}`)),
    ];
    findings.push({
      rule: 'safety/hidden-unicode',
      severity,
      message: `${message} (${codes.slice(0, 4).join(', ')})`,
      file,
      line: lineAt(text, match.index + start),
    });
  }
  return findings;
}

/** Orders inside an HTML comment: rendered Markdown does not show them, a model reads them. */
export function findHiddenComment(text: string, file: string): Finding | undefined {
  const match = text.includes('<!--') ? HTML_COMMENT.exec(text) : null;
  if (match === null) return undefined;
  return {
    rule: 'safety/hidden-comment',
    severity: 'quarantine',
    message: 'Holds orders in an HTML comment, which a reader does not see.',
    file,
    line: lineAt(text, match.index),
  };
}
