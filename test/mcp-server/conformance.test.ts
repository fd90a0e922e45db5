// The official conformance suite against our own HTTP server, with the suite's fixture tools mounted on it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { realWorld } from '../../src/lib/index.ts';
import { serveOverHttp } from '../../src/serve/mcp/http.ts';
import { openTaskDesk } from '../../src/serve/mcp/task-desk.ts';
import { makeUser, projectRoot, type TestUser } from '../support/cli.ts';
import { everythingOffer } from './everything-offer.ts';

const SCENARIOS = 32;
const stop = new AbortController();
let user: TestUser;
let served: Promise<void>;
let url: string;

beforeAll(async () => {
  user = makeUser();
  const env = { HOME: user.home, PATH: process.env.PATH ?? '' };
  const config = () => loadConfig({ env, cwd: user.project, userHome: user.home });
  const desk = openTaskDesk({
    home: user.dataHome,
    world: realWorld,
    limits: { parallel: 1, waiting: 1, waitingPerClient: 1 },
    start: () => false,
  });
  const told = Promise.withResolvers<string>();
  served = serveOverHttp({
    server: {
      world: { config, desk, redact: (text) => text },
      version: '1.2.3',
      hub: () => false,
      offers: [everythingOffer],
    },
    ...{ home: user.dataHome, host: '127.0.0.1', port: 0, useToken: false, signal: stop.signal },
    tell(text) {
      const [address] = text.match(/http:\/\/127\.0\.0\.1:\d+\/mcp/) ?? [];
      if (address !== undefined) told.resolve(address);
    },
    onClientGone: () => undefined,
  });
  url = await told.promise;
});
afterAll(async () => {
  stop.abort();
  await served;
  user.remove();
});

it('passes all server scenarios of the suite', { timeout: 120_000 }, async () => {
  const suite = join(projectRoot, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const child = spawn(process.execPath, [suite, 'server', '--url', url, '--suite', 'all'], {
    cwd: user.home,
    env: { HOME: user.home, PATH: process.env.PATH ?? '', NO_COLOR: '1' },
  });
  child.stdin.end();
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  const code = await new Promise((done) => child.once('close', done));
  const summary = output.slice(output.lastIndexOf('=== SUMMARY ==='));
  const passed = summary.match(/^✓ .*$/gm) ?? [];
  expect({ code, failed: summary.match(/^✗ .*$/gm) ?? [], passed: passed.length }).toEqual({
    code: 0,
    failed: [],
    passed: SCENARIOS,
  });
});
