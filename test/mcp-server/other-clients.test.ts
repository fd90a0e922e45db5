// Clients that nobody here wrote: mcporter and the MCP inspector, as a user would call them.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeUser, projectRoot, type TestUser } from '../support/cli.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { addSkill, KEY, openRouterEnv, runThenTell, serverBin } from './support.ts';

let user: TestUser;
let model: ModelServer;
let config: string;

beforeAll(async () => {
  user = makeUser();
  addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
  model = await startModelServer({ key: KEY, replies: runThenTell('pwd && ls | head -5; sleep 3') });
  config = join(user.home, 'mcp.json');
  const entry = {
    command: process.execPath,
    args: [serverBin],
    env: { HOME: user.home, ...openRouterEnv(model.origin) },
  };
  writeFileSync(config, JSON.stringify({ imports: [], mcpServers: { openspace: entry } }));
});
afterAll(async () => {
  await model.close();
  user.remove();
});

function runClient(bin: string, args: string[]) {
  const child = spawn(process.execPath, [join(projectRoot, 'node_modules', bin), ...args], {
    cwd: user.project,
    env: { PATH: process.env.PATH ?? '', HOME: user.home },
  });
  child.stdin.end();
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.resume();
  return new Promise<{ code: number | null; stdout: string }>((done) =>
    child.once('close', (code) => done({ code, stdout })),
  );
}

const mcporter = (...args: string[]) => runClient('mcporter/dist/cli.js', ['--config', config, ...args]);
const callTool = (name: string, args: object, ...more: string[]) =>
  mcporter('call', `openspace.${name}`, '--args', JSON.stringify(args), '--output', 'json', ...more);

describe('other clients', () => {
  it('mcporter lists the tools and calls one with arguments', { timeout: 60_000 }, async () => {
    const list = await mcporter('list', 'openspace', '--json');
    expect(JSON.parse(list.stdout).tools.length).toBe(9);
    const found = await callTool('search_skills', { query: 'merge pdf', source: 'local' });
    expect([found.code, JSON.parse(found.stdout).results[0].name]).toEqual([0, 'pdf-merge']);
  });

  it('mcporter gets the result of a task that takes longer than its call may', {
    timeout: 90_000,
  }, async () => {
    const task =
      'Print working directory and then list the first 5 entries in the workspace. Return a short summary only.';
    const started = await callTool('execute_task', { task, workspace_dir: user.project, wait_seconds: 0 });
    const { task_id: taskId, status } = JSON.parse(started.stdout);
    expect(['running', 'queued']).toContain(status); // and mcporter has ended the server by now
    const done = await callTool('get_task', { task_id: taskId, wait_seconds: 40 });
    const result = JSON.parse(done.stdout);
    expect([result.status, result.tool_call_count]).toEqual(['success', 1]);
    expect(result.response).toContain(user.project);
    expect(model.chats.every((request) => request.authorized)).toBe(true);
  });

  it('the inspector finds the schemas sound and the errors marked', { timeout: 60_000 }, async () => {
    const cli = '@modelcontextprotocol/inspector/clients/launcher/build/index.js';
    const common = ['--cli', '--config', config, '--server', 'openspace', '--format', 'json'];
    const list = await runClient(cli, [...common, '--method', 'tools/list', '--strict']);
    expect([list.code, list.stdout.includes('search_skills')]).toEqual([0, true]);
    const failed = await runClient(cli, [
      ...common,
      '--method',
      'tools/call',
      '--tool-name',
      'get_task',
      '--tool-args-json',
      '{"task_id":"none"}',
    ]);
    expect(failed.code).toBe(5);
  });

  it('the inspector reads the skills extension and finds each digest right', {
    timeout: 60_000,
  }, async () => {
    const cli = '@modelcontextprotocol/inspector/clients/launcher/build/index.js';
    const common = ['--cli', '--config', config, '--server', 'openspace', '--format', 'json'];
    const found = await runClient(cli, [...common, '--method', 'skills/list', '--verify']);
    expect([found.code, found.stdout.includes('skill://pdf-merge/SKILL.md')]).toEqual([0, true]);
  });
});
