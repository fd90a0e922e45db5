// Our messages as the SDK's prompt: with prompt-cache marks, pictures where the wire takes them, and reasoning given back.
import type {
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { sha256 } from '../../lib/index.ts';
import type { WireFormat } from '../providers.ts';
import { providerOf, type Route, routeId } from '../route.ts';
import type { Message, ModelRequest, Part, ToolSpec } from '../types.ts';

export type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

/** What `providerState` holds: the assistant's parts as the SDK wants them back, bound to the route that made them. */
export interface AssistantState {
  readonly route: string;
  readonly content: AssistantContent;
}

/** Wires that take pictures inside of a tool's result; for the others a user message behind the results carries them. */
const PICTURES_IN_RESULTS: ReadonlySet<WireFormat> = new Set(['anthropic', 'google']);

/** The messages of a request for the wire of this route. */
export function toPrompt(request: ModelRequest, route: Route): LanguageModelV4Prompt {
  const provider = providerOf(route);
  const messages = withSchema(request, provider.wire);
  const prompt: LanguageModelV4Prompt = [];
  let pictures: Part[] = [];
  for (const [index, message] of messages.entries()) {
    const converted = toSdkMessage(message, route, provider.wire);
    if (converted !== undefined) prompt.push(converted);
    if (message.role === 'tool' && !PICTURES_IN_RESULTS.has(provider.wire)) {
      pictures.push(...message.parts.filter((part) => part.type === 'image'));
    }
    // Results of one turn must stand together, so their pictures come behind the last of them.
    if (pictures.length > 0 && messages[index + 1]?.role !== 'tool') {
      const label: Part = { type: 'text', text: 'Pictures from the tool results above:' };
      prompt.push({ role: 'user', content: [label, ...pictures].map(toUserPart) });
      pictures = [];
    }
  }
  return markForCache(prompt, route);
}

/** Wires whose own endpoint enforces a schema. Gateways and local servers pass it on only if the model behind takes it. */
const SCHEMA_ENFORCED: ReadonlySet<WireFormat> = new Set(['openai', 'anthropic', 'google', 'mistral']);

/** For the other wires the schema of a wanted JSON answer also stands in the prompt. */
function withSchema(request: ModelRequest, wire: WireFormat): readonly Message[] {
  if (request.output === undefined || SCHEMA_ENFORCED.has(wire)) return request.messages;
  const schema = JSON.stringify(request.output.schema);
  const text = `Answer with one JSON object and nothing else. It must match this JSON Schema:\n${schema}`;
  const last = request.messages.at(-1);
  if (last?.role !== 'user') return [...request.messages, { role: 'user', parts: [{ type: 'text', text }] }];
  return [...request.messages.slice(0, -1), { role: 'user', parts: [...last.parts, { type: 'text', text }] }];
}

function toSdkMessage(message: Message, route: Route, wire: WireFormat): LanguageModelV4Message | undefined {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return message.parts.length === 0
        ? undefined
        : { role: 'user', content: message.parts.map(toUserPart) };
    case 'assistant': {
      const content = assistantContent(message, route);
      return content.length === 0 ? undefined : { role: 'assistant', content };
    }
    case 'tool':
      return { role: 'tool', content: [toResultPart(message, wire)] };
  }
}

function toUserPart(part: Part) {
  if (part.type === 'text') return { type: 'text' as const, text: part.text };
  const data = { type: 'data' as const, data: part.data };
  return { type: 'file' as const, mediaType: part.mediaType, data };
}

function assistantContent(message: Extract<Message, { role: 'assistant' }>, route: Route): AssistantContent {
  const state = message.providerState;
  const { wire } = providerOf(route);
  if (isAssistantState(state) && state.route === routeId(route)) {
    return state.content.map((part) =>
      part.type === 'tool-call' ? { ...part, toolCallId: wireCallId(part.toolCallId, wire) } : part,
    );
  }
  const content: AssistantContent = [];
  if (message.text !== '') content.push({ type: 'text', text: message.text });
  for (const call of message.calls) {
    const toolCallId = wireCallId(call.id, wire);
    content.push({ type: 'tool-call', toolCallId, toolName: call.name, input: call.args ?? {} });
  }
  return content;
}

/** Ids come from whichever model made the call; a conversation may go on with another one that is stricter. */
function wireCallId(id: string, wire: WireFormat): string {
  if (wire === 'mistral') return /^[A-Za-z0-9]{9}$/.test(id) ? id : sha256(id).slice(0, 9);
  return wire === 'anthropic' ? id.replace(/[^A-Za-z0-9_-]/g, '_') : id;
}

function isAssistantState(value: unknown): value is AssistantState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'route' in value &&
    typeof value.route === 'string' &&
    'content' in value &&
    Array.isArray(value.content)
  );
}

function toResultPart(
  message: Extract<Message, { role: 'tool' }>,
  wire: WireFormat,
): LanguageModelV4ToolResultPart {
  const texts = message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const pictures = message.parts.length - texts.length;
  const toolCallId = wireCallId(message.callId, wire);
  const head = { type: 'tool-result' as const, toolCallId, toolName: message.name };
  if (pictures > 0 && PICTURES_IN_RESULTS.has(wire)) {
    return { ...head, output: { type: 'content', value: message.parts.map(toUserPart) } };
  }
  if (pictures > 0) texts.push(`[${pictures === 1 ? 'a picture' : `${pictures} pictures`}, shown below]`);
  const value = texts.join('\n') || '(no output)';
  return { ...head, output: { type: message.isError ? 'error-text' : 'text', value } };
}

/**
 * Two cache marks for Claude: the stable system text, and the last message, so that the next turn reads all before it.
 * Other providers cache by themselves; marks would cost extra there (Gemini) or are unknown.
 */
function markForCache(prompt: LanguageModelV4Prompt, route: Route): LanguageModelV4Prompt {
  const { wire } = providerOf(route);
  const claude = wire === 'anthropic' || (wire === 'openrouter' && route.model.startsWith('anthropic/'));
  if (!claude) return prompt;
  const mark: SharedV4ProviderOptions = { [wire]: { cacheControl: { type: 'ephemeral' } } };
  const firstSystem = prompt.findIndex((message) => message.role === 'system');
  return prompt.map((message, index) =>
    index === firstSystem || index === prompt.length - 1 ? { ...message, providerOptions: mark } : message,
  );
}

/** Tools as the SDK wants them, in the given order: the order is part of the cached prefix. */
export function toSdkTools(tools: readonly ToolSpec[]): LanguageModelV4FunctionTool[] {
  return tools.map((tool) => ({
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: tool.parameters,
  }));
}
