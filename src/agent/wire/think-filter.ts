// Removes a `<think>…</think>` block that some models leak at the head of their text.

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Reads text in pieces and gives back what may be shown. Only a block at the very start is taken out: later in a text
 * such tags are what the text is about. An unclosed block swallows the rest.
 */
export class ThinkFilter {
  #held = '';
  #state: 'start' | 'thinking' | 'after' | 'text' = 'start';
  /** Whether anything was taken out. */
  removed = false;

  push(piece: string): string {
    if (this.#state === 'text') return piece;
    this.#held += piece;
    const head = this.#held.trimStart();
    switch (this.#state) {
      case 'start':
        if (OPEN.startsWith(head.slice(0, OPEN.length))) {
          if (head.length < OPEN.length) return '';
          this.#state = 'thinking';
          this.removed = true;
          return this.push('');
        }
        return this.#release(this.#held);
      case 'thinking': {
        const end = head.indexOf(CLOSE);
        if (end < 0) return '';
        this.#held = head.slice(end + CLOSE.length);
        this.#state = 'after';
        return this.push('');
      }
      case 'after':
        return head === '' ? '' : this.#release(head);
    }
  }

  /** What was still held back when the text ended. */
  end(): string {
    return this.#state === 'start' ? this.#release(this.#held) : '';
  }

  #release(text: string): string {
    this.#held = '';
    this.#state = 'text';
    return text;
  }
}
