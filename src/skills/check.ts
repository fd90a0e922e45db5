// What a skill's files say and whether they may come in: parse, lint, safety; and its entry in the search index.
import { isPlainRelativePath } from '../lib/index.ts';
import { type ParsedSkill, parseSkillMd, SIDECARS, SKILL_FILE } from './format.ts';
import { lintSkill } from './lint.ts';
import { scanSkill } from './safety.ts';
import type { SearchEntry } from './search-index.ts';
import type { Finding, Severity, SkillFiles, Version } from './skill.ts';
import { decodeText } from './skill-text.ts';

/** What files found on disk say, and whether safety objects: all that taking them in needs to know. */
export interface ScannedSkill {
  readonly parsed: ParsedSkill;
  readonly name: string;
  readonly description: string;
  readonly findings: readonly Finding[];
  /** The worst that safety found. */
  readonly safety: Severity | undefined;
}

/** A draft's files: judged by the format's rules too. */
export interface CheckedSkill extends ScannedSkill {
  /** The worst that lint found. */
  readonly lint: Severity | undefined;
}

const RANK: Record<Severity, number> = { info: 0, warn: 1, quarantine: 2, block: 3 };

function worst(findings: readonly Finding[]): Severity | undefined {
  let result: Severity | undefined;
  for (const { severity } of findings)
    if (result === undefined || RANK[severity] > RANK[result]) result = severity;
  return result;
}

export const isAtLeast = (severity: Severity | undefined, least: Severity) =>
  severity !== undefined && RANK[severity] >= RANK[least];

/** Parses files and scans them for what is unsafe. `fallbackName` stands in where the front matter names none. */
export function scanFound(files: SkillFiles, fallbackName: string): ScannedSkill {
  const parsed = parseFiles(files);
  const findings = scanSkill(files);
  return {
    parsed,
    name: parsed.name ?? fallbackName,
    description: parsed.description ?? '',
    findings,
    safety: worst(findings),
  };
}

/** Like `scanFound`, and judges the form: what a commit has to pass. */
export function checkSkill(files: SkillFiles, fallbackName: string): CheckedSkill {
  const scanned = scanFound(files, fallbackName);
  const lint = [...pathFindings(files), ...lintSkill(files)];
  return { ...scanned, findings: [...lint, ...scanned.findings], lint: worst(lint) };
}

/**
 * The name of a version made from `base`: the front matter's, if the change touched it; else the name that the
 * skill goes by (an imported skill's folder and record often know it better than its front matter).
 */
export function nameAfter(base: { name: string; files: SkillFiles }, checked: ScannedSkill): string {
  const before = parseFiles(base.files).name;
  return checked.parsed.name === undefined || checked.parsed.name === before
    ? base.name
    : checked.parsed.name;
}

export function parseFiles(files: SkillFiles): ParsedSkill {
  const bytes = files.get(SKILL_FILE);
  return parseSkillMd(bytes === undefined ? '' : (decodeText(bytes) ?? ''));
}

function pathFindings(files: SkillFiles): Finding[] {
  const findings: Finding[] = [];
  for (const path of files.keys()) {
    if (SIDECARS.has(path) || !isPlainRelativePath(path))
      findings.push({
        rule: 'commit/path',
        severity: 'block',
        message: `${JSON.stringify(path)} can't be a file of a skill`,
        file: path,
        hint: 'Use a relative path inside the skill, other than the sidecars .skill_id and .upload_meta.json.',
      });
  }
  return findings;
}

/** What the search index holds of a version. */
export function searchEntry(
  version: Pick<Version, 'skillId' | 'versionId' | 'name' | 'description' | 'filesHash'>,
  tags: readonly string[],
  parsed: ParsedSkill,
  lineageKey: string,
): SearchEntry {
  const headings = [...parsed.body.matchAll(/^#{1,6}[ \t]+(.+)$/gm)].map((match) => match[1] ?? '');
  return {
    skillId: version.skillId,
    versionId: version.versionId,
    name: version.name,
    description: version.description,
    tags,
    headings: headings.join('\n'),
    body: parsed.body,
    lineageKey,
    filesHash: version.filesHash,
  };
}

/** Why files found on disk may not be used yet, in words for people; undefined if they may. */
export function objectionOf(checked: ScannedSkill): string | undefined {
  if (isAtLeast(checked.safety, 'quarantine')) return reasonOf(checked.findings, 'quarantine');
  if (!checked.parsed.hasFrontMatter)
    return 'SKILL.md holds text without front matter: it does not look like a skill';
  return undefined;
}

function reasonOf(findings: readonly Finding[], least: 'quarantine'): string {
  const finding = findings.find((each) => each.rule.startsWith('safety/') && isAtLeast(each.severity, least));
  if (finding === undefined) return 'A safety rule objects';
  const place =
    finding.file === undefined ? '' : ` (${finding.file}${finding.line ? `:${finding.line}` : ''})`;
  return `${finding.message}${place}`;
}
