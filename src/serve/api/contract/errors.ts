// How every route says that something went wrong.
import { z } from 'zod';

/** Something that lint, safety or commit has to say of a file. */
export const Finding = z.object({
  rule: z.string(),
  severity: z.enum(['info', 'warn', 'quarantine', 'block']),
  message: z.string(),
  file: z.string().nullable(),
  /** From 1. */
  line: z.number().nullable(),
  hint: z.string().nullable(),
});
export type Finding = z.infer<typeof Finding>;

/** The body of every answer that is not a success. */
export const ApiError = z.object({
  error: z.object({
    /** `not-found`, `invalid`, `stale-head`, `auth`, `denied`, `busy`, `config`, …: the product's error codes. */
    code: z.string(),
    message: z.string(),
    /** What to try. */
    hint: z.string().nullable(),
    /** What lint, safety or commit found, where that is the reason. */
    findings: z.array(Finding).optional(),
  }),
});
export type ApiError = z.infer<typeof ApiError>;
