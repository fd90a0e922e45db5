// Names and ids: valid for every host, and never those of another skill.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { World } from '../lib/index.ts';
import {
  formatSkillId,
  freeSkillName,
  isSkillName,
  newVersionId,
  parseSkillId,
  toSkillName,
} from './names.ts';

function worldOf(): World {
  let count = 0;
  return {
    now: () => new Date(0),
    randomHex: (bytes) => {
      count += 1;
      return count.toString(16).padStart(bytes * 2, '0');
    },
  };
}

describe('names of skills', () => {
  it('are made of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => isSkillName(toSkillName(text))),
    );
    expect(toSkillName('Fix: PDF (v2)!')).toBe('fix-pdf-v2');
    expect(toSkillName('日本語')).toBe('skill');
  });

  // W1: for names of 44 to 50 letters the suffix was cut off again, and the other skill's folder was deleted.
  it('are free when they should be, however long the wanted name is', () => {
    for (let length = 1; length <= 80; length += 1) {
      for (const wanted of [
        'a'.repeat(length),
        'ab-'.repeat(length).slice(0, length),
        `${'a'.repeat(length)}-enhanced`,
      ]) {
        const taken = new Set([toSkillName(wanted)]);
        const world = worldOf();
        for (let round = 0; round < 20; round += 1) {
          const name = freeSkillName(wanted, (candidate) => taken.has(candidate), world);
          expect(taken.has(name)).toBe(false);
          expect(isSkillName(name) && name.length <= 50).toBe(true);
          taken.add(name);
        }
      }
    }
  });
});

describe('ids of versions', () => {
  it('have the shapes of the original', () => {
    expect(newVersionId('panel-component', 2, worldOf())).toBe('panel-component__v2_00000001');
    expect(newVersionId('panel-component', 'imported', worldOf())).toBe('panel-component__imp_00000001');
  });

  it('go through the sidecar and back, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
        const id = newVersionId(name, 1, worldOf());
        expect(parseSkillId(formatSkillId(id))).toBe(id);
      }),
    );
  });

  for (const text of [
    '',
    ' \n',
    'one\ntwo\n',
    '../../x',
    'a b',
    'a/b',
    '..',
    'x'.repeat(300),
    'a\u0000b',
    '"x"',
  ])
    it(`are not read from ${JSON.stringify(text).slice(0, 30)}`, () =>
      expect(parseSkillId(text)).toBeUndefined());
});
