// Edits by models: what counts as one, what each format does, and that nothing is lost on the way.
import { describe, expect, it } from 'vitest';
import { applyEdit, takeChangeSummary } from './edit.ts';
import type { SkillFiles } from './skill.ts';
import { decodeText, encodeText } from './skill-text.ts';

const HEAD = '---\nname: demo\ndescription: A test\n---\n';
const SKILL = `${HEAD}\n# Title\n\nStep one\nStep two\nStep three\n\n## Notes\n\n- item\n- item\n- last\n`;

function skillOf(files: Record<string, string> = {}): SkillFiles {
  return new Map(
    Object.entries({ 'SKILL.md': SKILL, ...files }).map(([path, text]) => [path, encodeText(text)]),
  );
}

/** Text of a file after an edit that must succeed. */
function edited(reply: string, files: SkillFiles = skillOf(), path = 'SKILL.md'): string | undefined {
  const result = applyEdit(files, reply);
  if (!result.ok) throw new Error(result.error);
  const bytes = result.files.get(path);
  return bytes === undefined ? undefined : decodeText(bytes);
}

function refusal(reply: string, files: SkillFiles = skillOf()): string {
  const result = applyEdit(files, reply);
  if (result.ok) throw new Error(`was accepted: ${result.changed.join(', ')}`);
  return result.error;
}

const patch = (...lines: string[]) => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const update = (...lines: string[]) => patch('*** Update File: SKILL.md', ...lines);
const block = (search: string, replace: string) =>
  `<<<<<<< SEARCH\n${search}\n=======\n${replace}${replace === '' ? '' : '\n'}>>>>>>> REPLACE`;

describe('what is no edit', () => {
  // W3: the original wrote each of these into SKILL.md.
  for (const reply of [
    '',
    '   \n',
    'The patch looks good. Let me verify it.\n<EVOLUTION_COMPLETE>',
    '<EVOLUTION_COMPLETE>',
    '<EVOLUTION_FAILED>\nReason: cannot fix',
    `${HEAD}# New\n<EVOLUTION_FAILED>`,
    '<think>I could write a patch</think>',
    `<think>I start to write ${HEAD}`,
    'CHANGE_SUMMARY: nothing',
    '*** Begin Files\n*** End Files',
    '*** End Patch',
    '# A title\n\nText without front matter.',
    '---\ndescription: no name\n---\nbody',
    '---\nname: never closed\nbody',
    `${HEAD.replace('demo', '')}# no name\n`,
  ])
    it(JSON.stringify(reply).slice(0, 70), () => expect(refusal(reply)).not.toBe(''));

  it('leaves the given files alone when it refuses (W2)', () => {
    const files = skillOf({ 'a.md': 'a\n' });
    const before = new Map(files);
    refusal(patch('*** Update File: a.md', '@@', '-a', '+b', '*** Delete File: missing.md'), files);
    refusal('*** File: a.md\nnew\n*** File: ../x.md\ny\n', files);
    expect(new Map(files)).toEqual(before);
  });

  it('refuses an edit that leaves SKILL.md without name or front matter (W2)', () => {
    expect(refusal('*** File: SKILL.md\nThe skill is fine as it is.\n')).toMatch(/front matter/);
    expect(refusal(update('@@', '-name: demo'))).toMatch(/name/);
    expect(refusal(block(HEAD.trim(), 'text'))).toMatch(/front matter/);
  });

  it('refuses lines of the protocol in a file, but not an example of them in a code fence', () => {
    expect(refusal(`*** File: SKILL.md\n${SKILL}*** Begin Files\nmore`)).toMatch(/protocol/);
    expect(refusal(`*** File: a.md\nx\n<EVOLUTION_FAILED>\n`)).toMatch(/declines/);
    const example = `${HEAD}\n\`\`\`\n*** Begin Patch\n*** End Patch\n\`\`\`\n`;
    expect(edited(example)).toBe(example);
  });
});

