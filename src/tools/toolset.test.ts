import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, textOf, toolContext } from '../../test/support/tool-context.ts';
import type { Tool } from '../agent/index.ts';
import { fileTools, openToolset, type ToolSource } from './toolset.ts';

const env = { PATH: process.env.PATH ?? '' };
const echo = (name: string, text: string): Tool => ({
  name,
  description: 'says something',
  parameters: { type: 'object', properties: {} },
  source: 'mcp:x',
  readOnly: true,
  run: () => Promise.resolve({ parts: [{ type: 'text', text }], isError: false }),
});

describe('openToolset', () => {
  it('has the built-in tools under names that existing skills know', async () => {
    const { tools, close } = openToolset({ shell: { env } });
    expect(tools.map(({ name }) => name)).toEqual([
      'read_file',
      'list_dir',
      'find_files',
      'grep',
      'write_file',
      'edit_file',
      'run_shell',
      'shell_output',
      'shell_kill',
    ]);
    await close();
  });

  it('describes each tool with a plain JSON Schema in which only what is needed is required', () => {
    for (const tool of openToolset({ shell: { env } }).tools) {
      expect(tool.parameters).toMatchObject({ type: 'object', additionalProperties: false });
      expect(tool.parameters).not.toHaveProperty('$schema');
      expect(tool.description.length).toBeGreaterThan(20);
    }
    const byName = new Map(openToolset({ shell: { env } }).tools.map((tool) => [tool.name, tool.parameters]));
    expect(byName.get('read_file')?.required).toEqual(['path']);
    expect(byName.get('run_shell')?.required).toEqual(['command']);
    expect(byName.get('list_dir')?.required ?? []).toEqual([]);
  });

  it('takes tools from other sources, numbers equal names, leaves out what is not wanted, and closes all', async () => {
    let closed = 0;
    const source = (text: string): ToolSource => ({
      tools: [echo('grep', text)],
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    });
    const toolset = openToolset({ sources: [source('one'), source('two')], without: ['write_file'] });
    const names = toolset.tools.map(({ name }) => name);
    expect(names).toContain('grep_3');
    expect(names).not.toContain('write_file');
    expect(names).not.toContain('run_shell');
    const third = toolset.tools.find(({ name }) => name === 'grep_3');
    expect(textOf(await third!.run({}, toolContext(temporaryFolder())))).toBe('two');
    await toolset.close();
    expect(closed).toBe(2);
  });

  it('closes the other sources also when one fails', async () => {
    let closed = false;
    const bad: ToolSource = { tools: [], close: () => Promise.reject(new Error('stuck')) };
    const good: ToolSource = {
      tools: [],
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    };
    await expect(openToolset({ sources: [bad, good] }).close()).rejects.toThrow('stuck');
    expect(closed).toBe(true);
  });
});

it('the read-only file tools change nothing', () => {
  expect(fileTools({}, { readOnly: true }).map(({ name }) => name)).toEqual([
    'read_file',
    'list_dir',
    'find_files',
    'grep',
  ]);
});

it('file and shell tools see the same files', async () => {
  const workspace = temporaryFolder();
  const { tools, close } = openToolset({ shell: { env } });
  const context = toolContext(workspace);
  writeFileSync(join(workspace, 'a.txt'), 'one');
  const run = async (name: string, args: Record<string, unknown>) =>
    textOf(await tools.find((tool) => tool.name === name)!.run(args, context));
  await run('run_shell', { command: 'tr a-z A-Z < a.txt > b.txt' });
  expect(await run('read_file', { path: 'b.txt' })).toBe('ONE');
  await close();
});
