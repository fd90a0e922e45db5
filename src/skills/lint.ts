// What is wrong with a skill by the Agent Skills format and by what each host's loader takes.
import { estimateTokens } from '../lib/index.ts';
import { leakedMarkers } from './edit/reply.ts';
import {
  type ParsedSkill,
  parseSkillMd,
  repairFrontMatter,
  SKILL_FILE,
  setFrontMatterField,
} from './format.ts';
import { isSkillName, NAME_MAX } from './names.ts';
import type { Finding, Severity, SkillFiles } from './skill.ts';
import { decodeText, encodeText, lineAt } from './skill-text.ts';

/** Programs that load skills, as tried: `skills-ref` is the format's own checker, `skills` the installer. */
export const HOST_NAMES = ['skills-ref', 'skills', 'codex', 'pi', 'openclaw', 'opencode', 'gemini'] as const;
export type HostName = (typeof HOST_NAMES)[number];

const DESCRIPTION_MAX = 1_024;
const COMPATIBILITY_MAX = 500;
const BODY_MAX_LINES = 500;
const BODY_MAX_TOKENS = 5_000;
/** Fields that the format knows; strict checkers refuse others. */
const KNOWN_FIELDS = new Set([
  'name',
  'description',
  'license',
  'compatibility',
  'metadata',
  'allowed-tools',
]);

interface Check {
  readonly rule: `lint/${string}`;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly line?: number;
  readonly file?: string;
  /** Hosts that do not load the skill because of it; all others do. */
  readonly refusedBy?: readonly HostName[];
}

const EVERY_HOST: readonly HostName[] = HOST_NAMES;

function lineOfField(text: string, field: string): number {
  const at = text.search(new RegExp(`^["']?${field}["']?\\s*:`, 'm'));
  return at === -1 ? 1 : lineAt(text, at);
}

function checkName(skill: ParsedSkill, text: string, folderName: string | undefined): Check[] {
  const { name } = skill;
  const line = lineOfField(text, 'name');
  if (name === undefined)
    return [
      {
        rule: 'lint/name-missing',
        severity: 'block',
        message: 'The front matter has no `name`.',
        line,
        refusedBy: EVERY_HOST,
      },
    ];
  const checks: Check[] = [];
  if (name.length > NAME_MAX)
    checks.push({
      rule: 'lint/name-length',
      severity: 'warn',
      message: `The name has ${name.length} characters, at most ${NAME_MAX} are allowed.`,
      line,
      refusedBy: ['skills-ref', 'codex'],
    });
  else if (!isSkillName(name))
    checks.push({
      rule: 'lint/name-format',
      severity: 'warn',
      message: `"${name}" is not a name by the format: lower-case letters, digits and single hyphens between them.`,
      line,
      refusedBy: ['skills-ref'],
    });
  if (/^name\s*:\s*(?:[-+.]?\d[\d._]*|true|false|null|~)\s*$/m.test(text))
    checks.push({
      rule: 'lint/name-type',
      severity: 'warn',
      message: `The name ${name} is read as a number or truth value, not as a text.`,
      hint: '`openspace skills lint --fix` quotes it.',
      line,
      refusedBy: ['skills', 'pi', 'opencode'],
    });
  if (folderName !== undefined && folderName !== name)
    checks.push({
      rule: 'lint/name-folder',
      severity: 'warn',
      message: `The name "${name}" differs from the folder’s name "${folderName}".`,
      line,
      refusedBy: ['skills-ref'],
    });
  return checks;
}

function checkFields(skill: ParsedSkill, text: string): Check[] {
  const checks: Check[] = [];
  const { description, metadata } = skill;
  if (description === undefined)
    checks.push({
      rule: 'lint/description-missing',
      severity: 'warn',
      message: 'There is no `description`: hosts can’t tell when to use the skill.',
      line: lineOfField(text, 'description'),
      refusedBy: Object.hasOwn(metadata, 'description')
        ? ['skills-ref', 'skills', 'codex', 'pi', 'openclaw']
        : EVERY_HOST,
    });
  else if (description.length > DESCRIPTION_MAX)
    checks.push({
      rule: 'lint/description-length',
      severity: 'warn',
      message: `The description has ${description.length} characters, at most ${DESCRIPTION_MAX} are allowed.`,
      line: lineOfField(text, 'description'),
      refusedBy: ['skills-ref'],
    });
  const { compatibility } = metadata;
  if (typeof compatibility === 'string' && compatibility.length > COMPATIBILITY_MAX)
    checks.push({
      rule: 'lint/compatibility-length',
      severity: 'warn',
      message: `\`compatibility\` has ${compatibility.length} characters, at most ${COMPATIBILITY_MAX} are allowed.`,
      line: lineOfField(text, 'compatibility'),
      refusedBy: ['skills-ref'],
    });
  const unknown = Object.keys(metadata).filter((field) => !KNOWN_FIELDS.has(field));
  for (const field of unknown)
    checks.push({
      rule: 'lint/unknown-field',
      severity: 'info',
      message: `\`${field}\` is no field of the format.`,
      hint: 'Put it under `metadata:`.',
      line: lineOfField(text, field.replace(/[^\w-]/g, '.')),
      refusedBy: ['skills-ref'],
    });
  return checks;
}

