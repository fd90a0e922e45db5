// One recorded run without any prepared check, replayed: what is stored, the check that the reviewer writes, three arms.

import type { ModelRequest } from '../../src/agent/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openLibraryOf } from '../../src/engine/open-library.ts';
import { EVALS_FILE, verify } from '../../src/learning/index.ts';
import { listRuns } from '../../src/recording/index.ts';
import { type Draft, decodeText, encodeText, SKILL_FILE } from '../../src/skills/index.ts';
import { listCases } from '../../src/workspace/index.ts';
import { writeLesson, writeSkill } from './author.ts';
import { familyOf, makeTask } from './families/index.ts';
import { openLearner } from './learner.ts';
import { reviewerRole } from './reviewer.ts';
import { openWorldHome, type WorldHome } from './run.ts';
import { createStandIn, type OtherRole } from './stand-in.ts';

const REASON = 'Because I, the author, say that this is the best skill ever.';

export async function runReplayExample(sandbox: 'required' | 'off') {
  const family = familyOf('decimal-comma');
  const asked: ModelRequest[] = [];
  const listen: OtherRole = (request) => {
    if (request.output?.name === 'skill_review' || request.output?.name === 'task_checks')
      asked.push(request);
    return undefined;
  };
  const home = await openWorldHome(createStandIn([listen, reviewerRole]));
  try {
    const library = home.openSpace.library();
    const files = (text: string) => new Map([[SKILL_FILE, encodeText(text)]]);
    const before = await library.commit({
      ...{ origin: 'captured', parents: [], state: 'trusted', author: 'someone', reason: 'first' },
      files: files(writeSkill(family, 'Add the amounts up with care.')),
    });
    if (!before.ok) throw new Error('the first version was refused');
    const task = makeTask(family, { seed: 5, set: 'example', number: 1, situation: 'trap' });
    const recorded = await home.run({ ...task, files: withoutNote(task.files) }, {});
    const draft: Draft = {
      ...{
        origin: 'fixed',
        parents: [before.version.versionId],
        state: 'trial',
        author: 'author',
        reason: REASON,
      },
      files: files(writeLesson(family, 'right')),
    };
    const casesBefore = listCases(home.home).length;
    const verdict = await verify(draft, { runIds: [], direction: REASON }, home.gateDeps({ sandbox }));
    const [stored] = listCases(home.home);
    const runs = listRuns(home.home, { limit: 100 });
    return {
      recorded,
      stored,
      storedBytes: stored?.files.reduce((sum, file) => sum + (file.type === 'file' ? file.size : 0), 0) ?? 0,
      verdict,
      evals: decodeText(verdict.files?.get(EVALS_FILE) ?? new Uint8Array()) ?? '',
      asked: asked.map(({ output, messages }) => ({ what: output?.name, text: JSON.stringify(messages) })),
      authorsReason: REASON,
      skillText: writeLesson(family, 'right'),
      newCases: listCases(home.home).length - casesBefore,
      purposes: runs.map(({ header }) => header.purpose),
      learning: offerToLearning(home),
    };
  } finally {
    await home.close();
  }
}

/** Offers every run of the home to learning, as after a run: which it would learn from, and what it then counts. */
function offerToLearning(home: WorldHome) {
  const config = loadConfig({ env: home.env, cwd: home.cwd, userHome: home.cwd });
  const model = createStandIn();
  const learner = openLearner(home, model);
  const { library, ledger, close } = openLibraryOf(config);
  try {
    const learntFrom = listRuns(home.home, { limit: 100 })
      .map(({ header }) => header)
      .filter(({ runId }) => learner.note(runId));
    const selections = library
      .list({ limit: 10 })
      .skills.reduce((sum, { skillId }) => sum + ledger.ratesOf({ skillId }).selections, 0);
    return { learntFrom: learntFrom.map(({ purpose }) => purpose), selections };
  } finally {
    learner.close();
    close();
  }
}

const withoutNote = <T>(files: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(files).filter(([path]) => path !== 'docs/notes.md'));
