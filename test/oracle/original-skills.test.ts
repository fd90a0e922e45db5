// The original's 262 skills, as this format, safety and lint see them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { parseSkillMd } from '../../src/skills/format.ts';
import { lintSkill } from '../../src/skills/lint.ts';
import { scanSkill } from '../../src/skills/safety.ts';
import { describeWith, testData } from '../support/needs.ts';

describeWith(['data'], 'the original’s 262 skills', () => {
  const roots = ['gdpval-skills', 'showcase-skills'].map((name) => join(testData, 'openspace-v1', name));
  const skills = roots.flatMap((root) =>
    readdirSync(root)
      .map((name) => join(root, name))
      .filter((folder) => statSync(folder).isDirectory())
      .map((folder) => {
        const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
        const files = paths.filter((path) => path !== '.skill_id' && statSync(join(folder, path)).isFile());
        return {
          name: basename(folder),
          files: new Map(files.map((path) => [path, new Uint8Array(readFileSync(join(folder, path)))])),
        };
      }),
  );

  it('are all there', () => expect(skills).toHaveLength(262));

  it('hold nothing to block or to quarantine', () => {
    const bad = skills.flatMap(({ name, files }) =>
      scanSkill(files)
        .filter((finding) => finding.severity === 'block' || finding.severity === 'quarantine')
        .map((finding) => `${name}: ${finding.rule}`),
    );
    expect(bad).toEqual([]);
  });

  it('are skills, but for the three that a failed repair left as prose (W2)', () => {
    const none = skills.filter(({ files }) =>
      lintSkill(files).some((finding) => finding.severity === 'block'),
    );
    expect(none.map(({ name }) => name).sort()).toEqual([
      'multi-pass-video-editing',
      'robust-file-generation',
      'timecode-audio-edit-workflow',
    ]);
  });

  it('are read with name and description, also where a colon stands unquoted in it', () => {
    const read = skills
      .map(({ name, files }) => ({
        name,
        skill: parseSkillMd(Buffer.from(files.get('SKILL.md') ?? []).toString()),
      }))
      .filter(({ skill }) => skill.hasFrontMatter);
    const namesOf = (list: typeof read) => list.map(({ name }) => name).sort();
    expect(read.filter(({ skill }) => skill.name === undefined)).toEqual([]);
    expect(namesOf(read.filter(({ skill }) => skill.description === undefined))).toEqual([
      'spreadsheet-proof-gate-merged-fedf41-merged', // prose, with a name put in front of it (W3)
    ]);
    expect(namesOf(read.filter(({ skill }) => skill.problems.length > 0))).toEqual([
      'pdf-download-extract-fallback-enhanced',
      'pdf-download-extract-fallback-enhanced-29b2f4',
      'pdf-verification-cli-enhanced',
      'pdf-verification-cli-enhanced-657992',
    ]);
    const colon = read.find(({ name }) => name === 'pdf-verification-cli-enhanced');
    expect(colon?.skill.description).toMatch(/^Complete PDF workflow: verify, extract content/);
  });
});