function checkBody(skill: ParsedSkill, text: string, files: SkillFiles): Check[] {
  const checks: Check[] = [];
  const bodyLine = lineAt(text, text.length - skill.body.length);
  if (skill.body.trim() === '')
    checks.push({
      rule: 'lint/body-empty',
      severity: 'warn',
      message: 'There are no instructions behind the front matter.',
      line: bodyLine,
    });
  const lines = skill.body.split('\n').length;
  const tokens = estimateTokens(skill.body);
  if (lines > BODY_MAX_LINES || tokens > BODY_MAX_TOKENS)
    checks.push({
      rule: 'lint/body-length',
      severity: 'info',
      message: `${lines} lines, about ${tokens} tokens: hosts load all of it. The format advises at most ${BODY_MAX_LINES} lines and ${BODY_MAX_TOKENS} tokens.`,
      hint: 'Move details into files under `references/`.',
      line: bodyLine,
    });
  const [marker] = leakedMarkers(skill.body);
  if (marker !== undefined)
    checks.push({
      rule: 'lint/protocol-marker',
      severity: 'warn',
      message: `A line of the edit protocol was left in the text: ${marker}`,
      line: lineAt(text, text.indexOf(marker)),
    });
  for (const match of skill.body.matchAll(/\]\((?:\.\/)?((?:scripts|references|assets)\/[^)\s#?]+)/g)) {
    const path = match[1] ?? '';
    if (files.has(path)) continue;
    checks.push({
      rule: 'lint/link',
      severity: 'warn',
      message: `The text points to ${path}, which is not among the files.`,
      line: lineAt(text, text.length - skill.body.length + match.index),
    });
  }
  return checks;
}

/** SKILL.md as text, or what stands in the way. */
function readSkillFile(files: SkillFiles): string | Check {
  const bytes = files.get(SKILL_FILE);
  if (bytes === undefined) {
    const other = [...files.keys()].find((path) => path.toLowerCase() === 'skill.md');
    return {
      rule: 'lint/skill-file-missing',
      severity: 'block',
      message: other === undefined ? 'There is no SKILL.md.' : `${other} must be called SKILL.md.`,
      refusedBy: EVERY_HOST,
    };
  }
  const text = decodeText(bytes);
  if (text === undefined)
    return {
      rule: 'lint/not-utf8',
      severity: 'block',
      message: 'SKILL.md is not a UTF-8 text.',
      refusedBy: EVERY_HOST,
    };
  if (text.trim() === '')
    return {
      rule: 'lint/skill-file-empty',
      severity: 'block',
      message: 'SKILL.md is empty.',
      refusedBy: EVERY_HOST,
    };
  return text;
}

function checkSkill(files: SkillFiles, folderName: string | undefined): Check[] {
  const text = readSkillFile(files);
  if (typeof text !== 'string') return [text];
  const skill = parseSkillMd(text);
  const problems = skill.problems.map((problem): Check => {
    const refusedBy: readonly HostName[] =
      problem.rule === 'lint/yaml' ? ['skills-ref', 'skills', 'pi', 'opencode'] : EVERY_HOST;
    const { severity, message, hint, line } = problem;
    return {
      rule: `lint/${problem.rule.replace(/^lint\//, '')}`,
      severity,
      message,
      refusedBy,
      ...(hint === undefined ? {} : { hint }),
      ...(line === undefined ? {} : { line }),
    };
  });
  if (!skill.hasFrontMatter) return problems;
  const bom: Check[] = text.startsWith('\uFEFF')
    ? [
        {
          rule: 'lint/bom',
          severity: 'warn',
          message: 'SKILL.md begins with a byte order mark.',
          hint: '`openspace skills lint --fix` takes it off.',
          line: 1,
          refusedBy: ['skills-ref', 'codex', 'pi', 'gemini'],
        },
      ]
    : [];
  return [
    ...problems,
    ...bom,
    ...checkName(skill, text, folderName),
    ...checkFields(skill, text),
    ...checkBody(skill, text, files),
  ];
}

/**
 * Checks a skill. `block` findings mean that it is none: nothing can load it. With `hosts` the findings that keep
 * none of these hosts from loading it are left out, unless they block or concern no host in particular.
 */
export function lintSkill(
  files: SkillFiles,
  options: { folderName?: string; hosts?: readonly HostName[] } = {},
): Finding[] {
  const { hosts } = options;
  const findings: Finding[] = [];
  for (const check of checkSkill(files, options.folderName)) {
    const { rule, severity, message, hint, line, file = SKILL_FILE, refusedBy = [] } = check;
    const concerned = hosts === undefined ? refusedBy : refusedBy.filter((host) => hosts.includes(host));
    if (severity !== 'block' && refusedBy.length > 0 && concerned.length === 0) continue;
    const suffix =
      concerned.length === 0 || concerned.length === EVERY_HOST.length
        ? ''
        : ` Not loaded by ${concerned.join(', ')}.`;
    findings.push({
      rule,
      severity,
      message: message + suffix,
      file,
      ...(line === undefined ? {} : { line }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return findings;
}

/** Repairs what has one right answer (byte order mark, unquoted values); all other bytes stay. */
export function fixLint(files: SkillFiles): { files: SkillFiles; fixed: readonly Finding[] } {
  const text = readSkillFile(files);
  if (typeof text !== 'string') return { files, fixed: [] };
  const before = lintSkill(files);
  let repaired = repairFrontMatter(text.replace(/^\uFEFF/, ''));
  const { name } = parseSkillMd(repaired);
  if (name !== undefined && before.some((finding) => finding.rule === 'lint/name-type'))
    repaired = setFrontMatterField(repaired, ['name'], name);
  if (repaired === text) return { files, fixed: [] };
  const after = new Map(files).set(SKILL_FILE, encodeText(repaired));
  const left = new Set(lintSkill(after).map((finding) => finding.rule));
  return { files: after, fixed: before.filter((finding) => !left.has(finding.rule)) };
}
