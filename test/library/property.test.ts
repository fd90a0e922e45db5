// Random histories: whatever is done in whatever order, and wherever it fails, the library stays whole.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/lib/index.ts';
import { openLibrary } from '../../src/skills/index.ts';
import { longRun } from '../support/needs.ts';
import {
  CAUSE,
  commitOk,
  complaintsOf,
  newHome,
  type OpenedLibrary,
  openAt,
  skillFiles,
  versionCounts,
} from './world.ts';

/** Thrown in place of a statement: the process is as good as dead from then on. */
class Crash extends Error {}

/** A database that fails for good at its `left`-th statement. */
function failingAfter(db: Database, left: number): Database {
  const state = { left };
  const step = () => {
    state.left -= 1;
    if (state.left < 0) throw new Crash('killed');
  };
  return new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'run' || name === 'get' || name === 'all')
        return (...args: unknown[]) => {
          step();
          return Reflect.apply(value, target, args);
        };
      return value.bind(target);
    },
  });
}

type Step =
  | {
      readonly do:
        | 'commit'
        | 'trial'
        | 'hand-edit'
        | 'archive'
        | 'unarchive'
        | 'undo'
        | 'promote'
        | 'rollback';
      readonly skill: number;
      readonly text: string;
    }
  | { readonly do: 'restore'; readonly skill: number; readonly back: number }
  | { readonly do: 'reopen' }
  | { readonly do: 'crash'; readonly skill: number; readonly text: string; readonly after: number };

const skill = fc.integer({ min: 0, max: 2 });
const text = fc.stringMatching(/^[a-z ]{1,12}$/);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'hand-edit' as const, 'undo' as const),
      skill,
      text,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'trial' as const,
        'promote' as const,
        'rollback' as const,
        'archive' as const,
        'unarchive' as const,
      ),
      skill,
      text,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      skill,
      back: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      skill,
      text,
      after: fc.integer({ min: 0, max: 60 }),
    }),
  },
);

const names = ['first', 'second', 'third'];

async function perform(opened: OpenedLibrary, one: Exclude<Step, { do: 'reopen' | 'crash' }>): Promise<void> {
  const { library } = opened;
  const target = library
    .list({ include: ['archived', 'quarantined', 'unready'] })
    .skills.find((each) => each.name === names[one.skill]);
  if (target === undefined) throw new Error(`${names[one.skill]} is lost`);
  const versions = library.versions(target.skillId);
  switch (one.do) {
    case 'commit':
    case 'trial':
      if (target.head === undefined) return;
      await library.commit({
        ...{ origin: 'fixed', parents: [target.head], reason: 'r', author: 'a' },
        ...{ state: one.do === 'trial' ? 'trial' : 'trusted', files: skillFiles(target.name, one.text) },
      });
      return;
    case 'hand-edit':
      if (target.folder !== undefined && existsSync(target.folder))
        writeFileSync(
          join(target.folder, 'SKILL.md'),
          skillFiles(target.name, `by hand ${one.text}`).get('SKILL.md') ?? '',
        );
      return;
    case 'archive':
    case 'unarchive':
      await library.archive(target.skillId, one.do === 'archive', CAUSE);
      return;
    case 'undo':
      await library.undo(target.skillId, 'a').catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.includes('nothing to undo')) throw error;
      });
      return;
    case 'promote':
      if (target.trial !== undefined) await library.promote(target.trial, CAUSE);
      return;
    case 'rollback':
      if (target.head !== undefined) await library.rollback(target.head, CAUSE);
      return;
    case 'restore':
      await library.restore(versions[one.back % versions.length]?.versionId ?? '', CAUSE);
  }
}

/** Commits on a library whose database dies on the way, and throws that library away. */
async function crash(home: string, one: Extract<Step, { do: 'crash' }>): Promise<void> {
  const root = join(home, 'skills');
  const raw = openDatabase({ path: join(home, 'openspace.db') });
  const roots = [{ path: root, kind: 'user' as const, writable: true, precedence: 50 }];
  const probe = openLibrary({ db: raw, roots, learntRoot: root });
  const target = probe.findSkill(names[one.skill] ?? '');
  probe.close();
  const head = target?.head;
  try {
    const library = openLibrary({ db: failingAfter(raw, one.after + 12), roots, learntRoot: root });
    if (head !== undefined)
      await library.commit({
        ...{ origin: 'fixed', parents: [head], reason: 'r', author: 'a', state: 'trusted' },
        files: skillFiles(names[one.skill] ?? '', `crashed ${one.text}`),
      });
    library.close();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    raw.close();
  }
}

async function play(home: string, steps: readonly Step[]): Promise<void> {
  let opened = openAt(home);
  for (const name of names) await commitOk(opened.library, { files: skillFiles(name) });
  for (const one of steps) {
    const before = versionCounts(opened);
    if (one.do === 'reopen' || one.do === 'crash') {
      opened.close();
      if (one.do === 'crash') await crash(home, one);
      opened = openAt(home);
    } else await perform(opened, one);
    for (const [id, count] of before)
      expect(opened.library.versions(id).length, `versions after ${one.do}`).toBeGreaterThanOrEqual(count);
  }
  const report = await opened.library.sync();
  expect(report.problems).toEqual([]);
  expect(complaintsOf(opened)).toEqual([]);
  opened.close();
}

describe('any history of commits, hand edits, restores and crashes', () => {
  it('keeps every version, and every folder equal to its head', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const home = newHome();
        try {
          await play(home, steps);
        } finally {
          rmSync(home, { recursive: true, force: true });
        }
      }),
      { numRuns: longRun ? 300 : 8, endOnFailure: !longRun },
    );
  });
});
