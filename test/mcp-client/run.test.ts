// The reference servers in a run: the agent loop, a scripted model, and servers over stdio and HTTP side by side.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type AgentEvent, type Message, runAgent, scriptedModel } from '../../src/agent/index.ts';
import { plainSpawner } from '../../src/lib/index.ts';
import { openToolset } from '../../src/tools/index.ts';
import {
  isAlive,
  misbehaving,
  openServers,
  startEverything,
  startedPids,
  temporaryFolder,
  viaStdio,
} from './support.ts';

const signal = new AbortController().signal;
const lastResult = (messages: readonly Message[]) => {
  const last = messages.at(-1);
  return last?.role === 'tool'
    ? last.parts.map((part) => (part.type === 'text' ? part.text : '<picture>')).join('\n')
    : '';
};

it('one run uses four reference servers and survives a fifth that dies', async () => {
  const workspace = realpathSync(temporaryFolder());
  writeFileSync(join(workspace, 'numbers.txt'), '17 25');
  const scratch = join(temporaryFolder(), 'scratch');
  const port = await startEverything('streamableHttp');
  const servers = openServers({
    files: viaStdio('filesystem', [workspace]),
    memory: viaStdio('memory', [], { MEMORY_FILE_PATH: join(workspace, 'memory.jsonl') }),
    think: viaStdio('sequential-thinking'),
    everything: { url: `http://127.0.0.1:${port}/mcp` },
    bad: misbehaving('exit-in-call', scratch),
  });
  const toolset = openToolset({
    sources: [{ tools: await servers.tools(signal), close: () => servers.close() }],
  });
  const entities = [{ name: 'sum', entityType: 'number', observations: ['17 and 25 make 42'] }];
  const thought = {
    thought: 'read, add, keep',
    nextThoughtNeeded: false,
    thoughtNumber: 1,
    totalThoughts: 1,
  };
  const model = scriptedModel((request, turn) => {
    const result = lastResult(request.messages);
    switch (turn) {
      case 1:
        return { calls: [{ name: 'think__sequentialthinking', args: thought }] };
      case 2:
        return { calls: [{ name: 'files__read_text_file', args: { path: join(workspace, 'numbers.txt') } }] };
      case 3: {
        const [a, b] = result.split(' ').map(Number);
        return {
          calls: [
            { name: 'everything__get-sum', args: { a, b } },
            { name: 'bad__work', args: {} },
          ],
        };
      }
      case 4:
        return { calls: [{ name: 'memory__create_entities', args: { entities } }] };
      case 5:
        return { calls: [{ name: 'everything__get-tiny-image', args: {} }] };
      default:
        return `Done: ${result.includes('<picture>') ? 'with picture' : result}`;
    }
  });
  const events: AgentEvent[] = [];
  const outcome = await runAgent(
    {
      model,
      system: 'Work.',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'add the numbers' }] }],
      tools: toolset.tools,
      budget: { maxTurns: 10 },
      workspace,
      spawner: plainSpawner,
      signal,
    },
    (event) => events.push(event),
  );
  await toolset.close();
  expect(outcome).toMatchObject({ status: 'done', answer: 'Done: with picture' });
  const ends = events.flatMap((event) => (event.type === 'tool-end' ? [event] : []));
  expect(ends.map(({ source, result }) => `${source} ${result.isError ? 'failed' : 'ok'}`).sort()).toEqual([
    'mcp:bad failed',
    'mcp:everything ok',
    'mcp:everything ok',
    'mcp:files ok',
    'mcp:memory ok',
    'mcp:think ok',
  ]);
  const sum = ends.find(({ call }) => call.name === 'everything__get-sum');
  expect(JSON.stringify(sum?.result.parts)).toContain('42');
  expect(readFileSync(join(workspace, 'memory.jsonl'), 'utf8')).toContain('17 and 25 make 42');
  expect(startedPids(scratch).filter(isAlive)).toEqual([]);
});

it('aborting a run ends its wait for a server that hangs', async () => {
  const servers = openServers({ slow: misbehaving('slow-call') }, { limits: { callTimeoutMs: 60_000 } });
  const abort = new AbortController();
  const model = scriptedModel([{ calls: [{ name: 'slow__work', args: {} }] }, 'never']);
  const outcome = await runAgent(
    {
      model,
      system: 'Work.',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'wait' }] }],
      tools: await servers.tools(signal),
      budget: { maxTurns: 3 },
      workspace: temporaryFolder(),
      spawner: plainSpawner,
      signal: abort.signal,
    },
    (event) => {
      if (event.type === 'tool-start') setTimeout(() => abort.abort(), 200);
    },
  );
  expect(outcome.status).toBe('cancelled');
});
