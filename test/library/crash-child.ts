// Does one change to the library of a home, as told by its arguments. Killed somewhere on the way by kill-at.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAUSE, commitOk, openAt, skillFiles } from './world.ts';

declare const startCounting: () => void;
declare const stopCounting: () => number;

const [, , home = '', scenario = ''] = process.argv;
const opened = openAt(home);
const { library, db } = opened;
const skill = (name: string) => library.pickSkill(name);
const head = (name: string) => skill(name).head ?? '';

const scenarios: Record<string, () => Promise<unknown>> = {
  commit: () =>
    commitOk(library, {
      ...{ origin: 'fixed', parents: [skill('alpha').head!] },
      files: skillFiles('alpha', 'Third.', { 'scripts/new.sh': '#!/bin/sh\necho 3\n' }),
    }),
  create: () => commitOk(library, { origin: 'captured', files: skillFiles('delta', 'New.') }),
  'hand-edit': async () => {
    writeFileSync(join(skill('gamma').folder!, 'SKILL.md'), skillFiles('gamma', 'By hand.').get('SKILL.md')!);
    startCounting();
    await library.sync();
  },
  restore: () => library.restore(library.versions(skill('alpha').skillId).at(-1)!.versionId, CAUSE),
  promote: () => library.promote(skill('beta').trial!, CAUSE),
  rollback: () => library.rollback(head('alpha'), CAUSE),
  archive: () => library.archive(skill('alpha').skillId, true, CAUSE),
  unarchive: () => library.archive(skill('epsilon').skillId, false, CAUSE),
  undo: () => library.undo(skill('alpha').skillId, 'tester'),
  // Loaded only here: the other scenarios start faster without it.
  import: async () => {
    const { importOriginal } = await import('../../src/engine/import-original.ts');
    const { openLedger } = await import('../../src/learning/ledger.ts');
    const ledger = openLedger(db);
    startCounting();
    await importOriginal({ db, library, ledger, path: join(home, 'source') });
  },
};

const body = scenarios[scenario];
if (body === undefined) throw new Error(`there is no scenario ${scenario}`);
if (scenario !== 'hand-edit' && scenario !== 'import') startCounting();
await body();
process.stdout.write(String(stopCounting()));
opened.close();
