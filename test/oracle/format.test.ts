// The original's recorded results on SKILL.md, ids, names, archives and safety.

import { OpenSpaceError, type World } from '../../src/lib/index.ts';
import { unpackSkill } from '../../src/skills/bundle.ts';
import { parseSkillMd, repairFrontMatter, setFrontMatterField } from '../../src/skills/format.ts';
import { lintSkill } from '../../src/skills/lint.ts';
import { newVersionId, parseSkillId, toSkillName } from '../../src/skills/names.ts';
import { scanSkill } from '../../src/skills/safety.ts';
import { ORIGIN_RULES, type Origin } from '../../src/skills/skill.ts';
import { decodeText, encodeText, trimText } from '../../src/skills/skill-text.ts';
import { describeOracle, orNull, REFUSED, textOf } from './cases.ts';

const world: World = { now: () => new Date(0), randomHex: () => '<HEX8>' };

describeOracle('parse_frontmatter', ({ content }) => {
  const skill = parseSkillMd(textOf(content));
  return {
    frontmatter: skill.metadata,
    body: skill.hasFrontMatter ? trimText(skill.body) : skill.body,
  };
});

describeOracle('get_frontmatter_field', ({ content, field }) => {
  const { metadata } = parseSkillMd(textOf(content));
  return Object.hasOwn(metadata, String(field)) ? metadata[String(field)] : null;
});

describeOracle('set_frontmatter_field', ({ content, field, value }) =>
  setFrontMatterField(textOf(content), [String(field)], textOf(value)),
);

// The original rewrites all of the front matter after each edit; we repair only what is broken.
describeOracle('normalize_frontmatter', ({ content }) => repairFrontMatter(textOf(content)));

describeOracle('parse_skill_file', ({ dir, b64, skill_id_file: sidecar }) => {
  const bytes = new Uint8Array(Buffer.from(String(b64), 'base64'));
  const text = decodeText(bytes)?.replaceAll(/\r\n?/g, '\n'); // the original reads files so
  if (text === undefined) return [];
  if (scanSkill(new Map([['SKILL.md', bytes]])).some((finding) => finding.severity === 'block')) return [];
  const skill = parseSkillMd(text);
  const name = skill.name ?? String(dir);
  const known =
    sidecar === undefined || sidecar === null ? undefined : Buffer.from(String(sidecar), 'base64').toString();
  return [
    {
      skill_id:
        (known === undefined ? undefined : parseSkillId(known)) ?? newVersionId(name, 'imported', world),
      name,
      description: skill.description ?? name,
      content: skill.hasFrontMatter ? trimText(skill.body) : skill.body,
    },
  ];
});

describeOracle(
  'validate_skill_dir',
  ({ files }) => {
    const map = new Map(
      Object.entries((files ?? {}) as Record<string, string>).map(([path, text]) => [path, encodeText(text)]),
    );
    return lintSkill(map).some((finding) => finding.severity === 'block') ? REFUSED : null;
  },
  ({ expected }) => (expected === null ? null : REFUSED),
);

describeOracle('read_skill_id', ({ name, sidecar }) => {
  const known = sidecar === null ? undefined : parseSkillId(textOf(sidecar));
  const id = known ?? newVersionId(textOf(name), 'imported', world);
  return {
    skill_id: id,
    sidecar_after: known === undefined ? `${id}\n` : sidecar,
    created: known === undefined,
  };
});

describeOracle('sanitize_skill_name', ({ name }) => toSkillName(textOf(name)));

describeOracle('validate_origin_parents', ({ origin, parents }) => {
  const rule = Object.hasOwn(ORIGIN_RULES, String(origin)) ? ORIGIN_RULES[origin as Origin] : undefined;
  if (rule === undefined) return orNull(undefined);
  const count = (parents as unknown[]).length;
  return count < rule.parents[0] || count > rule.parents[1] ? REFUSED : null;
});

describeOracle(
  'extract_zip',
  async ({ zip }) => {
    try {
      const files = await unpackSkill(new Uint8Array(Buffer.from(String(zip), 'base64')));
      return [...files.keys()];
    } catch (error) {
      if (error instanceof OpenSpaceError) return REFUSED;
      throw error;
    }
  },
  (recorded) =>
    recorded.expected_error === undefined
      ? (recorded.expected as { extracted: string[] }).extracted
      : REFUSED,
);

/** The original's flags that have a rule of ours; its word lists (secret, token, crypto, malware) have none. */
const FLAGS: Record<string, string> = {
  'suspicious.script': 'safety/remote-code',
  'suspicious.webhook': 'safety/exfiltration-endpoint',
  'suspicious.url_shortener': 'safety/url-shortener',
  'blocked.malware': 'safety/known-malware',
};

describeOracle(
  'safety',
  ({ text }) => {
    const findings = scanSkill(new Map([['SKILL.md', encodeText(textOf(text))]]));
    return {
      rules: [...new Set(findings.map((finding) => finding.rule))].sort(),
      safe: !findings.some((finding) => finding.severity === 'block'),
    };
  },
  ({ expected }) => {
    const { flags, safe } = expected as { flags: string[]; safe: boolean };
    return {
      rules: flags
        .map((flag) => FLAGS[flag])
        .filter((rule) => rule !== undefined)
        .sort(),
      safe,
    };
  },
);
