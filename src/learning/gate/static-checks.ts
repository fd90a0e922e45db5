// What can be said of a change without running it: form, safety, links, size, leaks, and whether it says anything new.
import { createRedactor, estimateTokens, isPlainRelativePath } from '../../lib/index.ts';
import {
  decodeText,
  type Finding,
  lintSkill,
  parseSkillMd,
  SKILL_FILE,
  type SkillFiles,
  scanSkill,
} from '../../skills/index.ts';
import type { Problem } from './verdict.ts';

/** Front matter that gives a skill rights or runs something: only a person may add it. */
const POWERFUL_FIELDS =
  /^(allowed-?tools|hooks|shell|agent|model|context|disable-model-invocation|user-invocable)$/i;
/** A change may make a skill this much longer. */
const MAX_GROWTH_TOKENS = 2_000;
const MAX_GROWTH_FILES = 10;
const MAX_TOTAL_BYTES = 1024 * 1024;
const MACHINE_PATH =
  /(?:\/home\/|\/Users\/)(?!user\/|you\/|me\/|\$|<|\{|example)[A-Za-z0-9._-]+\/|\/root\/[A-Za-z0-9._-]+|\b[A-Z]:\\Users\\(?!user\\|you\\|<|%)[^\\\s]+\\|\/(?:private\/)?(?:tmp|var\/folders)\/[\w.-]*[-_.](?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6,}/;

export interface StaticInput {
  readonly files: SkillFiles;
  /** Undefined for a new skill. */
  readonly before: SkillFiles | undefined;
  /** Folders of this machine that must not be named: the user's workspaces. */
  readonly machinePaths: readonly string[];
}

/** All that is wrong with a change; empty if nothing is. */
export function checkStatically(input: StaticInput): readonly Problem[] {
  return [
    ...formAndSafety(input),
    ...brokenLinks(input.files),
    ...newPowers(input),
    ...size(input),
    ...leaks(input),
    ...saysNothingNew(input),
  ];
}

/** What blocks, and whatever safety has to say that was not there before: a model wrote this, nobody has read it. */
function formAndSafety({ files, before }: StaticInput): readonly Problem[] {
  const known = new Set(before === undefined ? [] : scanSkill(before).map(keyOf));
  const lint = lintSkill(files).filter(({ severity }) => severity === 'block');
  const safety = scanSkill(files).filter(
    (finding) => finding.severity !== 'info' && (finding.severity !== 'warn' || !known.has(keyOf(finding))),
  );
  return [...lint, ...safety].map(({ rule, message, file, line, hint }) => ({
    rule,
    message: `${file ?? SKILL_FILE}${line === undefined ? '' : `:${line}`}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  }));
}

const keyOf = ({ rule, file, message }: Finding) => `${rule} ${file ?? ''} ${message}`;

/** Relative links of the texts, and paths below `{baseDir}`, that lead to no file of the skill. */
function brokenLinks(files: SkillFiles): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [path, text] of texts(files)) {
    if (!path.endsWith('.md')) continue;
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
    const prose = text.replace(/^```[\s\S]*?^```/gm, '');
    const linked = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(
      ([, target = '']) => folder + target,
    );
    const based = [...text.matchAll(/\{baseDir\}\/([\w./-]*\w)/g)].map(([, target = '']) => target);
    for (const target of new Set([...linked, ...based])) {
      const plain = normalise(target.replace(/[?#].*$/, ''));
      if (
        plain === undefined ||
        files.has(plain) ||
        [...files.keys()].some((name) => name.startsWith(`${plain}/`))
      )
        continue;
      problems.push({
        rule: 'gate/broken-link',
        message: `${path} names ${target}, which is not among the skill's files.`,
        hint: 'Add the file or take the link out.',
      });
    }
  }
  return problems;
}

/** A path inside the skill without `.` and `..`; undefined for anchors, web addresses and placeholders. */
function normalise(target: string): string | undefined {
  if (target === '' || /^[a-z][a-z0-9+.-]*:|^\/|[{}<>*$]/i.test(target)) return undefined;
  const parts: string[] = [];
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const path = parts.join('/');
  return isPlainRelativePath(path) ? path : undefined;
}

function newPowers({ files, before }: StaticInput): readonly Problem[] {
  const known = before === undefined ? new Map<string, string>() : powers(before);
  return [...powers(files)]
    .filter(([field, value]) => known.get(field) !== value)
    .map(([field]) => ({
      rule: 'gate/new-power',
      message: `The change sets \`${field}\` in the front matter, which gives the skill rights.`,
      hint: 'Only a person may set it: openspace skills edit.',
    }));
}

