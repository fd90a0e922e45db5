// Skills as the agent reads them: text within a token budget, files in a folder that it may read.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { estimateTokens, isPresent, OpenSpaceError, realWorld, writeFileAtomic } from '../lib/index.ts';
import { type Library, parseSkillMd, SKILL_FILE } from '../skills/index.ts';
import type { SkillText } from './prompts.ts';

/** Tokens of all skills in the system text together. */
export const SKILL_TOKENS = 10_000;

/** A skill's text and folder. A skill that has no folder on disk gets one in the cache. */
export function readSkillText(library: Library, versionId: string, home: string): SkillText {
  const version = library.getVersion(versionId);
  const skill = library.getSkill(version.skillId);
  const shown = skill.folder !== undefined && skill.head === versionId ? skill.folder : undefined;
  const bytes = library.readFile(versionId, SKILL_FILE);
  if (bytes === undefined)
    throw new OpenSpaceError('corrupt', `The version ${versionId} has no ${SKILL_FILE}.`);
  return {
    name: version.name,
    description: version.description,
    folder: shown ?? materialise(library, versionId, home),
    body: parseSkillMd(new TextDecoder().decode(bytes)).body,
  };
}

/** Writes a version's files into the cache, once. Versions never change, so what is there is right. */
function materialise(library: Library, versionId: string, home: string): string {
  const folder = join(home, 'cache', 'skills', versionId);
  if (isPresent(folder)) return folder;
  const staged = `${folder}.${realWorld.randomHex(6)}.tmp`;
  try {
    for (const [path, bytes] of library.read(versionId)) {
      mkdirSync(dirname(join(staged, path)), { recursive: true });
      writeFileAtomic(join(staged, path), bytes);
    }
    renameSync(staged, folder);
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    if (!isPresent(folder)) throw error; // else another process was first
  }
  return folder;
}

/** Cuts texts that are too long together: each keeps its beginning and headings, and says how to get the rest. */
export function fitSkillTexts(texts: readonly SkillText[], budget = SKILL_TOKENS): readonly SkillText[] {
  const total = texts.reduce((sum, text) => sum + estimateTokens(text.body), 0);
  if (total <= budget) return texts;
  const share = Math.floor(budget / texts.length);
  return texts.map((text) =>
    estimateTokens(text.body) <= share ? text : { ...text, body: shorten(text, share) },
  );
}

function shorten({ name, body }: SkillText, tokens: number): string {
  const kept: string[] = [];
  const headings: string[] = [];
  let used = 0;
  for (const line of body.split('\n')) {
    used += estimateTokens(line) + 1;
    if (used <= tokens) kept.push(line);
    else if (/^#{1,4} /.test(line) && headings.length < 40) headings.push(`- ${line.replace(/^#+ /, '')}`);
  }
  const more = headings.length === 0 ? '' : ` It goes on with:\n${headings.join('\n')}`;
  return `${kept.join('\n')}\n\n[Shortened. Read the rest with retrieve_skill {"name": ${JSON.stringify(name)}}.${more}]`;
}
