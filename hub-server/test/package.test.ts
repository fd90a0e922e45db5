// The package of the hub: what it imports it names, its files are small, and its build starts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';

const folder = fileURLToPath(new URL('..', import.meta.url));
const root = dirname(folder.replace(/\/$/, ''));
const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(folder, 'src', name));

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** Every file that the program loads, and every package that they name. */
function closure(): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...sources];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) queue.push(resolve(dirname(file), specifier));
      else if (!specifier.startsWith('node:') && !builtinModules.includes(specifier))
        packages.add(
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  }
  return { files, packages };
}

it('every package that the hub loads is a dependency of its package, in the version of the main one', () => {
  const Package = z.object({ dependencies: z.record(z.string(), z.string()) });
  const own = Package.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).dependencies;
  const main = Package.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).dependencies;
  const { packages } = closure();
  expect([...packages].filter((name) => own[name] === undefined)).toEqual([]);
  expect(Object.keys(own).filter((name) => main[name] !== undefined && main[name] !== own[name])).toEqual([]);
  expect(Object.keys(own).filter((name) => !packages.has(name))).toEqual([]);
});

it('the hub sees only the rooms lib, skills and hub, through their doors', () => {
  const foreign = sources.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(root, resolve(dirname(file), specifier)))
      .filter((path) => path.startsWith('src/') && !/^src\/(?:lib|skills|hub)\/index\.ts$/.test(path)),
  );
  expect(foreign).toEqual([]);
  for (const file of closure().files) expect(existsSync(file), file).toBe(true);
});

it('files are short, say what lives there, and only settings read the environment', () => {
  for (const file of sources) {
    const text = readFileSync(file, 'utf8');
    expect(text.split('\n').length - 1, file).toBeLessThanOrEqual(400);
    expect(text, file).toMatch(/^\/\/ \S/);
    if (!file.endsWith('settings.ts')) expect(text, file).not.toMatch(/process\.env/);
  }
});
