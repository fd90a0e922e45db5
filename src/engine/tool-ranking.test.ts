import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runAgent, scriptedModel, type Tool } from '../agent/index.ts';
import { loadConfig } from '../config/index.ts';
import { plainSpawner } from '../lib/index.ts';
import { fitTools, pickTools, qualityBy, rankTools } from './tool-ranking.ts';

const tool = (name: string, description: string, source = 'mcp:office'): Tool => ({
  ...{ name, description, source, readOnly: true },
  parameters: { type: 'object', properties: {} },
  run: async () => ({ parts: [{ type: 'text', text: `${name} ran` }], isError: false }),
});
const OWN = [tool('read_file', 'Reads a file.', 'files'), tool('run_shell', 'Runs a command.', 'shell')];
const FEW = [
  tool('office__mail', 'Sends an email message.'),
  tool('office__calendar', 'Lists calendar events and meetings.'),
  tool('office__sheet', 'Reads cells of a spreadsheet.'),
];
const MANY = [
  ...Array.from({ length: 60 }, (_, at) =>
    tool(`zoo__animal_${at}`, `Feeds animal number ${at}.`, 'mcp:zoo'),
  ),
  ...FEW,
];
const sound = () => 1;
const names = (tools: readonly Tool[]) => tools.map(({ name }) => name);

function configWith(maxOffered: number) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-tools-')));
  mkdirSync(join(home, 'work'));
  return loadConfig({
    env: { OPENSPACE_HOME: join(home, 'data'), OPENSPACE_TOOLS_MAX_OFFERED: `${maxOffered}` },
    cwd: join(home, 'work'),
    userHome: home,
  });
}

describe('tools that all fit', () => {
  it('are offered as they are, and nobody asks how sound they are', () => {
    const tools = [...FEW, ...OWN];
    const asked = () => {
      throw new Error('not to be asked');
    };
    const { offered, note } = fitTools(tools, { config: configWith(3), task: 'x', toolQualities: asked });
    expect([offered, note]).toEqual([tools, undefined]);
  });
});

describe('tools that do not fit', () => {
  it('the ones that fit the task are offered, with every built-in tool, in their old order', () => {
    const task = 'Send the spreadsheet to Ann by email before the meeting.';
    const { offered, left } = pickTools([...MANY, ...OWN], { task, maxOffered: 3, quality: sound });
    expect(names(offered)).toEqual([...names(FEW), ...names(OWN)]);
    expect(left.length).toBe(60);
  });

  it('a task that shares no word with any tool still gets as many as fit', () => {
    const { offered } = pickTools(MANY, { task: 'qqqq', maxOffered: 5, quality: sound });
    expect(names(offered)).toEqual(names(MANY).slice(0, 5));
  });

  it.each(['', '日本語のメール', '😀'.repeat(50), `" OR 1=1; DROP TABLE x; --`, 'word '.repeat(20_000)])(
    'whatever the task says, the number is kept (%#)',
    (task) => {
      expect(pickTools(MANY, { task, maxOffered: 7, quality: sound }).offered.length).toBe(7);
    },
  );

  it('a failing tool sinks below one that fits as well, and below all others that fit nothing', () => {
    const twins = [tool('a__mail', 'Sends an email.'), tool('b__mail', 'Sends an email.')];
    const quality = qualityBy([{ toolKey: 'mcp:office:a__mail', quality: 0.2 }]);
    expect(names(rankTools(twins, 'send an email', quality))).toEqual(['b__mail', 'a__mail']);
    expect(names(rankTools([...twins, ...OWN], 'qqqq', quality)).at(-1)).toBe('a__mail');
  });
});

describe('how sound a tool is', () => {
  it.each([
    ['under the name that models see', 'mcp:office:office__mail', 0.4],
    ['under the server’s own name for it', 'mcp:office:mail', 0.4],
    ['under the original’s server "default"', 'mcp:default:mail', 0.4],
    ['of another server', 'mcp:zoo:mail', 1],
    ['of another kind', 'shell:default:mail', 1],
  ])('is known %s', (_, toolKey, expected) => {
    expect(qualityBy([{ toolKey, quality: 0.4 }])(tool('office__mail', ''))).toBe(expected);
  });
});

describe('find_tools', () => {
  it('adds what it finds to the list, and the agent can call it in the next turn', async () => {
    const { offered, note } = fitTools([...MANY, ...OWN], {
      ...{ config: configWith(2), task: 'Feed animal number 7.', toolQualities: () => [] },
    });
    expect(note).toBe('Of 63 tools of MCP servers 2 are offered; the others can be found.');
    expect(names(offered)).not.toContain('office__calendar');
    const model = scriptedModel([
      { calls: [{ name: 'office__calendar', args: {} }] },
      { calls: [{ name: 'find_tools', args: { query: 'calendar meetings' } }] },
      { calls: [{ name: 'office__calendar', args: {} }] },
      'done',
    ]);
    const results: string[] = [];
    await runAgent(
      {
        ...{ model, tools: offered, system: 's', budget: { maxTurns: 9 }, workspace: tmpdir() },
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'go' }] }],
        ...{ spawner: plainSpawner, signal: new AbortController().signal },
      },
      (event) => {
        if (event.type === 'tool-end') results.push(`${event.source}: ${JSON.stringify(event.result.parts)}`);
      },
    );
    expect(results[0]).toContain('office__calendar');
    expect(results[0]).not.toContain('ran');
    expect(results[1]).toContain('office__calendar: Lists calendar events');
    expect(results[2]).toBe('mcp:office: [{"type":"text","text":"office__calendar ran"}]');
    expect(model.requests[2]?.tools?.map(({ name }) => name)).toContain('office__calendar');
  });

  it('says so when nothing fits, and finds nothing twice', async () => {
    const { offered } = fitTools(MANY, { config: configWith(2), task: 'x', toolQualities: () => [] });
    const find = offered.find(({ name }) => name === 'find_tools');
    const context = { signal: new AbortController().signal, workspace: '', spawner: plainSpawner };
    const ask = async (query: string) => {
      const result = await find?.run(
        { query },
        { ...context, progress: () => undefined, ask: async () => false },
      );
      return JSON.stringify(result?.parts);
    };
    expect(await ask('qqqq')).toContain('No further tool fits');
    expect(await ask('email')).toContain('office__mail');
    expect(await ask('email')).toContain('No further tool fits');
    expect(names(offered).filter((name) => name === 'office__mail').length).toBe(1);
  });
});
