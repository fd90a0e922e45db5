// Pages that are made from code are fresh, links lead somewhere, and shell commands in the guides exist.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';
import { projectRoot } from './support/cli.ts';

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'AGENTS.md',
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string) => readFileSync(join(projectRoot, page), 'utf8');
const prose = (page: string) => read(page).replace(/```[\s\S]*?```|`[^`\n]*`/g, '');

describe('documentation', () => {
  it('pages made from code are up to date', () => {
    const done = spawnSync(process.execPath, [join(projectRoot, 'scripts/docs.ts'), '--check'], {
      encoding: 'utf8',
    });
    expect([done.stdout, done.stderr]).toEqual(['', '']);
  });

  it.each(pages)('%s: links between pages lead somewhere', (page) => {
    const targets = [...prose(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(targets.filter((target) => !existsSync(resolve(projectRoot, dirname(page), target)))).toEqual([]);
  });

  it.each(pages.filter((page) => page.startsWith('docs/')))(
    '%s says what it is and when to read it',
    (page) => {
      expect(read(page)).toMatch(/^---\nsummary: .+\nread_when: .+\n---\n/);
    },
  );

  it('commands named in pages exist', () => {
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/(?:^|`)openspace ([a-z][a-z-]*)\b/gm)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(named)].filter((name) => !(name in COMMANDS) && name !== 'alone')).toEqual([]);
  });

  it('npm scripts named in pages exist', () => {
    const scripts = JSON.parse(read('package.json')).scripts as Record<string, string>;
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(named)].filter((name) => !(name in scripts) && name !== 'bench:')).toEqual([]);
  });
});
