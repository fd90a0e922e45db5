// `openspace skills …` as people and programs use it: output, JSON, errors that name the next command.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newHome, skillFiles, writeFiles } from '../../../test/library/world.ts';
import { loadConfig } from '../../config/index.ts';
import { OpenSpaceError } from '../../lib/index.ts';
import { configureCommand } from '../commander-setup.ts';
import type { CliContext } from '../context.ts';
import { build } from './skills.ts';

let home: string;
beforeEach(() => {
  home = newHome();
  mkdirSync(join(home, 'work'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Output {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
}

async function skills(...args: string[]): Promise<Output> {
  const output = { out: '', err: '' };
  const env = { OPENSPACE_HOME: join(home, 'data') };
  const place = { env, cwd: join(home, 'work'), userHome: home };
  const context: CliContext = {
    ...place,
    stdout: (text) => {
      output.out += text;
    },
    stderr: (text) => {
      output.err += text;
    },
    stdin: process.stdin,
    ...{ isTerminal: false, canAsk: false, columns: 120, exitCode: 0, signal: new AbortController().signal },
    loadConfig: async () => loadConfig(place),
    ask: async () => false,
  };
  await configureCommand(build(context), context).parseAsync(args, { from: 'user' });
  const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');
  return { out: plain(output.out), err: plain(output.err), exitCode: context.exitCode };
}

async function failure(
  ...args: string[]
): Promise<{ message: string; hint: string | undefined; code: string }> {
  try {
    await skills(...args);
  } catch (error) {
    if (error instanceof OpenSpaceError)
      return { message: error.message, hint: error.hint, code: error.code };
    throw error;
  }
  throw new Error('it did not fail');
}

const folder = (name: string) => join(home, 'data', 'skills', name);
const write = (name: string, body: string) => writeFiles(folder(name), skillFiles(name, body));

describe('openspace skills', () => {
  it('lists, shows and searches what lies in the folders', async () => {
    expect((await skills('list')).out).toContain('openspace skills new');
    write('alpha-report', 'Make a quarterly report.');
    write('beta-chart', 'Draw a chart.');
    const list = await skills('list');
    expect(list.out.split('\n').map((line) => line.trim().split(/\s{2,}/)[0])).toEqual([
      'alpha-report',
      'beta-chart',
      '',
    ]);
    expect(list.err).toContain('2 skills');
    const json = JSON.parse((await skills('list', '--json')).out);
    expect(json[0]).toMatchObject({
      name: 'alpha-report',
      head: expect.any(String),
      folder: folder('alpha-report'),
      pinned: false,
    });
    const show = await skills('show', 'alpha-report');
    expect(show.out).toMatch(/alpha-report {2}trusted[\s\S]*v1 of 1[\s\S]*used +never[\s\S]*SKILL\.md/);
    expect((await skills('show', 'alpha-report', '--content')).out).toContain('Make a quarterly report.');
    expect((await skills('search', 'quarterly', 'report')).out).toMatch(/^alpha-report/);
  });

  it('takes an edit in, draws the history, tells lines apart, and undoes step by step', async () => {
    write('demo', 'First.');
    await skills('list');
    write('demo', 'Second.');
    const log = (await skills('log', 'demo')).out;
    expect(log).toMatch(/● v2 +trusted +edited[\s\S]*│[\s\S]*○ v1 +trusted +imported/);
    const diff = (await skills('diff', 'demo')).out;
    expect(diff).toMatch(/-First\.\n\+Second\./);
    expect((await skills('blame', 'demo')).out).toMatch(/v2 .*Second\./);
    expect((await skills('undo', 'demo')).out).toContain('took back');
    expect(readFileSync(join(folder('demo'), 'SKILL.md'), 'utf8')).toContain('First.');
    expect((await skills('undo', 'demo')).out).toContain('(commit)');
    expect(existsSync(folder('demo'))).toBe(false);
    expect((await failure('undo', 'demo')).message).toContain('nothing to undo');
    expect((await skills('log', 'demo', '--changes')).out.split('\n')).toHaveLength(5);
  });

  it('removes without losing, restores by number, pins, exports and imports again', async () => {
    write('demo', 'First.');
    await skills('list');
    write('demo', 'Second.');
    expect((await skills('restore', 'demo', 'v1')).out).toContain('v1 is back as v3');
    expect((await skills('remove', 'demo')).out).toContain('openspace skills undo demo');
    expect(existsSync(folder('demo'))).toBe(false);
    expect((await skills('list', '--all')).out).toContain('archived');
    expect((await skills('restore', 'demo')).out).toContain('in use again');
    expect((await skills('pin', 'demo')).out).toContain('pinned');
    expect((await skills('pin', 'demo', '--off')).out).toContain('no longer');
    await skills('export', 'demo');
    const zip = join(home, 'work', 'demo.zip');
    expect(existsSync(zip)).toBe(true);
    expect(await failure('export', 'demo')).toMatchObject({
      code: 'already-exists',
      hint: expect.stringContaining('--force'),
    });
    await skills('remove', 'demo');
    const imported = await skills('import', zip);
    expect(imported.out).toMatch(/skills +1/);
  });

  it('starts a new skill, and refuses a name that is taken', async () => {
    expect((await skills('new', 'my-skill', '-d', 'Use it: "when asked"')).out).toContain(folder('my-skill'));
    expect(readFileSync(join(folder('my-skill'), 'SKILL.md'), 'utf8')).toContain('name: "my-skill"');
    expect(await failure('new', 'my-skill', '-d', 'again')).toMatchObject({ code: 'already-exists' });
  });

  it('lint names rule, file and line; an unsafe skill makes it fail', async () => {
    write('good', 'Fine.');
    writeFiles(join(home, 'work', 'bad'), new Map([['SKILL.md', Buffer.from('no front matter')]]));
    expect(await skills('lint', 'good')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('1 skill:'),
    });
    const bad = await skills('lint', 'bad');
    expect(bad.exitCode).toBe(1);
    expect(bad.out).toMatch(/error: SKILL\.md:1: .*\(lint\/front-matter-missing\)/);
  });

  it('a quarantined skill is listed with its reason and can be released', async () => {
    mkdirSync(folder('prose'), { recursive: true });
    writeFileSync(join(folder('prose'), 'SKILL.md'), 'The patch looks good.');
    expect((await skills('list')).err).toContain('1 quarantined');
    expect((await skills('show', 'prose')).out).toContain('does not look like a skill');
    expect((await skills('release', 'prose')).out).toContain('released');
    expect((await skills('list')).out).toContain('prose');
  });

  it.each([
    [['show', 'dmeo'], /demo/],
    [['diff', 'demo', 'v7'], /skills log demo/],
    [['restore', 'demo'], /skills log demo/],
    [['import', 'nowhere'], /folder with skills/],
    [['show', 'demo', '--content', 'nothing.md'], /skills show demo/],
  ])('a wrong use says what to try: %j', async (args, hint) => {
    write('demo', 'First.');
    await skills('list');
    expect((await failure(...args)).hint).toMatch(hint);
  });
});
