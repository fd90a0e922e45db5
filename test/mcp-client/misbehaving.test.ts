// A server that hangs, dies, floods or lies takes neither the run nor its neighbours down.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  contextFor,
  isAlive,
  misbehaving,
  openServers,
  startedPids,
  temporaryFolder,
  textOf,
  toolNamed,
} from './support.ts';

const signal = new AbortController().signal;
const stateOf = (servers: ReturnType<typeof openServers>, name: string) =>
  servers.status().find((status) => status.name === name);

describe('at the start', () => {
  it.each([
    ['hang-at-start', /did not answer within/],
    ['exit-at-start', /exit code 3.*database password is missing/s],
    ['garbage-flood', /floods its output/],
  ])('%s: the neighbour works, and the status says why', async (mode, reason) => {
    const scratch = join(temporaryFolder(), 'scratch');
    const patience = mode === 'hang-at-start' ? { startup_timeout_sec: 2 } : {};
    const servers = openServers({
      bad: { ...misbehaving(mode, scratch), ...patience },
      good: misbehaving('good'),
    });
    const tools = await servers.tools(signal);
    expect(tools.map((tool) => tool.name)).toEqual(['good__work', 'good__other']);
    expect(textOf(await toolNamed(tools, 'good__work').run({}, contextFor('/')))).toBe('work done');
    expect(stateOf(servers, 'bad')).toMatchObject({ state: 'failed', tools: 0 });
    expect(stateOf(servers, 'bad')?.error).toMatch(reason);
    expect(startedPids(scratch).filter(isAlive)).toEqual([]);
  });

  it('a program that does not exist is a failure with its name', async () => {
    const servers = openServers({ bad: { command: 'no-such-program-here', args: [] } });
    expect(await servers.tools(signal)).toEqual([]);
    expect(stateOf(servers, 'bad')?.error).toMatch(/"bad".*could not be started.*no-such-program-here/s);
  });

  it('greetings on stdout are passed over', async () => {
    const tools = await openServers({ chatty: misbehaving('garbage') }).tools(signal);
    expect(textOf(await toolNamed(tools, 'chatty__work').run({}, contextFor('/')))).toBe('work done');
  });

  it('a server that fails twice is left alone for a while, so that each call does not cost a start', async () => {
    const scratch = join(temporaryFolder(), 'scratch');
    const servers = openServers({ bad: misbehaving('exit-at-start', scratch) });
    for (let round = 0; round < 5; round += 1) await servers.tools(signal);
    expect(startedPids(scratch)).toHaveLength(2);
    expect(stateOf(servers, 'bad')?.error).toMatch(/tried again in \d+ s/);
  });
});

