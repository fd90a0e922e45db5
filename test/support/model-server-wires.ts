// How the scripted model server spells answers: OpenAI chat, Anthropic messages, Gemini, and embeddings.

export type Wire = 'openai' | 'anthropic' | 'google' | 'embeddings' | 'other';

export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly rawArgs: string }[];
  /** In words of OpenAI. */
  readonly finish: string;
  readonly usage: {
    readonly input: number;
    readonly output: number;
    readonly cached: number;
    readonly reasoning: number;
    readonly cost: number | undefined;
  };
}

/** Pieces of a streamed answer as they go over the wire, and a whole one. */
export interface WireWriter {
  head(): string;
  text(text: string): string;
  reasoning(text: string): string;
  call(index: number, call: Answer['calls'][number]): string;
  error(error: { message: string; code: number | string; type?: string }): string;
  end(answer: Answer): string;
  whole(answer: Answer): unknown;
  texts(): readonly string[];
  dimensions(): number | undefined;
  vectors(vectors: readonly (readonly number[])[]): unknown;
}

/** Thinking comes with this signature, which has to come back. */
export const SIGNATURE = 'signature-of-the-provider';

// biome-ignore lint/suspicious/noExplicitAny: bodies of requests in four wire formats
type Body = any;

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { type: string }) => `event: ${value.type}\n${data(value)}`;
const none = {
  texts: () => [],
  dimensions: () => undefined,
  vectors: () => ({}),
};

function openai(body: Body): WireWriter {
  const model = body?.model ?? 'model';
  const chunk = (delta: unknown, finish: string | null = null) =>
    data({
      id: 'gen-1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const usage = ({ usage: { input, output, cached, reasoning, cost } }: Answer) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
    ...(cost === undefined ? {} : { cost }),
  });
  const details = (text: string) => [
    { type: 'reasoning.text', text, signature: SIGNATURE, format: 'anthropic-claude-v1', index: 0 },
  ];
  const callOf = ({ id, name, rawArgs }: Answer['calls'][number]) => ({
    id,
    type: 'function',
    function: { name, arguments: rawArgs },
  });
  return {
    ...none,
    head: () => `: OPENROUTER PROCESSING\n\n${chunk({ role: 'assistant', content: '' })}`,
    text: (text) => chunk({ content: text }),
    reasoning: (text) =>
      chunk({ reasoning: text, reasoning_content: text, reasoning_details: details(text) }),
    call: (index, call) => {
      // In three pieces, as providers do: the name first, then the arguments bit by bit.
      const half = Math.ceil(call.rawArgs.length / 2);
      const first = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
      const piece = (text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
      return (
        chunk({ tool_calls: [first] }) + piece(call.rawArgs.slice(0, half)) + piece(call.rawArgs.slice(half))
      );
    },
    // As OpenRouter documents it: the error beside an empty last choice.
    error: (error) =>
      `${data({ id: 'gen-1', object: 'chat.completion.chunk', created: 1, model, error, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })}data: [DONE]\n\n`,
    // Usage comes in a chunk of its own where it was asked for, else with the last one.
    end: (answer) => {
      const frame = { id: 'gen-1', object: 'chat.completion.chunk', created: 1, model };
      const last = { index: 0, delta: { content: '' }, finish_reason: answer.finish };
      const asked = body?.stream_options?.include_usage === true;
      const chunks = asked
        ? [
            { ...frame, choices: [last] },
            { ...frame, choices: [], usage: usage(answer) },
          ]
        : [{ ...frame, choices: [last], usage: usage(answer) }];
      return `${chunks.map(data).join('')}data: [DONE]\n\n`;
    },
    whole: (answer) => ({
      id: 'gen-1',
      object: 'chat.completion',
      created: 1,
      model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: answer.text === '' && answer.calls.length > 0 ? null : answer.text,
            ...(answer.reasoning === ''
              ? {}
              : {
                  reasoning: answer.reasoning,
                  reasoning_content: answer.reasoning,
                  reasoning_details: details(answer.reasoning),
                }),
            ...(answer.calls.length === 0 ? {} : { tool_calls: answer.calls.map(callOf) }),
          },
          finish_reason: answer.finish,
        },
      ],
      usage: usage(answer),
    }),
  };
}

const ANTHROPIC_STOPS: Record<string, string> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  length: 'max_tokens',
  content_filter: 'refusal',
};

