#!/usr/bin/env node
// Starts the hub: from the sources in a checkout, from dist/ in the package.
import { existsSync } from 'node:fs';

const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/hub-server/src/main.js', import.meta.url);
const { main } = await import((existsSync(source) ? source : built).href);
await main(process.argv.slice(2));
