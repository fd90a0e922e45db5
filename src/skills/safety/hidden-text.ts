// Characters that a reader can't see and a model can: the usual way to smuggle orders into a text.
import type { Finding } from '../skill.ts';
import { lineAt } from '../skill-text.ts';

interface HiddenKind {
  /** Characters, or first bytes of them, one of which must be there. */
  readonly signs: readonly (string | Uint8Array)[];
  readonly pattern: RegExp;
  readonly severity: 'warn' | 'quarantine';
  readonly message: string;
}

function charactersFrom(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index));
}

const INVISIBLE = ['\u200B', '\u200C', '\u200D', ...charactersFrom(0x2060, 0x2064), '\u180E', '\uFEFF'];

// Joiners between emoji or in scripts that need them, and flags made of tag letters, are ordinary text.
const KINDS: readonly HiddenKind[] = [
  {
    signs: [Uint8Array.of(0xf3, 0xa0, 0x80), Uint8Array.of(0xf3, 0xa0, 0x81)],
    pattern: /(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]*)[\u{E0000}-\u{E007F}]+/u,
    severity: 'quarantine',
    message: 'Holds invisible tag characters, which carry hidden text.',
  },
  {
    signs: [...charactersFrom(0x202a, 0x202e), ...charactersFrom(0x2066, 0x2069)],
    pattern: /[\u202A-\u202E\u2066-\u2069]/,
    severity: 'quarantine',
    message: 'Holds controls that turn the reading direction: what is shown is not what is read.',
  },
  {
    signs: [
      ...charactersFrom(0xfe00, 0xfe0f),
      ...[4, 5, 6, 7].map((n) => Uint8Array.of(0xf3, 0xa0, 0x80 + n)),
    ],
    pattern: /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{3,}/u,
    severity: 'quarantine',
    message: 'Holds a row of variation selectors, which carries hidden text.',
  },
  {
    signs: INVISIBLE,
    pattern: /[\u200B-\u200D\u2060-\u2064\u180E\uFEFF]{4,}/,
    severity: 'quarantine',
    message: 'Holds a row of invisible characters, which carries hidden text.',
  },
  {
    signs: [...INVISIBLE, '\u00AD', '\u115F', '\u1160', '\u3164', '\uFFA0'],
    pattern:
      /(?<=[A-Za-z])[\u200B-\u200D\u2060-\u2064\u00AD\uFEFF](?=[A-Za-z])|[\u2061-\u2064\u180E\u115F\u1160\u3164\uFFA0]/,
    severity: 'warn',
    message: 'Holds invisible characters.',
  },
];

/** What the scanner looks for before a text is decoded for these checks. */
export const HIDDEN_SIGNS: readonly (string | Uint8Array)[] = KINDS.flatMap((kind) => kind.signs);

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
