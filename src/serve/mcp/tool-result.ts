// What a tool call answers: one text with JSON, as the original's clients read it, and errors that say what to do.
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import type { Fields } from './task-report.ts';

/** As the protocol has it. No structured content: hosts show either that or the text, and some replace an error's text by it. */
export interface ToolAnswer {
  readonly content: { readonly type: 'text'; readonly text: string }[];
  readonly isError?: true;
  readonly [key: string]: unknown;
}

/** A result on several lines: a host that cuts long lines keeps most of it. */
export const answer = (fields: Fields, isError = false): ToolAnswer => ({
  content: [{ type: 'text', text: JSON.stringify(fields, null, 2) }],
  ...(isError ? { isError: true } : {}),
});

/** An error with its code, its message and what to try next. */
export function errorAnswer(error: unknown, redact: (text: string) => string): ToolAnswer {
  const known = error instanceof OpenSpaceError ? error : undefined;
  const hint = known === undefined ? 'This is a bug of OpenSpace. Its log has more.' : known.hint;
  return answer(
    {
      error: redact(toMessage(error)),
      code: known?.code ?? 'internal',
      ...(hint === undefined ? {} : { hint: redact(hint) }),
      status: 'error',
    },
    true,
  );
}

/** The code of an answer that is an error, for counting. */
export function codeOf({ content }: ToolAnswer): string {
  const [first] = content;
  return first?.text.match(/"code": "([\w-]+)"/)?.[1] ?? 'error';
}
