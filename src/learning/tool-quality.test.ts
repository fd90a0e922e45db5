import { describe, expect, it } from 'vitest';
import { openDatabase } from '../lib/index.ts';
import { openLedger } from './ledger.ts';
import { toolQualities, toolQuality } from './tool-quality.ts';

/** `xx.` means: failed, failed, went well. */
const calls = (text: string) => Array.from(text, (mark) => mark === '.');

describe('the penalty of a failing tool', () => {
  it.each([
    ['xx', 1],
    ['xxx', 0.2],
    ['...xxxxxxx', 0.525],
    ['....xxxxxx', 1],
    ['xxxxxx....', 1],
    ['xxx.', 0.7375],
    ['.', 1],
    ['', 1],
  ])('%s → %d', (text, expected) => {
    expect(toolQuality(text.length, calls(text))).toBeCloseTo(expected, 10);
  });

  it('counts the last hundred calls of a tool, and none of another', () => {
    const db = openDatabase({ path: ':memory:' });
    openLedger(db);
    db.run("INSERT INTO learn_imports VALUES ('s', 'p', 't', 0)");
    const add = (key: string, marks: string) => {
      db.run(
        `INSERT INTO learn_imported_tools VALUES ('s', ?, 'mcp', 'a', 't', 0, 0, 0, 0, NULL, '', '')`,
        key,
      );
      calls(marks).forEach((success, at) => {
        db.run(
          'INSERT INTO learn_imported_calls VALUES (?, ?, ?, 0, ?, 1, NULL)',
          's',
          key,
          `t${1000 + at}`,
          Number(success),
        );
      });
    };
    add('mcp:a:t', '.'.repeat(200) + 'x'.repeat(100));
    add('mcp:a:u', '...');
    expect(toolQualities(db)).toEqual([
      { toolKey: 'mcp:a:t', calls: 300, quality: 0.2 },
      { toolKey: 'mcp:a:u', calls: 3, quality: 1 },
    ]);
    db.close();
  });
});
