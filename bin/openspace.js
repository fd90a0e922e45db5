#!/usr/bin/env node
// Starts the command line: checks Node, turns the compile cache on, loads built or unbuilt code.
// Plain JavaScript that Node 18 can parse, so that an old Node gets a clear message instead of a syntax error.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const root = fileURLToPath(new URL('..', import.meta.url));

if (major > 22 || (major === 22 && minor >= 18)) {
  nodeModule.enableCompileCache?.();
  // Node 22 still calls its SQLite experimental; people need not read that at every start.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) =>
    String(warning).startsWith('SQLite is an experimental')
      ? undefined
      : emitWarning.call(process, warning, ...rest);
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const entry = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import(entry.href);
  await main(process.argv.slice(2));
} else {
  const runtime = `${root}.runtime/`;
  const pinned = existsSync(runtime)
    ? readdirSync(runtime).find((name) => name.startsWith('node-'))
    : undefined;
  if (pinned) {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const done = spawnSync(`${runtime}${pinned}/bin/node`, args, { stdio: 'inherit' });
    process.exit(done.status ?? 130);
  }
  const hint = existsSync(`${root}scripts/run.mjs`)
    ? 'In this checkout `npm start` fetches a fitting Node by itself.'
    : 'Install Node 24 from https://nodejs.org, or run: npx --package=node@24 -- node "$(command -v openspace)"';
  process.stderr.write(`openspace needs Node 22.18 or later; this is ${process.version}.\n${hint}\n`);
  process.exit(2);
}
