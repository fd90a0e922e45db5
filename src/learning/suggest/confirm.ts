// Reads a yes or no from a model. Anything that is not clearly yes is no.
import { findJsonObject } from '../analysis/parse.ts';

const NO = /\b(?:no|not|cannot|can't|don't|won't|false|reject\w*|skip\w*|declin\w*|never)\b/;
const YES = /\b(?:yes|confirm\w*)\b|"?proceed"?: true\b/;

/** `{"proceed": true}` with anything around it, or a plain yes. */
export function parseConfirmation(reply: string): boolean {
  const text = reply.replace(/^\s*<think>[\s\S]*?<\/think>/i, '');
  const found = proceedOf(
    findJsonObject(text.toLowerCase()) ?? findJsonObject(firstObject(text.toLowerCase())),
  );
  if (found !== undefined) return found;
  const words = text.toLowerCase();
  return YES.test(words) && !NO.test(words);
}

/** The first object of several, or of one with something behind it. */
const firstObject = (text: string) => /\{[^{}]*\}/.exec(text)?.[0] ?? '';

function proceedOf(value: unknown): boolean | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const proceed = 'proceed' in value ? value.proceed : undefined;
  if (typeof proceed === 'string') return ['true', 'yes', '1'].includes(proceed.trim());
  return Array.isArray(proceed) ? false : Boolean(proceed);
}
