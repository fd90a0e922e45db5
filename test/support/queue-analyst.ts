// Learning on a given database, with a scripted model that suggests the same lesson in every run of one kind.
import { join } from 'node:path';
import { scriptedModel } from '../../src/agent/index.ts';
import {
  ADMISSION_RULES,
  type LearningDeps,
  openLedger,
  openQueue,
  TRIGGER_RULES,
  TRUST_RULES,
  verify,
} from '../../src/learning/index.ts';
import { openWorkStore } from '../../src/learning/work-store.ts';
import { openDatabase, plainSpawner, realWorld } from '../../src/lib/index.ts';
import { findRun, openRecording } from '../../src/recording/index.ts';
import { openLibrary } from '../../src/skills/index.ts';
import { analysisReply } from './learning.ts';

/** How many lessons there are to learn. */
export const LESSONS = 5;
const WORDS = ['encodings', 'spreadsheets', 'archives', 'pictures', 'calendars'];
/** What is to be learnt, in words that have nothing in common. */
const DIRECTIONS: Readonly<Record<string, string>> = {
  encodings: 'Convert latin1 bytes through iconv before grep',
  spreadsheets: 'Unmerge cells, then export the sheet as csv',
  archives: 'List members of a tarball and extract only wanted ones',
  pictures: 'Resize jpeg photographs by magick below the upload limit',
  calendars: 'Parse recurring ics events in their own timezone',
};
const MODEL_MS = 15;

/** Run number `n` teaches lesson `n % LESSONS`, with a quote that stands in its recording. */
export function lessonOf(run: number) {
  const name = WORDS[run % LESSONS] ?? 'lesson';
  return { name, quote: `${name}: cannot be read here`, task: `work on ${name} number ${run}` };
}

export function makeAnalyst(path: string, home: string) {
  const db = openDatabase({ path });
  const root = join(home, 'skills');
  const library = openLibrary({
    db,
    learntRoot: root,
    roots: [{ path: root, kind: 'user', writable: true, precedence: 0 }],
  });
  const pause = () => new Promise((resolve) => setTimeout(resolve, MODEL_MS));
  const analysis = scriptedModel(async ({ messages }) => {
    await pause();
    const text = JSON.stringify(messages);
    const name = WORDS.find((word) => text.includes(`${word}: cannot be read here`)) ?? '';
    const quotes = [`${name}: cannot be read here`];
    return analysisReply({
      suggestions: [{ type: 'capture', target_skills: [], direction: DIRECTIONS[name] ?? '', quotes }],
    });
  });
  const evolution = scriptedModel(async ({ messages }) => {
    await pause();
    const text = JSON.stringify(messages);
    const name = WORDS.find((word) => text.includes(DIRECTIONS[word] ?? '?')) ?? 'lesson';
    const content = `---\nname: read-${name}\ndescription: Read ${name} where the usual way fails. Use when they cannot be read.\n---\n\n# Read ${name}\n\nUse the ${name} reader.\n`;
    return {
      calls: [
        { name: 'write_file', args: { path: 'SKILL.md', content } },
        { name: 'finish', args: { summary: `How to read ${name}` } },
      ],
    };
  });
  const deps: LearningDeps = {
    ...{ db, library, world: realWorld, spawner: plainSpawner, mode: 'auto' },
    ledger: openLedger(db),
    queue: openQueue(db, { leaseMs: 1_500, backoffMs: 50, maxAttempts: 50 }),
    store: openWorkStore(db, realWorld),
    model: (role) => (role === 'analysis' ? analysis : evolution),
    openRun: (runId) => openRecording(findRun(home, runId)),
    verify: (draft, evidence, { signal }) =>
      verify(draft, evidence, {
        ...{ library, signal, model: () => undefined, runner: undefined },
        cases: { list: () => [], keepChecks: () => undefined },
      }),
    ...{ admission: ADMISSION_RULES, triggers: TRIGGER_RULES, trust: TRUST_RULES },
  };
  const close = () => {
    library.close();
    db.close();
  };
  return { deps, close };
}
