// SKILL.md: what it says, read as tolerantly as any host does.
import { locateFrontMatter, readFrontMatter } from './front-matter.ts';
import type { Finding } from './skill.ts';

export { type FieldValue, repairFrontMatter, setFrontMatterField, yamlScalar } from './front-matter-edit.ts';

export const SKILL_FILE = 'SKILL.md';
/** Files beside SKILL.md that are ours: never part of a version, never edited by a model. */
export const SIDECARS: ReadonlySet<string> = new Set(['.skill_id', '.upload_meta.json']);

export interface ParsedSkill {
  /** As written, trimmed; `undefined` if missing, empty or not a text. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** From `tags` or `metadata.tags`: a list, or a text with commas. */
  readonly tags: readonly string[];
  /** Every field of the front matter. Scalars are texts as written. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Everything behind the front matter, unchanged; the whole text if there is none. */
  readonly body: string;
  readonly hasFrontMatter: boolean;
  readonly problems: readonly Finding[];
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function readTags(fields: ReadonlyMap<string, unknown>): string[] {
  const metadata = fields.get('metadata');
  const nested =
    typeof metadata === 'object' && metadata !== null && 'tags' in metadata ? metadata.tags : undefined;
  const value = fields.get('tags') ?? nested;
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  const tags = list.map(asText).filter((tag) => tag !== undefined);
  return [...new Set(tags)];
}

/** Reads SKILL.md. Never throws: BOM, CRLF, missing or broken front matter are read as far as they go and reported. */
export function parseSkillMd(text: string): ParsedSkill {
  const place = locateFrontMatter(text);
  if (place === undefined || place === 'unclosed') {
    const problem: Finding =
      place === 'unclosed'
        ? {
            rule: 'lint/front-matter-unclosed',
            severity: 'block',
            message: 'The front matter is opened with `---` and never closed.',
            file: SKILL_FILE,
            line: 1,
          }
        : {
            rule: 'lint/front-matter-missing',
            severity: 'block',
            message: 'SKILL.md has no front matter (a first line `---`, then `name:` and `description:`).',
            file: SKILL_FILE,
            line: 1,
          };
    return {
      name: undefined,
      description: undefined,
      tags: [],
      metadata: {},
      body: text,
      hasFrontMatter: false,
      problems: [problem],
    };
  }
  const { fields, problems } = readFrontMatter(text.slice(place.start, place.end));
  return {
    name: asText(fields.get('name')),
    description: asText(fields.get('description')),
    tags: readTags(fields),
    metadata: Object.fromEntries(fields),
    body: text.slice(place.body),
    hasFrontMatter: true,
    problems,
  };
}
