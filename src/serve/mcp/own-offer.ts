// Our own resources: skills with their files, and runs. Everything heavy is loaded when a client first asks.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { isAbsent } from '../../lib/index.ts';
import { runsFolder } from '../../recording/index.ts';
import { RUN_URI, SKILL_URI } from './addresses.ts';
import type { Offer } from './offers.ts';
import { getPrompt, PROMPTS } from './prompts.ts';

/** `config`: the settings as they are now. */
export function ownOffer(config: () => Config): Offer {
  const load = () => import('./own-resources.ts');
  return {
    prompts: PROMPTS,
    getPrompt: async (name, args) => getPrompt(name, args),
    templates: [
      {
        name: 'skill file',
        uriTemplate: 'skill://{name}/{+path}',
        description: 'A file of a skill; SKILL.md holds the instructions.',
      },
      {
        name: 'run',
        uriTemplate: 'openspace://runs/{run_id}',
        description: 'What was done in a run: task, answer, tools, skills, cost.',
        mimeType: 'application/json',
      },
    ],
    listResources: async (cursor) => (await load()).listResources(config(), cursor),
    readResource: async (uri) => (await load()).readResource(config(), uri),
    stampOf: (uri) => stampOf(uri, config().home),
    complete: async (reference, argument) => (await load()).complete(config(), reference, argument),
    skills: {
      list: async (cursor) => (await load()).listSkillEntries(config(), cursor),
      get: async (uri) => (await load()).getSkillEntry(config(), uri),
    },
  };
}

/** Runs grow, and skills change with the library. */
function stampOf(uri: string, home: string): string | undefined {
  const [, runId] = uri.match(RUN_URI) ?? [];
  const path =
    runId === undefined ? join(home, 'openspace.db-wal') : join(runsFolder(home), runId, 'events.jsonl');
  if (runId === undefined && !SKILL_URI.test(uri)) return undefined;
  try {
    const { mtimeMs, size } = statSync(path);
    return `${mtimeMs} ${size}`;
  } catch (error) {
    if (isAbsent(error)) return 'none';
    throw error;
  }
}
