// The official reference servers: over stdio, streamable HTTP and SSE.

import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  contextFor,
  freePort,
  openServers,
  startEverything,
  temporaryFolder,
  textOf,
  toolNamed,
  viaStdio,
} from './support.ts';

const signal = new AbortController().signal;

describe('over stdio', () => {
  it('filesystem reads, writes and lists in its folder', async () => {
    const folder = realpathSync(temporaryFolder());
    writeFileSync(join(folder, 'note.txt'), 'héllo 世界');
    const servers = openServers({ fs: { ...viaStdio('filesystem', [folder]), trust: true } });
    const tools = await servers.tools(signal);
    const read = await toolNamed(tools, 'fs__read_text_file').run(
      { path: join(folder, 'note.txt') },
      contextFor(folder),
    );
    expect(textOf(read)).toBe('héllo 世界');
    const path = join(folder, 'new.md');
    await toolNamed(tools, 'fs__write_file').run({ path, content: '# New\n' }, contextFor(folder));
    expect(readFileSync(path, 'utf8')).toBe('# New\n');
    expect(toolNamed(tools, 'fs__read_text_file').readOnly).toBe(true);
    expect(toolNamed(tools, 'fs__write_file').readOnly).toBe(false);
    const outside = await toolNamed(tools, 'fs__read_text_file').run(
      { path: '/etc/hostname' },
      contextFor(folder),
    );
    expect(outside.isError).toBe(true);
    expect(textOf(outside)).toMatch(/denied|outside/i);
  });

  it('memory keeps a graph in the file that its variable names', async () => {
    const file = join(temporaryFolder(), 'memory.jsonl');
    const entry = viaStdio('memory', [], { MEMORY_FILE_PATH: '${MEMORY_FILE}' });
    const servers = openServers(
      { memory: entry },
      { env: { PATH: process.env.PATH, MEMORY_FILE: file, SECRET: 'not for servers' } },
    );
    const tools = await servers.tools(signal);
    const entities = [{ name: 'OpenSpace', entityType: 'engine', observations: ['learns skills'] }];
    await toolNamed(tools, 'memory__create_entities').run({ entities }, contextFor('/'));
    const graph = await toolNamed(tools, 'memory__read_graph').run({}, contextFor('/'));
    expect(textOf(graph)).toContain('learns skills');
    expect(readFileSync(file, 'utf8')).toContain('OpenSpace');
  });

  it('sequential-thinking counts its thoughts', async () => {
    const tools = await openServers({ st: viaStdio('sequential-thinking') }).tools(signal);
    const result = await toolNamed(tools, 'st__sequentialthinking').run(
      { thought: 'first', nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 3 },
      contextFor('/'),
    );
    expect(result.isError).toBe(false);
    expect(textOf(result)).toContain('"thoughtNumber": 1');
  });

  it('everything: text, picture, resource, progress, an error, and no variable of ours', async () => {
    const progress: string[] = [];
    const servers = openServers(
      { all: viaStdio('everything') },
      { env: { PATH: process.env.PATH, MY_API_KEY: 'k-1234567890' } },
    );
    const tools = await servers.tools(signal);
    const run = (name: string, args = {}) =>
      toolNamed(tools, `all__${name}`).run(
        args,
        contextFor('/', { progress: (line) => progress.push(line) }),
      );
    expect(textOf(await run('echo', { message: 'ping' }))).toContain('ping');
    expect(textOf(await run('get-sum', { a: 2, b: 40 }))).toContain('42');
    const image = (await run('get-tiny-image')).parts.find((part) => part.type === 'image');
    expect(image?.type === 'image' && [...image.data.slice(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
    expect(textOf(await run('get-resource-reference', { resourceType: 'Text', resourceId: 1 }))).toContain(
      'resource',
    );
    const links = textOf(await run('get-resource-links', { count: 2 }));
    const uri = /\[resource (\S+) /.exec(links)?.[1] ?? '';
    const resource = await servers.resourceTool().run({ server: 'all', uri }, contextFor('/'));
    expect(resource.isError).toBe(false);
    expect(textOf(resource)).toContain(`resource ${uri}`);
    const unknown = await servers.resourceTool().run({ server: 'nobody', uri }, contextFor('/'));
    expect(textOf(unknown)).toMatch(/no MCP server "nobody".*Configured: all/);
    await run('trigger-long-running-operation', { duration: 1, steps: 3 });
    expect(progress.filter((line) => /^\d\/3/.test(line)).length).toBeGreaterThan(0);
    expect((await run('get-sum', { a: 'two' })).isError).toBe(true);
    const environment = textOf(await run('get-env'));
    expect(environment).toContain('PATH');
    expect(environment).not.toContain('k-1234567890');
  });
});

describe('over HTTP', () => {
  it.each([
    ['streamableHttp', 'mcp', undefined],
    ['streamableHttp', 'mcp', 'streamable-http'],
    ['sse', 'sse', undefined],
    ['sse', 'sse', 'sse'],
  ] as const)('everything over %s at /%s, type %s', async (transport, path, type) => {
    const port = await startEverything(transport);
    const servers = openServers({
      all: { url: `http://127.0.0.1:${port}/${path}`, ...(type === undefined ? {} : { type }) },
    });
    const tools = await servers.tools(signal);
    const sum = await toolNamed(tools, 'all__get-sum').run({ a: 1, b: 2 }, contextFor('/'));
    expect(textOf(sum)).toContain('3');
    expect(servers.status()[0]).toMatchObject({ state: 'running', tools: tools.length });
  });

  it('a server that was restarted has forgotten us: the call is made again in a new session', async () => {
    const port = await startEverything('streamableHttp');
    const servers = openServers({ all: { url: `http://127.0.0.1:${port}/mcp` } });
    const tools = await servers.tools(signal);
    // Ending our session behind the client's back is what a restart looks like from here.
    const { forgetSessions } = await import('./forgetful-proxy.ts');
    const proxy = await forgetSessions(port);
    onTestFinished(() => proxy.close());
    const through = openServers({ all: { url: `http://127.0.0.1:${proxy.port}/mcp`, type: 'http' } });
    const proxied = await through.tools(signal);
    proxy.forget();
    const sum = await toolNamed(proxied, 'all__get-sum').run({ a: 20, b: 1 }, contextFor('/'));
    expect(textOf(sum)).toContain('21');
    expect(through.status()[0]).toMatchObject({ starts: 2 });
    expect(tools.length).toBe(proxied.length);
  });

  it('nobody listening is told with the reason', async () => {
    const servers = openServers({ gone: { url: `http://127.0.0.1:${await freePort()}/mcp` } });
    expect(await servers.tools(signal)).toEqual([]);
    expect(servers.status()[0]?.error).toMatch(/"gone".*ECONNREFUSED/s);
  });
});