describe('in a call', () => {
  it.each([
    ['hang-in-call', /no answer in time/],
    ['exit-in-call', /exit code 139.*Segmentation fault/s],
    ['huge-result', /more than 4 MB/],
  ])('%s: the call fails with the reason, the server is ended, the next call works', async (mode, reason) => {
    const scratch = join(temporaryFolder(), 'scratch');
    const servers = openServers(
      { bad: { ...misbehaving(mode, scratch), ...(mode === 'hang-in-call' ? { tool_timeout_sec: 3 } : {}) } },
      { limits: { maxMessageBytes: 4 * 1024 * 1024 } },
    );
    const tools = await servers.tools(signal);
    const result = await toolNamed(tools, 'bad__work').run({}, contextFor('/'));
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(reason);
    expect(textOf(result)).toContain('may or may not have been carried out');
    expect(startedPids(scratch).filter(isAlive)).toEqual([]);
    const again = await toolNamed(tools, 'bad__other').run({}, contextFor('/'));
    expect(textOf(again)).toBe('other done');
    expect(stateOf(servers, 'bad')).toMatchObject({ state: 'running', starts: 2 });
  });

  it('a slow call is cancelled at the server, which goes on running', async () => {
    const scratch = join(temporaryFolder(), 'scratch');
    const servers = openServers({ slow: misbehaving('slow-call', scratch) });
    const tools = await servers.tools(signal);
    const abort = new AbortController();
    const pending = toolNamed(tools, 'slow__work').run({}, contextFor('/', { signal: abort.signal }));
    setTimeout(() => abort.abort(), 300);
    const result = await pending;
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/cancelled/);
    expect(textOf(await toolNamed(tools, 'slow__other').run({}, contextFor('/')))).toBe('other done');
    expect(stateOf(servers, 'slow')).toMatchObject({ starts: 1 });
  });

  it('progress keeps a long call alive and is shown', async () => {
    const said: string[] = [];
    const servers = openServers({ long: misbehaving('progress') }, { limits: { callTimeoutMs: 1_200 } });
    const tools = await servers.tools(signal);
    const result = await toolNamed(tools, 'long__work').run(
      {},
      contextFor('/', { progress: (line) => said.push(line) }),
    );
    expect(textOf(result)).toBe('done after all');
    expect(said.at(-1)).toBe('8/8 step 8');
  });

  it('progress does not keep a call alive for ever', async () => {
    const servers = openServers(
      { long: misbehaving('progress') },
      { limits: { callTimeoutMs: 700, callTotalMs: 600 } },
    );
    const tools = await servers.tools(signal);
    const result = await toolNamed(tools, 'long__work').run({}, contextFor('/'));
    expect(textOf(result)).toMatch(/no answer in time/);
  });

  it('a flood of notifications neither fills the memory nor blocks the neighbour', async () => {
    const servers = openServers({
      loud: { ...misbehaving('notification-flood'), tool_timeout_sec: 2 },
      good: misbehaving('good'),
    });
    const tools = await servers.tools(signal);
    const loud = toolNamed(tools, 'loud__work').run({}, contextFor('/'));
    expect(textOf(await toolNamed(tools, 'good__work').run({}, contextFor('/')))).toBe('work done');
    expect((await loud).isError).toBe(true);
  });

  it.each([
    ['work', /unknown kind/],
    ['other', /without content/],
  ])('odd content of %s is told, not fatal', async (name, expected) => {
    const tools = await openServers({ odd: misbehaving('odd-results') }).tools(signal);
    expect(textOf(await toolNamed(tools, `odd__${name}`).run({}, contextFor('/')))).toMatch(expected);
  });

  it('answers that nobody asked for are passed over', async () => {
    const tools = await openServers({ odd: misbehaving('wrong-ids') }).tools(signal);
    expect(textOf(await toolNamed(tools, 'odd__work').run({}, contextFor('/')))).toBe('work done');
  });

  it('a server that ignores SIGTERM is ended all the same', async () => {
    const scratch = join(temporaryFolder(), 'scratch');
    const servers = openServers({ stubborn: misbehaving('ignores-sigterm', scratch) });
    await servers.tools(signal);
    await servers.close();
    expect(startedPids(scratch)).toHaveLength(1);
    expect(startedPids(scratch).filter(isAlive)).toEqual([]);
  });
});

describe('in its list of tools', () => {
  it('a recursive schema arrives whole; one nested 2,000 deep becomes "any object"', async () => {
    const tools = await openServers({ s: misbehaving('recursive-schema') }).tools(signal);
    const tree = toolNamed(tools, 's__tree').parameters;
    expect(tree).toMatchObject({
      properties: { root: { $ref: '#/$defs/node' } },
      $defs: { node: { properties: { children: { items: { $ref: '#/$defs/node' } } } } },
    });
    expect(toolNamed(tools, 's__abyss').parameters).toEqual({ type: 'object', additionalProperties: true });
  });

  it('a lie about one tool hides no other, and an untrusted read-only hint is not believed', async () => {
    const lying = misbehaving('lying-schema');
    const tools = await openServers({ s: lying, friend: { ...lying, trust: true } }).tools(signal);
    const mine = tools.filter((tool) => tool.source === 'mcp:s');
    expect(mine.map((tool) => tool.name)).toEqual([
      's__good',
      's__array-schema',
      's__text-schema',
      's__broken-output',
      's__harmless-really',
    ]);
    expect(mine.every((tool) => tool.parameters.type === 'object')).toBe(true);
    expect(textOf(await toolNamed(tools, 's__broken-output').run({}, contextFor('/')))).toBe(
      'broken-output done',
    );
    expect(toolNamed(tools, 's__harmless-really').readOnly).toBe(false);
    expect(toolNamed(tools, 'friend__harmless-really').readOnly).toBe(true);
    expect(toolNamed(tools, 'friend__good').readOnly).toBe(false);
  });

  it('500 tools have 500 names', async () => {
    const tools = await openServers({ many: misbehaving('many-tools') }).tools(signal);
    expect(new Set(tools.map((tool) => tool.name)).size).toBe(500);
  });

  it('pages without end are ended', async () => {
    const tools = await openServers({ pages: misbehaving('endless-pages') }).tools(signal);
    expect(tools).toHaveLength(64);
  });

  it('a changed list is read anew the next time', async () => {
    const servers = openServers({ c: misbehaving('changing-tools') });
    const before = await servers.tools(signal);
    expect(before.map((tool) => tool.name)).toEqual(['c__stays', 'c__old']);
    await toolNamed(before, 'c__stays').run({}, contextFor('/'));
    const after = await servers.tools(signal);
    expect(after.map((tool) => tool.name)).toEqual(['c__stays', 'c__new-2']);
  });
});
