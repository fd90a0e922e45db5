// Kinds of settings: how a value is checked, and how it is read from an environment variable's text.
import { z } from 'zod';

/** One kind of value. `fromText` turns an environment variable's text into what `schema` checks. */
export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  readonly expected: string;
  fromText(text: string): unknown;
}

const asIs = (text: string): unknown => text;

export const text: Kind<string> = { schema: z.string().min(1), expected: 'a text', fromText: asIs };

export function choice<const V extends string>(values: readonly [V, ...V[]]): Kind<V> {
  return {
    schema: z.enum(values),
    expected: `one of ${values.join(', ')}`,
    fromText: (raw) => raw.toLowerCase(),
  };
}

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    schema: z.number().int().min(min).max(max),
    expected: `a whole number from ${min} to ${max}`,
    fromText: (raw) => (/^[+-]?\d+$/.test(raw) ? Number(raw) : raw),
  };
}

export function number(min: number, max: number): Kind<number> {
  return {
    schema: z.number().min(min).max(max),
    expected: `a number from ${min} to ${max}`,
    fromText: (raw) => (Number.isFinite(Number(raw)) ? Number(raw) : raw),
  };
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

export const yesOrNo: Kind<boolean> = {
  schema: z.boolean(),
  expected: 'true or false',
  fromText: (raw) => WORDS[raw.toLowerCase()] ?? raw,
};

export const list: Kind<readonly string[]> = {
  schema: z.array(z.string().min(1)),
  expected: 'a list, in a variable separated by commas',
  fromText: (raw) =>
    raw
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
};

/** A JSON object; an unreadable one never has its text repeated, since it may hold a secret. */
export function object<T>(schema: z.ZodType<T>, expected = 'a JSON object'): Kind<T> {
  return {
    schema,
    expected,
    fromText: (raw) => {
      try {
        return JSON.parse(raw);
      } catch {
        return undefined; // fails the schema, whose message names the variable
      }
    },
  };
}

/** Headers: names with a legal form, values on one line. */
export const headers: Kind<Readonly<Record<string, string>>> = object(
  z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/)),
  'a JSON object of header names and texts, for example {"X-Title":"my team"}',
);
