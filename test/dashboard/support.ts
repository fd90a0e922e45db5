// A dashboard on a data home of its own, in this process, with a client that checks every answer against the contract.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { type OpenSpace, openOpenSpace } from '../../src/engine/index.ts';
import { createRedactor } from '../../src/lib/index.ts';
import { type Recorder, startRecording } from '../../src/recording/index.ts';
import {
  type BodyOf,
  type QueryOf,
  type ResponseOf,
  ROUTES,
  type Route,
  type RouteName,
} from '../../src/serve/api/contract.ts';
import { type Dashboard, ensureToken, openDashboard } from '../../src/serve/index.ts';
import { encodeText, type Version } from '../../src/skills/index.ts';

export interface TestDashboard {
  readonly home: string;
  readonly openSpace: OpenSpace;
  readonly dashboard: Dashboard;
  readonly token: string;
  /** What it told people. */
  readonly told: string[];
  /** Asks a route as a program would; fails if the answer has not the form of the contract. */
  ask<Name extends RouteName>(name: Name, given?: Given<Name>): Promise<ResponseOf<Name>>;
  /** Any request with the token; nothing is checked. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

interface Given<Name extends RouteName> {
  readonly id?: string;
  readonly query?: QueryOf<Name>;
  readonly body?: BodyOf<Name>;
}

export async function startDashboard(
  env: Readonly<Record<string, string>> = {},
  userHome = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-dashboard-'))),
): Promise<TestDashboard> {
  const home = join(userHome, '.openspace');
  const cwd = join(userHome, 'project');
  mkdirSync(cwd, { recursive: true });
  const config = loadConfig({
    ...{ cwd, userHome },
    env: { PATH: process.env.PATH, HOME: userHome, OPENSPACE_LEARNING_WORKER: '0', ...env },
  });
  const openSpace = await openOpenSpace({ config });
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const place = { host: '127.0.0.1', port: 0, orAnyPort: false, webFolder: join(userHome, 'web') };
  const dashboard = await openDashboard({ openSpace, version: '0.0.0-test', tell, ...place });
  const token = ensureToken(home);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${dashboard.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(new Headers(init.headers)) },
    });
  return {
    ...{ home, openSpace, dashboard, token, told },
    fetch: ask,
    async ask(name, given = {}) {
      const response = await ask(...requestOf(name, given));
      const value: unknown = await response.json();
      if (!response.ok) throw new Error(`${name}: ${response.status} ${JSON.stringify(value)}`);
      return checked<typeof name>(ROUTES[name].response, value);
    },
    async close() {
      await dashboard.close();
      await openSpace.close();
      rmSync(userHome, { recursive: true, force: true });
    },
  };
}

function checked<Name extends RouteName>(schema: Route['response'], value: unknown): ResponseOf<Name> {
  if (typeof schema === 'string') throw new Error('streams and bytes are fetched');
  return schema.parse(value) as ResponseOf<Name>;
}

function requestOf(name: RouteName, given: Given<RouteName>): [string, RequestInit] {
  const route: Route = ROUTES[name];
  const path = route.path.replace('{id}', encodeURIComponent(given.id ?? ''));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(given.query ?? {}))
    if (value !== undefined) query.set(key, String(value));
  const init: RequestInit = { method: route.method };
  if (route.method === 'POST') {
    init.body = JSON.stringify(given.body ?? {});
    init.headers = { 'content-type': 'application/json' };
  }
  return [query.size === 0 ? path : `${path}?${query}`, init];
}

export const skillText = (name: string, body: string, description = `How to work with ${name}.`) =>
  `---\nname: ${name}\ndescription: ${description}\n---\n\n# ${name}\n\n${body}\n`;

/** Adds a trusted skill of the user. */
export async function addSkill(
  openSpace: OpenSpace,
  name: string,
  body = 'Do it step by step.',
): Promise<Version> {
  const result = await openSpace.library().commit({
    ...{ origin: 'imported', parents: [], reason: 'made for a test', author: 'user', state: 'trusted' },
    files: new Map([['SKILL.md', encodeText(skillText(name, body))]]),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.version;
}

/** A run that is under way, with the skills it was given. */
export function beginRun(home: string, task: string, versions: readonly Version[] = []): Recorder {
  const recorder = startRecording({
    ...{ home, task, model: 'scripted/chat', workspace: home, purpose: 'task', redactor: createRedactor() },
  });
  const skills = versions.map(({ skillId, versionId, name }) => ({
    skillId,
    versionId,
    name,
    reason: 'it fits',
  }));
  const considered = skills.map((skill) => ({ ...skill, score: 0.9 }));
  recorder.write({
    type: 'skills-chosen',
    choice: { picked: skills, considered, how: 'model', reason: 'best fit' },
  });
  recorder.write({ type: 'attempt-start', attempt: 1, skills });
  return recorder;
}

const usage = { inputTokens: 90, outputTokens: 10, cachedInputTokens: 0, reasoningTokens: 0, costUsd: null };

/** One turn with one call of a tool. */
export function addTurn(recorder: Recorder, turn: number, output: string): void {
  const place = { attempt: 1, turn };
  const call = { id: `call_${turn}`, name: 'run_shell', args: { command: 'ls' } };
  recorder.write({ type: 'turn-start', ...place });
  recorder.write({
    ...{ type: 'model-reply', ...place, tookMs: 5 },
    reply: { text: 'I look.', calls: [call], stop: 'calls', usage, tries: 1 },
  });
  recorder.write({ type: 'tool-start', ...place, call, source: 'shell' });
  recorder.write({
    ...{ type: 'tool-end', ...place, call, source: 'shell', tookMs: 3 },
    result: { parts: [{ type: 'text', text: output }], isError: false },
  });
}

export function endRun(recorder: Recorder, answer = 'Done.'): string {
  recorder.write({ type: 'attempt-end', attempt: 1, outcome: { status: 'done', answer, turns: 1, usage } });
  recorder.close({ status: 'done', answer });
  return recorder.header.runId;
}

/** Events of a stream, as they come. Leave the loop, and the stream is closed. */
export async function* eventsOf(
  response: Response,
): AsyncGenerator<{ id: number; data: Record<string, unknown> }> {
  let rest = '';
  if (response.body === null) return;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield { id: Number(/^id: (\d+)$/m.exec(block)?.[1]), data: JSON.parse(data) };
    }
  }
}