function anthropic(body: Body): WireWriter {
  const model = body?.model ?? 'claude';
  let index = -1;
  const block = (start: unknown, deltas: readonly unknown[]) => {
    index += 1;
    return [
      event({ type: 'content_block_start', index, content_block: start } as { type: string }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta } as { type: string })),
      event({ type: 'content_block_stop', index } as { type: string }),
    ].join('');
  };
  const inputUsage = (usage: Answer['usage']) => ({
    input_tokens: usage.input - usage.cached,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: 0,
  });
  return {
    ...none,
    head: () =>
      event({
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 12, output_tokens: 1 },
        },
      } as { type: string }),
    text: (text) => block({ type: 'text', text: '' }, [{ type: 'text_delta', text }]),
    reasoning: (text) =>
      block({ type: 'thinking', thinking: '' }, [
        { type: 'thinking_delta', thinking: text },
        { type: 'signature_delta', signature: SIGNATURE },
      ]),
    call: (_, call) => {
      const half = Math.ceil(call.rawArgs.length / 2);
      return block({ type: 'tool_use', id: call.id, name: call.name, input: {} }, [
        { type: 'input_json_delta', partial_json: call.rawArgs.slice(0, half) },
        { type: 'input_json_delta', partial_json: call.rawArgs.slice(half) },
      ]);
    },
    error: ({ message, type }) =>
      event({ type: 'error', error: { type: type ?? 'overloaded_error', message } } as { type: string }),
    end: ({ finish, usage }) =>
      event({
        type: 'message_delta',
        delta: { stop_reason: ANTHROPIC_STOPS[finish] ?? finish, stop_sequence: null },
        usage: { ...inputUsage(usage), output_tokens: usage.output },
      } as { type: string }) + event({ type: 'message_stop' }),
    whole: (answer) => ({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [
        ...(answer.reasoning === ''
          ? []
          : [{ type: 'thinking', thinking: answer.reasoning, signature: SIGNATURE }]),
        ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text }]),
        ...answer.calls.map(({ id, name, rawArgs }) => ({
          type: 'tool_use',
          id,
          name,
          input: JSON.parse(rawArgs),
        })),
      ],
      stop_reason: ANTHROPIC_STOPS[answer.finish] ?? answer.finish,
      stop_sequence: null,
      usage: { ...inputUsage(answer.usage), output_tokens: answer.usage.output },
    }),
  };
}

const GOOGLE_STOPS: Record<string, string> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

function google(): WireWriter {
  const candidate = (parts: unknown[], finish?: string) => ({
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts },
        ...(finish === undefined ? {} : { finishReason: finish }),
      },
    ],
  });
  const partOf = (call: Answer['calls'][number]) => ({
    functionCall: { name: call.name, args: JSON.parse(call.rawArgs) },
    thoughtSignature: SIGNATURE,
  });
  const usage = ({ usage: { input, output, cached, reasoning } }: Answer) => ({
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output - reasoning,
      thoughtsTokenCount: reasoning,
      cachedContentTokenCount: cached,
      totalTokenCount: input + output,
    },
  });
  const thought = (text: string) => ({ text, thought: true });
  return {
    ...none,
    head: () => '',
    text: (text) => data(candidate([{ text }])),
    reasoning: (text) => data(candidate([thought(text)])),
    call: (_, call) => data(candidate([partOf(call)])),
    error: ({ message, code }) => data({ error: { code, message, status: 'UNAVAILABLE' } }),
    end: (answer) =>
      data({ ...candidate([{ text: '' }], GOOGLE_STOPS[answer.finish] ?? answer.finish), ...usage(answer) }),
    whole: (answer) => ({
      ...candidate(
        [
          ...(answer.reasoning === '' ? [] : [thought(answer.reasoning)]),
          ...(answer.text === '' ? [] : [{ text: answer.text }]),
          ...answer.calls.map(partOf),
        ],
        GOOGLE_STOPS[answer.finish] ?? answer.finish,
      ),
      ...usage(answer),
    }),
  };
}

function embeddings(body: Body): WireWriter {
  const isGoogle = Array.isArray(body?.requests) || body?.content !== undefined;
  const single = body?.content !== undefined;
  const requests = single ? [body] : (body?.requests ?? []);
  return {
    ...openai(body),
    texts: () =>
      isGoogle
        ? requests.map((one: Body) => one.content.parts.map((part: Body) => part.text).join(''))
        : [body?.input].flat().map(String),
    dimensions: () => (isGoogle ? requests[0]?.outputDimensionality : body?.dimensions),
    vectors: (vectors) => {
      if (single) return { embedding: { values: vectors[0] } };
      if (isGoogle) return { embeddings: vectors.map((values) => ({ values })) };
      return {
        object: 'list',
        model: body?.model,
        data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
        usage: { prompt_tokens: 4, total_tokens: 4 },
      };
    },
  };
}

export const WIRES: Record<Exclude<Wire, 'other'>, (body: Body) => WireWriter> = {
  openai,
  anthropic,
  google,
  embeddings,
};
