// The shape of the house: who may import whom, how large a file may grow, where the environment is read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Rooms by shelf. Imports go down only; see ARCHITECTURE.md. */
const SHELF = {
  lib: 0,
  agent: 1, skills: 1,
  tools: 2, workspace: 2, recording: 2, hub: 2, hosts: 2,
  learning: 3, config: 3,
  engine: 4,
  serve: 5,
  cli: 6,
} as const; // biome-ignore format: one shelf a line

/** Foreign packages that only some rooms may use. */
const GUESTS: Record<string, readonly string[]> = {
  'node:sqlite': ['lib'],
  'node:child_process': ['lib'],
  ai: ['agent'],
  '@ai-sdk': ['agent'],
  '@openrouter/ai-sdk-provider': ['agent'],
  '@modelcontextprotocol/client': ['tools'],
  '@modelcontextprotocol/server': ['serve'],
  '@modelcontextprotocol/node': ['serve'],
  hono: ['hub', 'serve'],
  commander: ['cli'],
};

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const src = resolve(projectRoot, 'src');
type Room = keyof typeof SHELF;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => resolve(src, name));
const products = files.filter((file) => !file.endsWith('.test.ts'));
const roomOf = (file: string) => {
  const [first, ...rest] = relative(src, file).split(sep);
  return rest.length === 0 ? undefined : (first as Room);
};

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function complaint(file: string, specifier: string): string | undefined {
  const from = roomOf(file);
  if (from === undefined) return undefined; // src/index.ts and src/testing.ts may see all rooms
  const guest = Object.keys(GUESTS).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  if (guest && !GUESTS[guest]?.includes(from))
    return `${guest} may be used in ${GUESTS[guest]?.join(', ')} only`;
  if (!specifier.startsWith('.')) return undefined;
  const target = resolve(dirname(file), specifier);
  if (file.endsWith('.test.ts') && target.startsWith(resolve(projectRoot, 'test') + sep)) return undefined;
  const to = roomOf(target);
  if (to === from) return undefined;
  if (to === undefined) return 'rooms do not import the public entry';
  if (SHELF[to] >= SHELF[from])
    return `${from} is on shelf ${SHELF[from]}, ${to} on ${SHELF[to]}: imports go down only`;
  if (!target.endsWith(`${sep}index.ts`)) return `enter ${to} through its index.ts`;
  return undefined;
}

describe('architecture', () => {
  it('rooms import only what stands on lower shelves, through the door', () => {
    const complaints = files.flatMap((file) =>
      importsOf(readFileSync(file, 'utf8'))
        .map((specifier) => ({ specifier, text: complaint(file, specifier) }))
        .filter(({ text }) => text !== undefined)
        .map(({ specifier, text }) => `${relative(projectRoot, file)} → ${specifier}: ${text}`),
    );
    expect(complaints).toEqual([]);
  });

  it('every folder of src is a room with a shelf', () => {
    const rooms = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.map((room) => room.name).filter((name) => !(name in SHELF))).toEqual([]);
  });

  it('no source file is longer than 400 lines', () => {
    const long = products.map(
      (file) => [relative(src, file), readFileSync(file, 'utf8').split('\n').length - 1] as const,
    );
    expect(long.filter(([, lines]) => lines > 400)).toEqual([]);
  });

  it('every source file says in its first line what lives there', () => {
    const silent = products.filter((file) => !/^(#!.*\n)?\/\/ \S/.test(readFileSync(file, 'utf8')));
    expect(silent.map((file) => relative(src, file))).toEqual([]);
  });

  it('only config reads the environment', () => {
    const readers = products.filter(
      (file) => roomOf(file) !== 'config' && /\bprocess\.env\b/.test(readFileSync(file, 'utf8')),
    );
    expect(readers.map((file) => relative(src, file))).toEqual([]);
  });

  it('no SQL statement numbers its values: Node 22 does not bind them', () => {
    const numbering = products.filter((file) => /[\s(=<>,]\?[1-9]\b/.test(readFileSync(file, 'utf8')));
    expect(numbering.map((file) => relative(src, file))).toEqual([]);
  });

  it('no module holds changing state', () => {
    const holders = products.filter((file) => /^(export )?let /m.test(readFileSync(file, 'utf8')));
    expect(holders.map((file) => relative(src, file))).toEqual([]);
  });

  it('ARCHITECTURE.md names every room, and only rooms that are there', () => {
    const text = readFileSync(resolve(projectRoot, 'ARCHITECTURE.md'), 'utf8');
    const rooms = Object.keys(SHELF).filter(
      (room) => existsSync(resolve(src, room, 'index.ts')) || room === 'cli',
    );
    expect(rooms.filter((room) => !text.includes(`\`${room}/\``))).toEqual([]);
  });

  describe('the web app', () => {
    const webSrc = resolve(projectRoot, 'web', 'src');
    const webFiles = readdirSync(webSrc, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => resolve(webSrc, name));

    it('takes types of the API contract from src, and nothing else', () => {
      const contract = resolve(src, 'serve', 'api', 'contract.ts');
      const complaints = webFiles.flatMap((file) => {
        const text = readFileSync(file, 'utf8');
        const outside = importsOf(text).filter(
          (specifier) =>
            specifier.startsWith('.') && !resolve(dirname(file), specifier).startsWith(webSrc + sep),
        );
        const isFine = (specifier: string) =>
          resolve(dirname(file), specifier) === contract &&
          /import type \{[^}]*\} from '[./]*\/src\/serve\/api\/contract\.ts'/.test(text);
        return outside.filter((specifier) => !isFine(specifier)).map((specifier) => `${file}: ${specifier}`);
      });
      expect(complaints).toEqual([]);
    });

    it('has no file longer than 400 lines, and each says what lives there', () => {
      const bad = webFiles.filter((file) => {
        const text = readFileSync(file, 'utf8');
        return text.split('\n').length > 401 || !/^\/\/ \S/.test(text);
      });
      expect(bad).toEqual([]);
    });
  });
});
