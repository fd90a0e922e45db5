// Finds the JSON object in a model's reply, with talk, fences and small mistakes around and in it.
import { jsonrepair } from 'jsonrepair';

export type JsonObject = { readonly [key: string]: unknown };

export interface FoundJson {
  readonly value: JsonObject;
  /** True if the text was no valid JSON and had to be mended: quotes, commas, comments, a missing end. */
  readonly repaired: boolean;
}

/** Openings that are tried at most: a reply full of braces is no JSON. */
const MAX_TRIES = 100;

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // not JSON: the caller tries another place
  }
}

function repairObject(text: string): JsonObject | undefined {
  try {
    return parseObject(jsonrepair(text));
  } catch {
    return undefined; // beyond repair
  }
}

/** End of the object that opens at `start`, strings respected; `undefined` if it never closes. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === '{') depth += 1;
    else if (letter === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*\w*[ \t]*\r?\n([\s\S]*?)(?:^[ \t]*\1|$(?![\s\S]))/gm;

/** Places that may hold an object: code fences first, then every opening brace. */
function* candidates(text: string): Generator<string> {
  for (const [, , body = ''] of text.matchAll(FENCE)) if (body.trimStart().startsWith('{')) yield body;
  let tries = 0;
  for (let at = text.indexOf('{'); at !== -1 && tries < MAX_TRIES; at = text.indexOf('{', at + 1)) {
    const end = endOfObject(text, at);
    if (end === undefined) return;
    yield text.slice(at, end);
    tries += 1;
  }
}

/**
 * The first JSON object in a reply. Valid JSON anywhere wins over what must be mended; lists, numbers and prose are
 * no objects. The caller checks the shape (zod).
 */
export function findJsonObject(text: string): FoundJson | undefined {
  for (const candidate of candidates(text)) {
    const value = parseObject(candidate);
    if (value !== undefined) return { value, repaired: false };
  }
  const start = text.indexOf('{');
  if (start === -1) return undefined;
  const fence = text.indexOf('```', start);
  for (const candidate of [...candidates(text), text.slice(start, fence === -1 ? undefined : fence)]) {
    const value = repairObject(candidate);
    if (value !== undefined) return { value, repaired: true };
  }
  return undefined;
}
