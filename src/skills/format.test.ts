// SKILL.md: tolerant reading, and edits of the front matter that touch nothing else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OpenSpaceError } from '../lib/index.ts';
import {
  type FieldValue,
  parseSkillMd,
  repairFrontMatter,
  setFrontMatterField,
  yamlScalar,
} from './format.ts';
import { locateFrontMatter, parseYaml, readFrontMatter } from './front-matter.ts';

const RICH = `---
# who and what
name: demo   # the name
description: >
  Folded text: with a colon,

  and a second paragraph.
license: "MIT"
tags:
- one
- 'two: three'
metadata:
    author: "me"   # of all people
    # a comment between
    openspace: {trust: "high", runs: 3}
    empty:
script: |+
  keep
    this

version: 1.10
---

# Body
---
name: not this
`;

describe('reading SKILL.md', () => {
  it('understands lists, block scalars, nested maps and comments', () => {
    expect(parseSkillMd(RICH)).toMatchObject({
      name: 'demo',
      description: 'Folded text: with a colon,\nand a second paragraph.',
      tags: ['one', 'two: three'],
      metadata: {
        license: 'MIT',
        version: '1.10',
        metadata: { author: 'me', openspace: { trust: 'high', runs: '3' }, empty: '' },
      },
      body: '\n# Body\n---\nname: not this\n',
      hasFrontMatter: true,
      problems: [],
    });
  });

  const found = { name: 'demo', description: 'A test', hasFrontMatter: true };
  for (const [title, text] of [
    ['CRLF', '---\r\nname: demo\r\ndescription: A test\r\n---\r\nbody\r\n'],
    ['CR', '---\rname: demo\rdescription: A test\r---\rbody'],
    ['a byte order mark', '\uFEFF---\nname: demo\ndescription: A test\n---\nbody'],
    ['blanks behind ---', '---  \nname: demo\ndescription: A test\n---\t\nbody'],
    ['no text behind it', '---\nname: demo\ndescription: A test\n---'],
    ['no blank behind the colon', '---\nname:demo\ndescription: A test\n---\n'],
    ['tabs', '---\n\tname: demo\ndescription:\tA test\n---\n'],
    ['duplicate keys: the last wins', '---\nname: x\nname: demo\ndescription: A test\n---\n'],
  ] as const)
    it(`tolerates ${title}`, () => expect(parseSkillMd(text)).toMatchObject(found));

  it('reads a value that is no valid YAML as text, and says so with its line', () => {
    const skill = parseSkillMd('---\nname: demo\ndescription: Use when: x: y\ntags: [a, b]\n---\n');
    expect(skill).toMatchObject({ name: 'demo', description: 'Use when: x: y', tags: ['a', 'b'] });
    expect(skill.problems).toMatchObject([{ rule: 'lint/yaml', severity: 'warn', line: 3 }]);
  });

  for (const [title, text, rule] of [
    ['none', '# Title\n', 'lint/front-matter-missing'],
    ['an empty text', '', 'lint/front-matter-missing'],
    ['a blank line before it', '\n---\nname: x\n---\n', 'lint/front-matter-missing'],
    ['one never closed', '---\nname: x\nbody\n', 'lint/front-matter-unclosed'],
    ['one closed by four dashes', '---\nname: x\n----\n', 'lint/front-matter-unclosed'],
  ] as const)
    it(`reports front matter: ${title}`, () => {
      expect(parseSkillMd(text)).toMatchObject({
        name: undefined,
        hasFrontMatter: false,
        problems: [{ rule, severity: 'block' }],
      });
      expect(parseSkillMd(text).body).toBe(text);
    });

  it('keeps names of JavaScript’s own properties as fields', () => {
    const { metadata } = parseSkillMd('---\n__proto__: x\nconstructor: y\n---\n');
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('never throws, whatever it reads', () => {
    const pieces = fc.constantFrom(
      '---',
      '\n',
      '\r\n',
      '\r',
      ': ',
      ':',
      ' ',
      '\t',
      'name',
      'a',
      '"',
      "'",
      '#',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '|',
      '>',
      '&a',
      '*a',
      '!!x',
      '\uFEFF',
      '?',
      '%',
      '...',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 40 }).map((parts) => `---\n${parts.join('')}\n---\nb`),
        ),
        (text) => {
          const skill = parseSkillMd(text);
          expect(text.endsWith(skill.body)).toBe(true);
          expect(typeof repairFrontMatter(text)).toBe('string');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('reads plain lines as a YAML parser does', () => {
    const line = fc.tuple(
      fc.constantFrom('name', 'description', 'a-b', 'x_1'),
      fc.stringMatching(/^[A-Za-z][ -~é中]{0,30}$/),
    );
    fc.assert(
      fc.property(fc.uniqueArray(line, { selector: ([key]) => key, maxLength: 4 }), (lines) => {
        const yaml = lines.map(([key, value]) => `${key}: ${value}\n`).join('');
        const document = parseYaml(yaml);
        fc.pre(document.errors.length === 0);
        expect(Object.fromEntries(readFrontMatter(yaml).fields)).toEqual(document.toJS() ?? {});
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('changing one field', () => {
  // W7: the original rewrote all of the front matter, and lists, block scalars, nested maps and comments were gone.
  it('keeps every other byte', () => {
    expect(setFrontMatterField(RICH, ['name'], 'other')).toBe(RICH.replace('name: demo ', 'name: other '));
    expect(setFrontMatterField(RICH, ['description'], 'One: line')).toBe(
      RICH.replace(/description: >[\s\S]*?paragraph\.\n/, 'description: "One: line"\n'),
    );
    expect(setFrontMatterField(RICH, ['metadata', 'author'], 'you')).toBe(
      RICH.replace('author: "me"', 'author: you'),
    );
    expect(setFrontMatterField(RICH, ['metadata', 'openspace', 'runs'], 4)).toBe(
      RICH.replace('runs: 3', 'runs: 4'),
    );
    expect(setFrontMatterField(RICH, ['tags'], ['a', 'b, c'])).toBe(
      RICH.replace("tags:\n- one\n- 'two: three'\n", 'tags: [a, "b, c"]\n'),
    );
  });

  it('adds fields where they belong', () => {
    expect(setFrontMatterField(RICH, ['new'], true)).toBe(
      RICH.replace('version: 1.10\n', 'version: 1.10\nnew: true\n'),
    );
    expect(setFrontMatterField(RICH, ['metadata', 'empty', 'deep'], 'x')).toBe(
      RICH.replace('    empty:\n', '    empty:\n      deep: x\n'),
    );
    expect(setFrontMatterField(RICH, ['metadata', 'openspace', 'note'], 'a')).toBe(
      RICH.replace('runs: 3}', 'runs: 3, note: a}'),
    );
    expect(setFrontMatterField('---\nname: x\n---\nb', ['metadata', 'openspace', 'trust'], 'high')).toBe(
      '---\nname: x\nmetadata:\n  openspace:\n    trust: high\n---\nb',
    );
    expect(setFrontMatterField('# Body\n', ['name'], 'x')).toBe('---\nname: x\n---\n# Body\n');
    expect(setFrontMatterField('---\r\nname: x\r\n---\r\nb', ['a'], 'b')).toBe(
      '---\r\nname: x\r\na: b\r\n---\r\nb',
    );
    expect(setFrontMatterField('\uFEFF---\nname: x\n---\nb', ['name'], 'y')).toBe(
      '\uFEFF---\nname: y\n---\nb',
    );
  });

  it('takes fields away', () => {
    expect(setFrontMatterField(RICH, ['tags'], undefined)).toBe(RICH.replace(/tags:[\s\S]*?three'\n/, ''));
    expect(setFrontMatterField(RICH, ['metadata', 'openspace', 'trust'], undefined)).toBe(
      RICH.replace('trust: "high",', ''),
    );
    expect(setFrontMatterField(RICH, ['missing'], undefined)).toBe(RICH);
    expect(setFrontMatterField('# no front matter', ['name'], undefined)).toBe('# no front matter');
  });

  it('works on broken YAML, key by key', () => {
    const broken = '---\nname: demo\ndescription: Use when: x: y\nmetadata:\n  a: 1\n---\nbody\n';
    expect(setFrontMatterField(broken, ['name'], 'other')).toBe(broken.replace('demo', 'other'));
    expect(setFrontMatterField(broken, ['metadata', 'b'], '2')).toBe(
      broken.replace('  a: 1\n', '  a: 1\n  b: "2"\n'),
    );
    expect(repairFrontMatter(broken)).toBe(broken.replace('Use when: x: y', '"Use when: x: y"'));
  });

  it('refuses rather than damage', () => {
    expect(() => setFrontMatterField(RICH, ['license', 'a'], 'x')).toThrow(OpenSpaceError);
    expect(() => setFrontMatterField('---\na: &x 1\nb: *x\n---\n', ['a'], undefined)).toThrow(OpenSpaceError);
  });

  it('lets no value break out of its field', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom(
            'x\nname: hacked\n---\n',
            '---',
            '- a',
            'true',
            '1.0',
            '~',
            ' a',
            'a ',
            '#',
            '\u2028',
            '...',
          ),
        ),
        (value) => {
          const text = setFrontMatterField(RICH, ['description'], value);
          expect(parseSkillMd(text).metadata.description).toBe(value);
          expect(parseSkillMd(text).name).toBe('demo');
          expect(parse(`v: ${yamlScalar(value)}`)).toEqual({ v: value });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('keeps every byte outside of the edited key, for any front matter', () => {
    const scalar = fc.constantFrom(
      'plain',
      '"quoted: x"',
      "'single'",
      '1.5',
      'true',
      '',
      'a # c',
      '[a, b]',
      '{k: v}',
      '|\n  block\n   more',
      '>-\n  folded\n\n  text',
      '\n  - x\n  - y',
      '\n- x',
      '\n  sub: 1\n  other: "2" # c',
      '"two\n  lines"',
    );
    const noise = fc.constantFrom('', '# comment\n', '\n', '   \n');
    const entries = fc.uniqueArray(
      fc.tuple(fc.constantFrom('name', 'description', 'tags', 'metadata', 'x-y', 'zed'), scalar, noise),
      { selector: ([key]) => key, minLength: 1, maxLength: 6 },
    );
    const value: fc.Arbitrary<FieldValue> = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        entries,
        value,
        fc.nat(5),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (parts, put, pick, lineEnd, bom) => {
          const index = pick % parts.length;
          const lines = parts.map(
            ([key, scalarText, before]) => [before, `${key}: ${scalarText}\n`] as const,
          );
          const render = (list: readonly (readonly [string, string])[]) =>
            list.map(([before, entry]) => before + entry).join('');
          const native = (text: string) => text.replaceAll('\n', lineEnd);
          const head = native(
            `${bom ? '\uFEFF' : ''}---\n${render(lines.slice(0, index))}${lines[index]?.[0] ?? ''}`,
          );
          const tail = native(`${render(lines.slice(index + 1))}---\n# Body\nname: no\n`);
          const text = head + native(lines[index]?.[1] ?? '') + tail;
          const key = parts[index]?.[0] ?? '';
          const result = setFrontMatterField(text, [key], put);
          expect(result.startsWith(head)).toBe(true);
          expect(result.endsWith(tail)).toBe(true);
          const place = locateFrontMatter(result);
          expect(place).not.toBe('unclosed');
          const stored = parseSkillMd(result).metadata[key];
          expect(stored).toEqual(typeof put === 'object' || typeof put === 'string' ? put : String(put));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
