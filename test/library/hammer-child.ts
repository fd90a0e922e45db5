// Changes skills of a shared library as fast as it can for some time; prints what it did as JSON.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAUSE, openAt, skillFiles } from './world.ts';

const [, , home = '', who = '', forMs = '0'] = process.argv;
const opened = openAt(home);
const { library } = opened;
const done = { commits: 0, stale: 0, restores: 0, flags: 0, edits: 0, syncs: 0 };
const until = Date.now() + Number(forMs);
let round = 0;

while (Date.now() < until) {
  round += 1;
  const name = `shared-${Math.floor(Math.random() * 4)}`;
  const skill = library.pickSkill(name);
  const kind = Math.random();
  if (kind < 0.7) {
    const files = skillFiles(name, `${who} wrote round ${round}.`, { 'notes.md': `${who} ${round}\n` });
    const result = await library.commit({
      ...{
        origin: 'fixed',
        parents: [skill.head!],
        files,
        reason: `${who} ${round}`,
        author: who,
        state: 'trusted',
      },
    });
    if (result.ok) done.commits += 1;
    else if (result.reason === 'stale-head') done.stale += 1;
    else throw new Error(`${name}: ${result.reason} ${JSON.stringify(result.findings)}`);
  } else if (kind < 0.8) {
    const first = library.versions(skill.skillId).at(-1)!;
    const result = await library.restore(first.versionId, CAUSE);
    if (result.ok) done.restores += 1;
    else if (result.reason !== 'unchanged' && result.reason !== 'stale-head') throw new Error(result.reason);
  } else if (kind < 0.9) {
    await library.pin(skill.skillId, !skill.pinned, CAUSE);
    done.flags += 1;
  } else {
    // A file of its own: never in the way of a swap of the folder that it was meant for.
    if (who === 'one') appendFileSync(join(home, 'skills', 'by-hand', 'SKILL.md'), `line ${round}\n`);
    await library.sync();
    done.syncs += 1;
    done.edits += Number(who === 'one');
  }
}
process.stdout.write(JSON.stringify(done));
opened.close();
