// The package as users get it: packed, installed in an empty folder, every command run on the oldest and on a current Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from './support/cli.ts';
import { describeWith } from './support/needs.ts';

/** The oldest Node that `engines` allows. */
const OLDEST = '22.18.0';

/** Both tasks of the demo, the second done with what the first taught. */
const DEMO_ANSWER =
  'The total in orders.csv is 2334.40. It is in total.txt.\nThe total in invoices.csv is 2355.75. It is in total.txt.\n';

describeWith(['registry'], 'the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-package-'));
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const oldNode = () => join(folder, 'old-node', 'package', 'bin', 'node');
  const bins = Object.keys(
    (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { bin: object }).bin,
  );

  beforeAll(() => {
    const packed =
      npm(['pack', '--silent', '--pack-destination', folder], projectRoot).trim().split('\n').at(-1) ?? '';
    const place = join(folder, 'user');
    execFileSync('mkdir', ['-p', place, join(folder, 'old-node')]);
    npm(['init', '-y'], place);
    npm(['install', '--silent', '--no-audit', '--no-fund', join(folder, packed)], place);
    npm(
      [
        'pack',
        '--silent',
        `node-${process.platform}-${process.arch}@${OLDEST}`,
        '--pack-destination',
        folder,
      ],
      folder,
    );
    const archive = readdirSync(folder).find((name) => name.startsWith('node-'));
    execFileSync('tar', ['-xzf', join(folder, archive ?? ''), '-C', join(folder, 'old-node')]);
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (node: string, bin: string, args: readonly string[]) => {
    const path = join(folder, 'user', 'node_modules', '.bin', bin);
    const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' };
    return spawnSync(node, [path, ...args], { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
  };

  it.each(['this Node', 'the oldest Node'])('every command shows its help on %s', (which) => {
    for (const bin of bins) {
      const { status, stdout, stderr } = run(which === 'this Node' ? process.execPath : oldNode(), bin, [
        '--help',
      ]);
      expect([bin, status, stderr]).toEqual([bin, 0, '']);
      expect(stdout).toMatch(/usage/i);
    }
  });

  it.each(['this Node', 'the oldest Node'])('the demo does its job on %s, without a warning', (which) => {
    const { status, stdout, stderr } = run(
      which === 'this Node' ? process.execPath : oldNode(),
      'openspace',
      ['demo'],
    );
    expect([status, stdout]).toEqual([0, DEMO_ANSWER]);
    expect(stderr).not.toMatch(/warning/i);
  });

  it('holds what runs and nothing else', () => {
    const root = join(folder, 'user', 'node_modules', 'openspace');
    expect(readdirSync(root).sort()).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']),
    );
    expect(['src', 'test', 'scripts', 'node_modules'].filter((name) => existsSync(join(root, name)))).toEqual(
      [],
    );
  });

  it('can be imported, with types', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', "import('openspace').then((m) => console.log(typeof m.openOpenSpace))"],
      { cwd: join(folder, 'user'), encoding: 'utf8' },
    );
    expect([status, stdout, stderr]).toEqual([0, 'function\n', '']);
    expect(existsSync(join(folder, 'user', 'node_modules', 'openspace', 'dist', 'index.d.ts'))).toBe(true);
  });
});
