// Lint: one text for each rule, and what each host takes.
import { describe, expect, it } from 'vitest';
import { fixLint, HOST_NAMES, lintSkill } from './lint.ts';
import type { SkillFiles } from './skill.ts';
import { decodeText, encodeText } from './skill-text.ts';

const GOOD = '---\nname: demo\ndescription: A test\n---\n\n# Demo\n\nDo it.\n';
const skillOf = (text: string, more: Record<string, string> = {}): SkillFiles =>
  new Map(
    Object.entries({ 'SKILL.md': text, ...more }).map(([path, content]) => [path, encodeText(content)]),
  );
const rulesOf = (files: SkillFiles, options = {}) =>
  lintSkill(files, options).map((f) => `${f.severity} ${f.rule}`);

describe('lint', () => {
  it('has nothing to say about a good skill', () => {
    expect(lintSkill(skillOf(GOOD), { folderName: 'demo' })).toEqual([]);
    const full = GOOD.replace(
      '---\n\n',
      'license: MIT\ncompatibility: any\nmetadata:\n  openspace: {trust: high}\nallowed-tools: Bash\n---\n\n',
    );
    expect(lintSkill(skillOf(full.replaceAll('\n', '\r\n')))).toEqual([]);
  });

  for (const [rule, text, line] of [
    ['block lint/skill-file-empty', ' \n', undefined],
    ['block lint/front-matter-missing', '# Demo\n', 1],
    ['block lint/front-matter-unclosed', '---\nname: demo\n', 1],
    ['block lint/name-missing', GOOD.replace('name: demo', 'title: demo'), 1],
    ['warn lint/name-format', GOOD.replace('name: demo', 'name: My_Skill'), 2],
    ['warn lint/name-format', GOOD.replace('name: demo', 'name: a--b'), 2],
    ['warn lint/name-length', GOOD.replace('name: demo', `name: ${'a'.repeat(65)}`), 2],
    ['warn lint/name-type', GOOD.replace('name: demo', 'name: 123'), 2],
    ['warn lint/description-missing', GOOD.replace('description: A test\n', ''), 1],
    ['warn lint/description-missing', GOOD.replace('A test', '""'), 3],
    ['warn lint/description-length', GOOD.replace('A test', 'a'.repeat(1_025)), 3],
    ['warn lint/compatibility-length', GOOD.replace('A test', `x\ncompatibility: ${'a'.repeat(501)}`), 4],
    ['info lint/unknown-field', GOOD.replace('A test', 'x\ncategory: workflow'), 4],
    ['warn lint/yaml', GOOD.replace('A test', 'Use when: x: y'), 3],
    ['warn lint/bom', `\uFEFF${GOOD}`, 1],
    ['warn lint/body-empty', '---\nname: demo\ndescription: x\n---\n', 5],
    ['info lint/body-length', `${GOOD}${'line\n'.repeat(501)}`, 5],
    ['info lint/body-length', `${GOOD}${'word '.repeat(5_000)}`, 5],
    ['warn lint/protocol-marker', `${GOOD}*** End Files\n`, 9],
    ['warn lint/link', `${GOOD}See [more](references/more.md).\n`, 9],
  ] as const)
    it(`reports ${rule}`, () => {
      const finding = lintSkill(skillOf(text)).find((f) => `${f.severity} ${f.rule}` === rule);
      expect(finding).toMatchObject({ file: 'SKILL.md' });
      expect(finding?.line).toBe(line);
    });

  it('reports a missing, misnamed or unreadable SKILL.md', () => {
    expect(rulesOf(new Map())).toEqual(['block lint/skill-file-missing']);
    expect(lintSkill(new Map([['skill.md', encodeText(GOOD)]]))[0]?.message).toMatch(
      /must be called SKILL.md/,
    );
    expect(rulesOf(new Map([['SKILL.md', new Uint8Array([0xff, 0xfe, 0x2d])]]))).toEqual([
      'block lint/not-utf8',
    ]);
  });

  it('compares the name with the folder', () => {
    expect(rulesOf(skillOf(GOOD), { folderName: 'other' })).toEqual(['warn lint/name-folder']);
  });

  it('finds the files that the text points to', () => {
    const text = `${GOOD}See [more](references/more.md).\n`;
    expect(rulesOf(skillOf(text, { 'references/more.md': 'x' }))).toEqual([]);
  });

  it('knows which hosts do not load a skill, and keeps to the hosts in question', () => {
    const numeric = skillOf(GOOD.replace('name: demo', 'name: 123'));
    expect(lintSkill(numeric)[0]?.message).toMatch(/Not loaded by skills, pi, opencode\./);
    expect(rulesOf(numeric, { hosts: ['codex', 'openclaw', 'gemini'] })).toEqual([]);
    expect(rulesOf(numeric, { hosts: ['pi'] })).toEqual(['warn lint/name-type']);
    const bom = skillOf(`\uFEFF${GOOD}`);
    const takers = HOST_NAMES.filter((host) => lintSkill(bom, { hosts: [host] }).length === 0);
    expect(takers).toEqual(['skills', 'openclaw', 'opencode']);
  });
});

describe('lint --fix', () => {
  it('repairs what has one right answer, and nothing else', () => {
    const text =
      '\uFEFF---\nname: 123\ndescription: Use when: x: y\nmetadata:\n  a: [1]  # kept\n---\n\nBody  \n';
    const { files, fixed } = fixLint(skillOf(text, { 'a.md': 'x' }));
    expect(decodeText(files.get('SKILL.md') ?? new Uint8Array())).toBe(
      '---\nname: "123"\ndescription: "Use when: x: y"\nmetadata:\n  a: [1]  # kept\n---\n\nBody  \n',
    );
    expect(fixed.map((finding) => finding.rule).sort()).toEqual(['lint/bom', 'lint/name-type', 'lint/yaml']);
    expect(files.get('a.md')).toEqual(encodeText('x'));
  });

  it('leaves a good skill, and one that is none, as they are', () => {
    for (const text of [GOOD, '# no front matter']) {
      const files = skillOf(text);
      expect(fixLint(files)).toEqual({ files, fixed: [] });
    }
  });
});
