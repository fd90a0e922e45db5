// What is loaded, started and remembered when: nothing before its first use.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { createRedactor, plainSpawner } from '../../src/lib/index.ts';
import {
  contextFor,
  misbehaving,
  openServers,
  startedPids,
  temporaryFolder,
  textOf,
  toolNamed,
} from './support.ts';

const signal = new AbortController().signal;

it('tools come from the cache without starting a server; the first call starts it', async () => {
  const home = temporaryFolder();
  const scratch = join(temporaryFolder(), 'scratch');
  const settings = { good: misbehaving('good', scratch) };
  const first = openServers(settings, { home });
  expect(await first.tools(signal)).toHaveLength(2);
  await first.close();
  expect(startedPids(scratch)).toHaveLength(1);

  const second = openServers(settings, { home });
  expect(second.status()[0]).toMatchObject({ state: 'cached', tools: 2, starts: 0 });
  const tools = await second.tools(signal);
  expect(startedPids(scratch)).toHaveLength(1);
  expect(textOf(await toolNamed(tools, 'good__work').run({}, contextFor('/')))).toBe('work done');
  expect(startedPids(scratch)).toHaveLength(2);
  expect(second.status()[0]).toMatchObject({ state: 'running', starts: 1 });
});

it('other settings, or a refresh, list the tools anew', async () => {
  const home = temporaryFolder();
  await openServers({ s: misbehaving('good') }, { home }).tools(signal);
  const changed = openServers({ s: misbehaving('many-tools') }, { home });
  expect(await changed.tools(signal)).toHaveLength(500);
  const again = openServers({ s: misbehaving('many-tools') }, { home });
  const [status] = await again.refresh(signal, ['s']);
  expect(status).toMatchObject({ state: 'running', tools: 500, starts: 1 });
});

it.each(['', '{', '{"version":2}', '{"version":1,"servers":{"s":{"tools":[{"name":""}]}}}', '[]'])(
  'a damaged cache (%j) counts as empty',
  async (content) => {
    const home = temporaryFolder();
    await openServers({ s: misbehaving('good') }, { home }).tools(signal);
    const file = join(home, 'cache', 'mcp-tools.json');
    writeFileSync(file, content);
    expect(await openServers({ s: misbehaving('good') }, { home }).tools(signal)).toHaveLength(2);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
  },
);

it('only allowed tools are offered, and denied ones are not', async () => {
  const entry = misbehaving('good');
  const servers = openServers({
    few: { ...entry, tools: ['work'] },
    less: { ...entry, excludeTools: ['work'] },
  });
  expect((await servers.tools(signal)).map((tool) => tool.name)).toEqual(['few__work', 'less__other']);
});

it('many callers at once start a server once', async () => {
  const scratch = join(temporaryFolder(), 'scratch');
  const servers = openServers({ good: misbehaving('good', scratch) });
  await Promise.all(Array.from({ length: 10 }, () => servers.refresh(signal)));
  expect(startedPids(scratch)).toHaveLength(1);
});

it('closing while a server starts leaves no program', async () => {
  const scratch = join(temporaryFolder(), 'scratch');
  const servers = openServers({ slow: misbehaving('hang-at-start', scratch) });
  const listing = servers.tools(signal);
  await vi.waitFor(() => expect(startedPids(scratch)).toHaveLength(1), { timeout: 20_000 });
  await servers.close();
  expect(await listing).toEqual([]);
  for (const pid of startedPids(scratch)) expect(() => process.kill(pid, 0)).toThrow();
});

it('a secret that a dying server prints is not passed on', async () => {
  const token = 'correct-horse-battery-staple';
  const redactor = createRedactor();
  const servers = openServers(
    {
      leaky: {
        command: process.execPath,
        args: ['-e', 'console.error("bad token", process.env.TOKEN); process.exit(1)'],
        env: { TOKEN: '${LEAKY_TOKEN}' },
      },
    },
    { env: { PATH: process.env.PATH, LEAKY_TOKEN: token }, redactor },
  );
  await servers.tools(signal);
  expect(servers.status()[0]?.error).toContain('bad token [redacted]');
});

it('importing the door loads no SDK and no document or page library', async () => {
  const door = fileURLToPath(new URL('../../src/tools/index.ts', import.meta.url));
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(door)});
    console.log(JSON.stringify(loaded));`;
  const result = await plainSpawner.run({
    command: process.execPath,
    args: ['--input-type=module', '-e', script],
    cwd: '/',
    env: {},
    timeoutMs: 20_000,
    signal,
  });
  const loaded = JSON.parse(result.stdout) as string[];
  expect(loaded.some((url) => url.endsWith('src/tools/index.ts'))).toBe(true);
  const packages = loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  const heavy = [
    '@modelcontextprotocol',
    '@mozilla',
    'linkedom',
    'turndown',
    'unpdf',
    'pdfkit',
    'marked',
    'htmlparser2',
    'undici',
  ];
  expect(packages.filter((name) => heavy.some((word) => name.startsWith(word)))).toEqual([]);
});

it('the file of sign-ins is readable by the user only', async () => {
  const { openTokenStore } = await import('../../src/tools/mcp/oauth.ts');
  const path = join(temporaryFolder(), 'credentials', 'mcp-oauth.json');
  const store = openTokenStore(path);
  store.update('https://mcp.example/mcp', { tokens: { access_token: 'a', token_type: 'Bearer' } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(openTokenStore(path).get('https://mcp.example/mcp').tokens?.access_token).toBe('a');
  store.remove('https://mcp.example/mcp');
  expect(store.get('https://mcp.example/mcp')).toEqual({});
});