describe('what is taken off before an edit is read', () => {
  const whole = `${HEAD}# New\n`;
  for (const [title, reply] of [
    ['nothing', whole],
    ['reasoning', `<think>hm\n*** Begin Patch\n</think>\n\n${whole}`],
    ['several kinds of reasoning', `<thinking>a</thinking><reasoning>b</reasoning>${whole}`],
    ['reasoning whose opening tag was swallowed', `so I will rewrite it</think>\n${whole}`],
    ['the token for done', `${whole}<EVOLUTION_COMPLETE>`],
    ['a code fence', `\`\`\`markdown\n${whole}\`\`\``],
    ['a summary line', `CHANGE_SUMMARY: better\n\n${whole}`],
    ['summary, fence and token', `CHANGE_SUMMARY: x\n\`\`\`\n${whole}\`\`\`\n<EVOLUTION_COMPLETE>`],
    ['talk around a fence', `Here it is:\n\n\`\`\`markdown\n${whole}\`\`\`\n\nDone.`],
    ['blank lines', `\n\n${whole}\n\n`],
  ] as const)
    it(title, () => expect(edited(reply)).toBe(whole));

  it('keeps reasoning tags that belong to the text', () => {
    const text = `${HEAD}Write <think>…</think> first.\n`;
    expect(edited(text)).toBe(text);
  });

  it('gives the summary to whoever asks', () => {
    expect(takeChangeSummary('**CHANGE_SUMMARY:** fixed *x*\n\nbody\n')).toEqual({
      text: 'body',
      summary: 'fixed *x',
    });
  });
});

describe('FULL', () => {
  it('replaces the named files and keeps the others, binaries too', () => {
    const files = new Map(skillOf()).set('logo.png', new Uint8Array([0, 255, 1]));
    const result = applyEdit(
      files,
      `*** Begin Files\n*** File: SKILL.md\n${HEAD}# N\n*** File: a/b.sh\necho hi\n*** End Files`,
    );
    expect(result).toMatchObject({ ok: true, format: 'full', changed: ['SKILL.md', 'a/b.sh'] });
    if (result.ok) expect(result.files.get('logo.png')).toEqual(new Uint8Array([0, 255, 1]));
  });

  it('makes a new skill of several files (W14)', () => {
    const result = applyEdit(new Map(), `*** File: SKILL.md\n${HEAD}# N\n*** File: scripts/x.py\nprint(1)\n`);
    expect(result).toMatchObject({ ok: true, changed: ['SKILL.md', 'scripts/x.py'] });
  });

  it('does not take a header in a code fence for a file', () => {
    const text = `*** File: SKILL.md\n${HEAD}\`\`\`\n*** File: fake.md\ninner\n\`\`\`\n`;
    expect(edited(text, skillOf(), 'fake.md')).toBeUndefined();
  });

  it('applies SEARCH/REPLACE blocks inside the named file', () => {
    expect(
      edited(`*** File: a.md\n${block('old', 'new')}\n`, skillOf({ 'a.md': 'an old text\n' }), 'a.md'),
    ).toBe('an new text\n');
  });
});

describe('SEARCH/REPLACE', () => {
  it('replaces each quoted passage', () => {
    expect(edited(`${block('Step one', 'A')}\n\n${block('- last', 'B')}`)).toBe(
      SKILL.replace('Step one', 'A').replace('- last', 'B'),
    );
  });

  it('takes a line away with its line break when nothing stands in its place', () => {
    expect(edited(block('Step two', ''))).toBe(SKILL.replace('Step two\n', ''));
  });

  it('refuses a passage that is there several times, with their lines (W10)', () => {
    expect(refusal(block('- item', '- thing'))).toMatch(/2 times \(lines 14, 15\)/);
  });

  it('changes each of several equal passages when there are as many blocks', () => {
    expect(edited(`${block('- item', '- a')}\n${block('- item', '- b')}`)).toContain('- a\n- b\n- last');
  });

  it('does not replace whatever lies between two known lines (W10)', () => {
    expect(refusal(block('# Title\nnothing like it\n## Notes', 'gone'))).toMatch(/Block 1 of 1/);
  });

  it('names the block that can’t be placed and shows the nearest lines', () => {
    const error = refusal(`${block('Step one', 'A')}\n${block('Step tow', 'B')}`);
    expect(error).toMatch(/^Block 2 of 2/);
    expect(error).toMatch(/line 9: Step two/);
  });

  it('refuses a reply that was cut off in the middle of a block', () => {
    expect(refusal(`${block('Step one', 'A')}\n<<<<<<< SEARCH\nStep two\n=======\nB`)).toMatch(/1 of 2/);
  });

  it('keeps hard breaks of Markdown, CRLF, a missing last line feed, and indents as the file does', () => {
    expect(edited(block('Step one', 'hard  \nbreak'))).toContain('hard  \nbreak\nStep two');
    const crlf = skillOf({ 'SKILL.md': SKILL.replaceAll('\n', '\r\n') });
    expect(edited(block('Step one\nStep two', 'A\nB'), crlf)).toBe(
      SKILL.replace('Step one\nStep two', 'A\nB').replaceAll('\n', '\r\n'),
    );
    expect(edited(block('- last', '- end'), skillOf({ 'SKILL.md': SKILL.trimEnd() }))).toBe(
      SKILL.replace('- last', '- end').trimEnd(),
    );
    const deep = skillOf({ 'SKILL.md': `${HEAD}def f():\n    if a:\n        return b\n` });
    expect(edited(block('if a:\n    return b', 'if a:\n    return 1'), deep)).toContain(
      'def f():\n    if a:\n        return 1\n',
    );
  });
});

