// A refusal: a code of the protocol with its text, thrown by the domain and sent by the HTTP layer.
import { type ErrorReply, REFUSALS, type Refusal } from '../../../src/hub/index.ts';

/** What a request is answered with instead of what it wanted. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: Refusal;
  readonly extra: Partial<ErrorReply>;

  constructor(code: Refusal, message: string, extra: Partial<ErrorReply> = {}) {
    super(message);
    this.code = code;
    this.extra = extra;
  }

  get status(): number {
    return REFUSALS[this.code];
  }

  toJson(): ErrorReply {
    return { error: this.code, message: this.message, ...this.extra };
  }
}

/** The one answer for what is not there and for what the caller may not see: they must not be told apart. */
export const notFound = (what = 'record') => new Refused('not_found', `There is no such ${what}.`);
