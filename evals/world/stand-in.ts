// A rule-based model: does a task by habit, doubts what looks wrong, and can do better only where a text in its prompt says how.
import type { Message, Model, ModelRequest } from '../../src/agent/index.ts';
import { type ScriptedReply, scriptedModel } from '../../src/agent/scripted-model.ts';
import { FAMILIES, NOTE_PATH } from './families/index.ts';
import { fill, isFor, readCommands, readSkills, readValues } from './instructions.ts';

/** Made-up prices, in dollars for a million tokens. */
const PRICE = { input: 3, output: 15 };

/** Answers a request for something else than a task or a choice of skills: analysis, a review. */
export type OtherRole = (request: ModelRequest) => ScriptedReply | undefined;

export interface StandIn extends Model {
  /** Tokens and made-up dollars of all its replies so far. */
  spent(): { readonly tokens: number; readonly costUsd: number };
}

/** The model. It remembers nothing between requests: what it does follows from the request alone. */
export function createStandIn(roles: readonly OtherRole[] = []): StandIn {
  const model = scriptedModel(
    (request) => {
      for (const role of roles) {
        const reply = role(request);
        if (reply !== undefined) return reply;
      }
      if (request.output?.name === 'skill_choice') return JSON.stringify(chooseSkills(request));
      return nextStep(request.messages);
    },
    { id: 'stand-in/rules' },
  );
  let tokens = 0;
  let costUsd = 0;
  return {
    id: model.id,
    contextTokens: model.contextTokens,
    spent: () => ({ tokens, costUsd }),
    async reply(request, options) {
      const reply = await model.reply(request, options);
      const { inputTokens, outputTokens } = reply.usage;
      const cost = (inputTokens * PRICE.input + outputTokens * PRICE.output) / 1_000_000;
      tokens += inputTokens + outputTokens;
      costUsd += cost;
      return { ...reply, usage: { ...reply.usage, costUsd: cost } };
    },
  };
}

/** Picks the skill whose description has most words of the task; at least two telling ones. */
function chooseSkills({ messages }: ModelRequest): { skills: readonly string[]; reason: string } {
  const [, task = '', catalogue = ''] =
    messages
      .map(textOf)
      .join('\n')
      .match(/Task:\n([\s\S]*?)\n\nCatalogue:\n([\s\S]*)$/) ?? [];
  const wanted = new Set(telling(task));
  const scored = [...catalogue.matchAll(/^- (\S+): (.+)$/gm)]
    .map(([, id = '', text = '']) => ({
      id,
      score: new Set(telling(text).filter((word) => wanted.has(word))).size,
    }))
    .filter(({ score }) => score >= 2)
    .sort((a, b) => b.score - a.score);
  const [best] = scored;
  return best === undefined
    ? { skills: [], reason: 'none is about this' }
    : { skills: [best.id], reason: 'its description has the words of the task' };
}

const telling = (text: string) =>
  (text.toLowerCase().match(/[a-z][a-z/.-]{2,}[a-z]/g) ?? []).filter(
    (word) => !/^(write|whose|with|from|that|this|have)$/.test(word),
  );

interface Outcome {
  readonly text: string;
  readonly failed: boolean;
}

/** What to do next in a conversation: the plan is gone through again with the results so far. */
function nextStep(messages: readonly Message[]): ScriptedReply {
  const system = messages.find((message) => message.role === 'system')?.text ?? '';
  const task =
    messages
      .filter((message) => message.role === 'user')
      .map(textOf)
      .at(0) ?? '';
  const results = messages
    .filter((message) => message.role === 'tool')
    .map((message) => ({ text: textOf(message), failed: message.isError }));
  const steps = plan(task, system);
  let step = steps.next();
  for (const result of results) if (step.done !== true) step = steps.next(result);
  if (step.done === true) return step.value;
  return { calls: [{ name: 'run_shell', args: { command: step.value } }] };
}

/** Commands, each answered with its outcome; returns the answer. */
function* plan(task: string, system: string): Generator<string, string, Outcome> {
  const values = readValues(task);
  const family = FAMILIES.find(({ habitFor }) => habitFor.test(task));
  const look = fill('head -n 5 {out}', values);
  for (const { name, body } of readSkills(system)) {
    if (!isFor(body, task)) continue;
    const commands = readCommands(body, values);
    if (commands.length === 0) continue;
    let failed = false;
    for (const [index, command] of commands.entries()) {
      const last = index === commands.length - 1;
      const outcome = yield last && look !== undefined ? `${command}\nend=$?; ${look}; (exit $end)` : command;
      failed = outcome.failed;
      if (failed) break;
    }
    if (!failed) return `Done as the skill ${name} says.`;
  }
  const habit = family && fill(family.habit, values);
  if (family === undefined || habit === undefined) return 'I do not know how to do this.';
  const first = yield habit;
  if (!family.doubt.test(first.text)) return 'Done.';
  return yield* search(task, values, habit);
}

/** Something looked wrong: looks around, which costs, and follows a note if it finds one. */
function* search(
  task: string,
  values: ReadonlyMap<string, string>,
  habit: string,
): Generator<string, string, Outcome> {
  yield 'ls -la; ls -la docs';
  yield 'cat docs/team.md';
  yield 'cat docs/style.md';
  const note = yield `cat ${NOTE_PATH} || echo 'no notes'`;
  for (const command of isFor(note.text, task) ? readCommands(note.text, values) : []) {
    const outcome = yield command;
    if (!outcome.failed) return `Done; the obvious way had failed, and ${NOTE_PATH} says how.`;
  }
  yield fill(`head -c 300 {${values.has('in') ? 'in' : 'out'}} | od -c | head -n 8`, values) ?? 'ls';
  yield habit;
  return 'I wrote a result but I doubt that it is right.';
}

function textOf(message: Message): string {
  if ('parts' in message)
    return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return message.text;
}
