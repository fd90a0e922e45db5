// Keeps secrets out of logs, recordings, errors and what models see.

/**
 * Shapes of credentials, whoever issued them. Each match is replaced as a whole.
 * Repetitions in front of a required character are bounded: on a long line they would cost the square of its length.
 */
const SHAPES: readonly RegExp[] = [
  /\bsk-(?:or-v1-|ant-(?:api\d\d-)?|proj-|svcacct-)?[A-Za-z0-9_-]{16,}/g,
  /\b(?:gsk|xai|hf|r8|tvly|BSA|pplx|fw|nvapi)[_-][A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b(?:gh[opsur]|github_pat)_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{18,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\bxox[abposr]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,16000}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,64}):[^\s/@]{1,256}@/gi;

/** Replaces secrets in text. Knows the shapes of common keys and the exact values it was told. */
export interface Redactor {
  /** Registers a value that must never appear. Shorter than 8 characters is ignored: it would match ordinary text. */
  add(secret: string): void;
  text(text: string): string;
  /** A deep copy of JSON-like data with every string redacted. */
  json<T>(value: T): T;
}

const MARK = '[redacted]';

/** A redactor of its own; one is made for each engine and handed down. */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const known = new Set<string>();
  const add = (secret: string) => {
    const value = secret.trim();
    if (value.length >= 8) known.add(value);
  };
  for (const secret of secrets) add(secret);

  const text = (input: string): string => {
    let output = input;
    for (const secret of known) if (output.includes(secret)) output = output.replaceAll(secret, MARK);
    for (const shape of SHAPES) output = output.replace(shape, MARK);
    return output.replace(BEARER, `$1 ${MARK}`).replace(URL_PASSWORD, `$1:${MARK}@`);
  };
  const json = <T>(value: T): T => {
    if (typeof value === 'string') return text(value) as T;
    if (Array.isArray(value)) return value.map(json) as T;
    if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, json(item)])) as T;
    }
    return value;
  };
  return { add, text, json };
}

/** How a secret may be described to its owner: length and first characters, never more than a quarter of it. */
export function describeSecret(secret: string): string {
  const shown = secret.slice(0, Math.min(6, Math.floor(secret.length / 4)));
  return `${secret.length} characters, starting "${shown}…"`;
}
