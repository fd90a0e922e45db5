import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capOutput, OutputBuffer } from './output.ts';

function collect(chunks: readonly Uint8Array[], limitBytes: number): OutputBuffer {
  const buffer = new OutputBuffer(limitBytes);
  for (const chunk of chunks) buffer.push(Buffer.from(chunk));
  return buffer;
}

describe('OutputBuffer', () => {
  it('gives back what fits, byte for byte decoded', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const whole = Buffer.concat(chunks);
        const buffer = collect(chunks, 2 * whole.length + 2);
        expect([buffer.truncated, buffer.toString()]).toEqual([false, whole.toString('utf8')]);
      }),
    );
  });

  it('keeps head and tail of what does not fit, in whole characters, and counts the rest', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }),
        fc.integer({ min: 8, max: 90 }),
        fc.integer({ min: 1, max: 40 }),
        (text, limitBytes, step) => {
          const bytes = Buffer.from(text);
          const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
            bytes.subarray(index * step, (index + 1) * step),
          );
          const buffer = collect(chunks, limitBytes);
          const shown = buffer.toString();
          expect(shown).not.toContain('\ufffd');
          const [, head = '', dropped = '', tail = ''] =
            /^([\s\S]*)\n\[… ([\d,]+) bytes left out …\]\n([\s\S]*)$/.exec(shown) ?? [];
          expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
          expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(limitBytes);
          const cut = bytes.length - 2 * Math.floor(limitBytes / 2);
          expect([buffer.truncated, Number(dropped.replaceAll(',', ''))]).toEqual([true, cut]);
        },
      ),
    );
  });

  it('may be read in between', () => {
    const buffer = collect([Buffer.from('a'.repeat(30))], 10);
    buffer.toString();
    buffer.push(Buffer.from('bbb'));
    expect(buffer.toString()).toBe('aaaaa\n[… 23 bytes left out …]\naabbb');
  });
});

describe('capOutput', () => {
  it('leaves a text alone that fits', () => expect(capOutput('éé', 4)).toBe('éé'));
  it('cuts the middle of one that does not', () => {
    expect(capOutput('abcdefgh', 4)).toBe('ab\n[… 4 bytes left out …]\ngh');
  });
});
