// The rule that one kind of unsafe text has: words that call it, a pattern that decides.
import type { Severity } from '../skill.ts';

export interface TextRule {
  readonly id: `safety/${string}`;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** The pattern is tried only near one of these (lower case; a blank stands for any white space). */
  readonly words: readonly string[];
  readonly pattern: RegExp;
  /** Tested on the line with its continuations, or on the text around the word, whatever the line breaks. */
  readonly scope: 'line' | 'around';
}

/** What to do about most findings. */
export const READ_FIRST = 'Read the place before you trust this skill.';
