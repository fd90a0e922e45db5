// Reads an author's reply in the original's form: an edit that ends in a token, or a refusal with its reason.
const COMPLETE = /<EVOLUTION_COMPLETE>/g;
const FAILED = '<EVOLUTION_FAILED>';
const WHOLE_FENCE = /^(`{3,})\w*[^\S\n]*\n([\s\S]*)\n[^\S\n]*`{3,}$/;
const REASON_LENGTH = 500;

export type AuthorReply =
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'unfinished' };

/** A refusal stands at the end of what is said; an edit whose text merely names the token is an edit. */
export function parseAuthorReply(reply: string): AuthorReply {
  const failed = reply.lastIndexOf(FAILED);
  const done = reply.lastIndexOf('<EVOLUTION_COMPLETE>');
  const refused = failed !== -1 && (done < failed || reply.slice(0, failed).trim() === '');
  if (refused) {
    const reason = reply
      .slice(reply.indexOf(FAILED) + FAILED.length)
      .trim()
      .replace(/^reason:\s*/i, '');
    return { kind: 'declined', reason: Array.from(reason).slice(0, REASON_LENGTH).join('') };
  }
  if (done === -1) return { kind: 'unfinished' };
  const text = reply.replace(COMPLETE, '').trim();
  return { kind: 'edit', text: WHOLE_FENCE.exec(text)?.[2]?.trim() ?? text };
}
