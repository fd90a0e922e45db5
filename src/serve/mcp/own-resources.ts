// Reads skills and runs for clients that ask for them as resources or through the skills extension.
import type { ListResourcesResult, ReadResourceResult, Resource } from '@modelcontextprotocol/server';
import { skillEntry } from '@modelcontextprotocol/server/ext/skills';
import type { Config } from '../../config/index.ts';
import { openLibraryOf } from '../../engine/library/index.ts';
import { OpenSpaceError, oneLine } from '../../lib/index.ts';
import { findRun, listRuns, openRecording, type RunEntry, summariseRun } from '../../recording/index.ts';
import { decodeText, type Library, type Skill } from '../../skills/index.ts';
import { RUN_URI, runUri, SKILL_URI, skillUri } from './addresses.ts';

const PAGE = 100;
const RUNS = 20;
/** Characters of an answer inside a run. */
const ANSWER_LIMIT = 20_000;

/** Skills by name, a page at a time; the newest runs come with the first page. */
export async function listResources(
  config: Config,
  cursor: string | undefined,
): Promise<ListResourcesResult> {
  const page = await withLibrary(config, (library) => listPage(library, cursor));
  const runs = cursor === undefined ? listRuns(config.home, { limit: RUNS }).map(describeRun) : [];
  return {
    resources: [...runs, ...page.skills.map(describeSkill)],
    ...(page.next === undefined ? {} : { nextCursor: page.next }),
  };
}

const listPage = (library: Library, cursor: string | undefined) =>
  library.list({ limit: PAGE, ...(cursor === undefined ? {} : { after: cursor }) });

const describeSkill = ({ name, description }: Skill): Resource => ({
  uri: skillUri(name),
  name,
  description: oneLine(description, 300),
  mimeType: 'text/markdown',
});

const describeRun = ({ header, status }: RunEntry): Resource => ({
  uri: runUri(header.runId),
  name: header.runId,
  description: `${status}: ${oneLine(header.task, 200)}`,
  mimeType: 'application/json',
});

/** Undefined for what is neither a skill's file nor a run, or is not there. */
export async function readResource(config: Config, uri: string): Promise<ReadResourceResult | undefined> {
  const [, runId] = uri.match(RUN_URI) ?? [];
  if (runId !== undefined) return readRun(config, uri, runId);
  const [, name, path] = uri.match(SKILL_URI) ?? [];
  if (name === undefined || path === undefined) return undefined;
  return withLibrary(config, (library) => {
    const version = versionOf(library, decodeURIComponent(name));
    const bytes = version === undefined ? undefined : library.readFile(version, decodeURIComponent(path));
    if (bytes === undefined) return undefined;
    const text = decodeText(bytes);
    if (text === undefined) return { contents: [{ uri, blob: Buffer.from(bytes).toString('base64') }] };
    return { contents: [{ uri, text, mimeType: path.endsWith('.md') ? 'text/markdown' : 'text/plain' }] };
  });
}

function readRun(config: Config, uri: string, runId: string): ReadResourceResult | undefined {
  try {
    const { answer, usage, ...summary } = summariseRun(openRecording(findRun(config.home, runId)));
    const { costUsd, inputTokens, outputTokens } = usage;
    const text = JSON.stringify(
      { ...summary, usage: { inputTokens, outputTokens, costUsd }, answer: answer.slice(0, ANSWER_LIMIT) },
      null,
      2,
    );
    return { contents: [{ uri, mimeType: 'application/json', text }] };
  } catch (error) {
    if (error instanceof OpenSpaceError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Names of skills and ids of runs that begin with what is typed. */
export async function complete(
  config: Config,
  reference: string,
  { name, value }: { readonly name: string; readonly value: string },
): Promise<readonly string[]> {
  if (reference.startsWith('openspace://') && name === 'run_id')
    return listRuns(config.home, { limit: PAGE })
      .map(({ header }) => header.runId)
      .filter((runId) => runId.startsWith(value));
  if (!reference.startsWith('skill://') || name !== 'name') return [];
  return withLibrary(config, (library) =>
    library
      .list({ limit: 1_000 })
      .skills.map((skill) => skill.name)
      .filter((each) => each.startsWith(value)),
  );
}

export async function listSkillEntries(config: Config, cursor: string | undefined) {
  return withLibrary(config, async (library) => {
    const page = listPage(library, cursor);
    const skills = await Promise.all(page.skills.map((skill) => entryOf(library, skill)));
    return {
      skills: skills.filter((skill) => skill !== undefined),
      ...(page.next === undefined ? {} : { nextCursor: page.next }),
    };
  });
}

export async function getSkillEntry(config: Config, uri: string): Promise<object | undefined> {
  const [, name, path] = uri.match(SKILL_URI) ?? [];
  if (name === undefined || path !== 'SKILL.md') return undefined;
  return withLibrary(config, async (library) => {
    const skill = library.findSkill(decodeURIComponent(name));
    return skill === undefined ? undefined : entryOf(library, skill);
  });
}

/** A skill as the extension describes it, with the digest of each file; undefined for one whose front matter it does not take. */
async function entryOf(library: Library, skill: Skill): Promise<object | undefined> {
  const version = skill.head ?? skill.trial;
  if (version === undefined) return undefined;
  try {
    return await skillEntry(skill.name, Object.fromEntries(library.read(version)));
  } catch (error) {
    if (error instanceof Error) return undefined; // a name or text that the extension's rules refuse
    throw error;
  }
}

function versionOf(library: Library, name: string): string | undefined {
  const skill = library.findSkill(name);
  return skill?.head ?? skill?.trial;
}

async function withLibrary<T>(config: Config, body: (library: Library) => T | Promise<T>): Promise<T> {
  const { library, close } = openLibraryOf(config);
  try {
    await library.sync();
    return await body(library);
  } finally {
    close();
  }
}
