#!/usr/bin/env node
// Starts the command line: checks Node, turns the compile cache on, loads built or unbuilt code.
// Plain JavaScript that Node 18 can parse, so that an old Node gets a clear message instead of a syntax error.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const root = fileURLToPath(new URL('..', import.meta.url));

// Sources run unbuilt only on Node 24 and later; the package is built for 22.18.
const source = new URL('../src/cli/main.ts', import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout ? major >= 24 : major > 22 || (major === 22 && minor >= 18)) {
  nodeModule.enableCompileCache?.();
  // Node 22 still calls its SQLite experimental; people need not read that at every start.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) =>
    String(warning).startsWith('SQLite is an experimental')
      ? undefined
      : emitWarning.call(process, warning, ...rest);
  const entry = isCheckout ? source : new URL('../dist/cli/main.js', import.meta.url);
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
  const hint = isCheckout
    ? 'In this checkout `npm start` fetches a fitting Node by itself.'
    : 'Install Node 24 from https://nodejs.org, or run: npx --package=node@24 -- node "$(command -v openspace)"';
  process.stderr.write(
    `openspace needs Node ${isCheckout ? '24' : '22.18'} or later${isCheckout ? ' in a checkout' : ''}; this is ${process.version}.\n${hint}\n`,
  );
  process.exit(2);
}
