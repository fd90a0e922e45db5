// Skills and runs as resources, prompts, completions, and a watched run that tells when it changes.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedactor, realWorld } from '../../src/lib/index.ts';
import { startRecording } from '../../src/recording/index.ts';
import { makeUser, type TestUser } from '../support/cli.ts';
import { addSkill, connectStdio } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function setUp() {
  const user = makeUser();
  addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
  const { client, close } = await connectStdio(user);
  cleanups.push(() => user.remove(), close);
  return { user, client };
}

function record({ dataHome, project }: TestUser) {
  const recorder = startRecording({
    ...{ home: dataHome, task: 'merge two files', model: 'scripted', workspace: project },
    ...{ purpose: 'task', redactor: createRedactor(), world: realWorld },
  });
  recorder.close({ status: 'done', answer: 'They are merged.' });
  return recorder.header.runId;
}

describe('resources and prompts', { timeout: 60_000 }, () => {
  it('lists skills and runs, and reads a skill’s file and a run', async () => {
    const { user, client } = await setUp();
    const uri = `openspace://runs/${record(user)}`;
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toEqual([uri, 'skill://pdf-merge/SKILL.md']);
    const read = async (address: string) => {
      const [content] = (await client.readResource({ uri: address })).contents;
      return content !== undefined && 'text' in content ? content.text : '';
    };
    expect(await read('skill://pdf-merge/SKILL.md')).toContain('# pdf-merge');
    expect(JSON.parse(await read(uri))).toMatchObject({ status: 'done', answer: 'They are merged.' });
    for (const none of [
      'skill://none/SKILL.md',
      'skill://pdf-merge/../../token',
      'openspace://runs/none',
      'x:y',
    ])
      await expect(client.readResource({ uri: none })).rejects.toThrow(/not found/i);
    const { completion } = await client.complete({
      ref: { type: 'ref/resource', uri: 'skill://{name}/{+path}' },
      argument: { name: 'name', value: 'pdf' },
    });
    expect(completion.values).toEqual(['pdf-merge']);
  });

  it('tells a client that watches a run when it goes on', async () => {
    const { user, client } = await setUp();
    const runId = record(user);
    const uri = `openspace://runs/${runId}`;
    const changed = Promise.withResolvers<string>();
    client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
      changed.resolve(params.uri),
    );
    await client.subscribeResource({ uri });
    appendFileSync(join(user.dataHome, 'runs', runId, 'events.jsonl'), '\n');
    expect(await changed.promise).toBe(uri);
    await client.unsubscribeResource({ uri });
  });

  it('has prompts that name our tools', async () => {
    const { client } = await setUp();
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(['delegate_task', 'use_skill', 'review_proposals']);
    const { messages } = await client.getPrompt({
      name: 'delegate_task',
      arguments: { task: 'sort my files' },
    });
    expect(JSON.stringify(messages)).toMatch(/execute_task.*sort my files/);
    await expect(client.getPrompt({ name: 'none' })).rejects.toThrow('none');
  });
});
