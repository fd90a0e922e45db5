// What of a task may be sent to a hub to look for skills: nothing unless the user's setting says so.
import type { Redactor } from '../lib/index.ts';

/** `never`: nothing leaves the machine. `words`: a few telling words, out of order. `text`: the beginning of the task. */
export const TASK_SHARING = ['never', 'words', 'text'] as const;
export type TaskSharing = (typeof TASK_SHARING)[number];

const MAX_WORDS = 12;
const MAX_TEXT = 500;
/** Paths, addresses, numbers and mail addresses name people and places, not skills. */
const PRIVATE = /\S*(?:[/\\@]|\d{3,}|\.\w{1,4}\b)\S*/gu;
const COMMON = new Set(
  'the and for with from this that into please make have has are was were will would could should can our your their its not but all any'.split(
    ' ',
  ),
);

/** The query for a task, redacted; undefined if nothing may be sent or nothing is left. */
export function queryForTask(task: string, sharing: TaskSharing, redactor: Redactor): string | undefined {
  if (sharing === 'never') return undefined;
  const redacted = redactor.text(task).replaceAll('[redacted]', ' ').replace(PRIVATE, ' ');
  if (sharing === 'text') return redacted.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT) || undefined;
  const words = redacted.toLowerCase().match(/\p{L}[\p{L}\p{N}-]{2,}/gu) ?? [];
  const telling = [...new Set(words)].filter((word) => !COMMON.has(word));
  // In alphabetical order: what is sent is a set of words, not a sentence.
  return telling.slice(0, MAX_WORDS).sort().join(' ') || undefined;
}
