// Routes to the scripted model server, and the doubles that a run needs beside it.
import {
  type AgentEvent,
  type AgentInput,
  type Message,
  type Model,
  type ModelOptions,
  type Part,
  ROUTE_DEFAULTS,
  type Route,
  type Tool,
} from '../../src/agent/index.ts';
import { plainSpawner } from '../../src/lib/index.ts';
import type { ModelServer } from './model-server.ts';

export const TEST_KEY = 'sk-or-v1-0123456789abcdef0123456789abcdef';

/** Model names at each provider, for tests. */
export function routeTo(server: Pick<ModelServer, 'baseUrl'>, overrides: Partial<Route> = {}): Route {
  return {
    ...ROUTE_DEFAULTS,
    provider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5',
    baseUrl: server.baseUrl,
    baseUrlOrigin: 'test',
    key: { value: TEST_KEY, origin: 'OPENROUTER_API_KEY (process environment)' },
    timeoutMs: 10_000,
    firstByteTimeoutMs: 2_000,
    idleTimeoutMs: 2_000,
    ...overrides,
  };
}

/** Waits for nothing between tries, and remembers how long it was told to. */
export function noWaiting(): ModelOptions & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
}

export function userText(text: string): Message {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : `[${part.mediaType}]`)).join('\n');
}

/** A tool with the parameters `{ text?: string }` that says what it got. */
export function echoTool(overrides: Partial<Tool> = {}): Tool {
  return {
    name: 'echo',
    description: 'Says the text again.',
    parameters: {
      type: 'object',
      properties: { text: { type: 'string' } },
      required: ['text'],
      additionalProperties: false,
    },
    source: 'system',
    readOnly: true,
    run: async (args) => ({ parts: [{ type: 'text', text: `echo: ${String(args.text)}` }], isError: false }),
    ...overrides,
  };
}

/** An agent's input with one task, and the list in which its events arrive. */
export function agentRun(
  model: Model,
  overrides: Partial<AgentInput> = {},
): { readonly input: AgentInput; readonly events: AgentEvent[]; readonly emit: (event: AgentEvent) => void } {
  const events: AgentEvent[] = [];
  const input: AgentInput = {
    model,
    system: 'You are a test.',
    messages: [userText('Do it.')],
    tools: [echoTool()],
    budget: { maxTurns: 10 },
    workspace: process.cwd(),
    spawner: plainSpawner,
    signal: new AbortController().signal,
    ...overrides,
  };
  return { input, events, emit: (event) => void events.push(event) };
}