describe('PATCH', () => {
  it('adds, changes, moves and deletes in one reply', () => {
    const result = applyEdit(
      skillOf({ 'a.md': 'a\n', 'b.md': 'b\n', 'c.md': 'c\n' }),
      patch(
        '*** Update File: SKILL.md',
        '@@',
        '-Step two',
        '+Step 2',
        '*** Update File: a.md',
        '*** Move to: docs/a.md',
        '@@',
        '-a',
        '+A',
        '*** Delete File: b.md',
        '*** Add File: new.md',
        '+n',
      ),
    );
    expect(result).toMatchObject({ ok: true, format: 'patch' });
    if (!result.ok) return;
    const texts = Object.fromEntries([...result.files].map(([path, bytes]) => [path, decodeText(bytes)]));
    expect(texts).toEqual({
      'SKILL.md': SKILL.replace('Step two', 'Step 2'),
      'docs/a.md': 'A\n',
      'c.md': 'c\n',
      'new.md': 'n\n',
    });
  });

  describe('loses no change silently (W9)', () => {
    it('two Update sections for one file', () => {
      expect(
        edited(update('@@', '-Step one', '+S1', '*** Update File: SKILL.md', '@@', '-Step two', '+S2')),
      ).toBe(SKILL.replace('Step one', 'S1').replace('Step two', 'S2'));
    });
    it('two patch blocks', () => {
      expect(edited(`${update('@@', '-Step one', '+S1')}\n${update('@@', '-Step two', '+S2')}`)).toBe(
        SKILL.replace('Step one', 'S1').replace('Step two', 'S2'),
      );
    });
    it('an Update of a file that the same patch adds', () => {
      expect(
        edited(
          patch('*** Add File: n.md', '+a', '*** Update File: n.md', '@@', '-a', '+b'),
          skillOf(),
          'n.md',
        ),
      ).toBe('b\n');
    });
    it('lines of an added file without their plus', () => {
      expect(edited(patch('*** Add File: n.md', 'one', '+two', '', 'three'), skillOf(), 'n.md')).toBe(
        'one\ntwo\n\nthree\n',
      );
    });
    it('an insertion below an anchor', () => {
      expect(edited(update('@@ Step one', '+Step 1.5'))).toBe(
        SKILL.replace('Step one\n', 'Step one\nStep 1.5\n'),
      );
    });
    it('an empty context line without its blank', () => {
      expect(edited(update('@@', ' # Title', '', '-Step one', '+S1'))).toBe(SKILL.replace('Step one', 'S1'));
    });
    it('changes without any @@', () => {
      expect(edited(update('-Step two', '+S2'))).toBe(SKILL.replace('Step two', 'S2'));
    });
    it('changes behind a line that is none of a patch', () => {
      expect(refusal(update('@@', '-Step two', '*** bold ***', '+X'))).toMatch(/bold/);
    });
  });

  it('refuses to add over another file, to delete SKILL.md, to move onto a file (W9)', () => {
    expect(refusal(patch('*** Add File: a.md', '+new'), skillOf({ 'a.md': 'old\n' }))).toMatch(
      /there already/,
    );
    expect(refusal(patch('*** Delete File: SKILL.md'))).toMatch(/no SKILL.md/);
    expect(
      refusal(patch('*** Update File: a.md', '*** Move to: b.md'), skillOf({ 'a.md': 'a\n', 'b.md': 'b\n' })),
    ).toMatch(/there already/);
  });

  it('understands the headers of unified diffs, and uses their line among several places', () => {
    expect(edited(update('@@ -9,1 +9,1 @@', '-Step two', '+S2'))).toBe(SKILL.replace('Step two', 'S2'));
    expect(edited(update('@@ -15,1 +15,1 @@ some context', '-- item', '+- B'))).toContain(
      '- item\n- B\n- last',
    );
    expect(edited(update('@@ -9,0 +10,1 @@', '+inserted'))).toContain('Step two\ninserted\nStep three');
  });

  it('works on files with CRLF or without a last line feed, and keeps the rest of their bytes', () => {
    const crlf = SKILL.replaceAll('\n', '\r\n');
    expect(edited(update('@@', ' Step one', '-Step two', '+S2'), skillOf({ 'SKILL.md': crlf }))).toBe(
      crlf.replace('Step two', 'S2'),
    );
    expect(edited(update('@@', '-Step two', '+S2').replaceAll('\n', '\r\n'))).toBe(
      SKILL.replace('Step two', 'S2'),
    );
    const open = SKILL.trimEnd();
    expect(edited(update('@@', '-Step two', '+S2'), skillOf({ 'SKILL.md': open }))).toBe(
      open.replace('Step two', 'S2'),
    );
    expect(edited(update('@@', '-- last', '+- end'), skillOf({ 'SKILL.md': open }))).toBe(
      SKILL.replace('- last', '- end'),
    );
    const blank = `${SKILL}\n\n`;
    expect(edited(update('@@', '-Step two', '+S2'), skillOf({ 'SKILL.md': blank }))).toBe(
      blank.replace('Step two', 'S2'),
    );
  });

  it('keeps context lines as the file has them, however loosely they were quoted', () => {
    const files = skillOf({ 'SKILL.md': `${HEAD}\tIt’s  here \nold\n` });
    expect(edited(update('@@', " It's  here", '-old', '+new'), files)).toBe(`${HEAD}\tIt’s  here \nnew\n`);
  });

  it('names the hunk that does not fit and shows the nearest lines', () => {
    const error = refusal(update('@@', '-Step one', '+S1', '@@', '-Step fuor', '+S4'));
    expect(error).toMatch(/^Hunk 2 of 2: these lines are not in SKILL.md from line 9 on/);
    expect(error).toMatch(/line 8: Step one/);
  });

  it('refuses a patch that was cut off', () => {
    expect(refusal('*** Begin Patch\n*** Update File: SKILL.md\n@@\n-Step two\n+X')).toMatch(/End Patch/);
  });
});

describe('paths stay inside the skill (W38)', () => {
  for (const path of [
    '../demo-evil/x.md',
    '../../x',
    '/etc/passwd',
    'C:\\x',
    'a/../../x',
    '..\\x',
    '.',
    '.skill_id',
    '.SKILL_ID',
    '.upload_meta.json',
    'sub/../.skill_id',
    '.git/config',
    'skill.md',
    'SKILL.md/x',
    `${'x'.repeat(300)}.md`,
    'a\u0000b',
  ])
    it(`refuses ${JSON.stringify(path).slice(0, 40)}`, () => {
      expect(refusal(`*** File: ${path}\nx\n`)).not.toBe('');
      expect(refusal(patch(`*** Add File: ${path}`, '+x'))).not.toBe('');
      expect(
        refusal(patch('*** Update File: a.md', `*** Move to: ${path}`), skillOf({ 'a.md': 'x' })),
      ).not.toBe('');
    });

  it('makes harmless ones plain', () => {
    expect(edited('*** File: ./docs//b/../a.md\nx\n', skillOf(), 'docs/a.md')).toBe('x\n');
    expect(edited('*** File: scripts\\x.sh\nx\n', skillOf(), 'scripts/x.sh')).toBe('x\n');
  });
});