function powers(files: SkillFiles): ReadonlyMap<string, string> {
  const { metadata } = parseSkillMd(textOf(files, SKILL_FILE));
  return new Map(
    Object.entries(metadata)
      .filter(([field]) => POWERFUL_FIELDS.test(field))
      .map(([field, value]) => [field, JSON.stringify(value)]),
  );
}

function size({ files, before }: StaticInput): readonly Problem[] {
  const problems: Problem[] = [];
  const tokens = estimateTokens(textOf(files, SKILL_FILE));
  const grown = tokens - (before === undefined ? 0 : estimateTokens(textOf(before, SKILL_FILE)));
  if (before !== undefined && grown > MAX_GROWTH_TOKENS)
    problems.push({
      rule: 'gate/growth',
      message: `The change makes the skill about ${grown} tokens longer, at most ${MAX_GROWTH_TOKENS} are taken.`,
      hint: 'Say it shorter, or move details into a file of its own.',
    });
  if (before === undefined && tokens > 3 * MAX_GROWTH_TOKENS)
    problems.push({
      rule: 'gate/size',
      message: `A new skill of about ${tokens} tokens is too long to be of use.`,
      hint: 'Keep what changes how the task is done.',
    });
  if (files.size - (before?.size ?? 0) > MAX_GROWTH_FILES)
    problems.push({ rule: 'gate/many-files', message: `The change brings ${files.size} files.` });
  const bytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (bytes > MAX_TOTAL_BYTES)
    problems.push({
      rule: 'gate/size',
      message: `The skill has ${bytes} bytes, at most ${MAX_TOTAL_BYTES} are taken.`,
    });
  return problems;
}

/** Keys, and paths of this machine: both come from the recording and must not travel with a skill. */
function leaks({ files, before, machinePaths }: StaticInput): readonly Problem[] {
  const redactor = createRedactor();
  const problems: Problem[] = [];
  for (const [path, text] of texts(files)) {
    const old = before === undefined ? '' : textOf(before, path);
    if (redactor.text(text) !== text && redactor.text(old) === old)
      problems.push({ rule: 'gate/secret', message: `${path} holds what looks like a key or password.` });
    const named =
      machinePaths.find((folder) => folder.length > 4 && text.includes(folder)) ??
      MACHINE_PATH.exec(text)?.[0];
    if (named !== undefined && !old.includes(named))
      problems.push({
        rule: 'gate/machine-path',
        message: `${path} names ${named}, a path of this machine.`,
        hint: 'Name it relative to the task’s folder, or by a placeholder.',
      });
  }
  return problems;
}

/** Other spacing, case or punctuation is no change, and neither is one of the front matter's version or date. */
function saysNothingNew({ files, before }: StaticInput): readonly Problem[] {
  if (before === undefined) return [];
  const paths = new Set([...files.keys(), ...before.keys()]);
  const differs = [...paths].some((path) => gist(files, path) !== gist(before, path));
  return differs
    ? []
    : [{ rule: 'gate/unchanged', message: 'The change says nothing that the current version does not say.' }];
}

/** A file's words. Commands keep their punctuation: there it means something. */
function gist(files: SkillFiles, path: string): string {
  const content = files.get(path);
  if (content === undefined) return '';
  const text = decodeText(content);
  if (text === undefined) return Buffer.from(content).toString('base64');
  if (!path.endsWith('.md')) return text.replace(/[ \t]+$/gm, '').trim();
  const { name, description, body } =
    path === SKILL_FILE ? parseSkillMd(text) : { name: '', description: '', body: text };
  const parts = body.split(/^(```[\s\S]*?^```)/gm);
  const words = parts.map((part) => (part.startsWith('```') ? squeeze(part) : wordsOf(part)));
  return [name, wordsOf(description ?? ''), ...words].join('\n').trim();
}

const squeeze = (block: string) =>
  block
    .replace(/^```.*$/gm, '```')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+/g, '\n');
/** Words and inline code, in order. */
const wordsOf = (prose: string) => (prose.toLowerCase().match(/`[^`\n]+`|[\p{L}\p{N}]+/gu) ?? []).join(' ');

function* texts(files: SkillFiles): Generator<[string, string]> {
  for (const [path, content] of files) {
    const text = decodeText(content);
    if (text !== undefined) yield [path, text];
  }
}

function textOf(files: SkillFiles, path: string): string {
  const content = files.get(path);
  return content === undefined ? '' : (decodeText(content) ?? '');
}
