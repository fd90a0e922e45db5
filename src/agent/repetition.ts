// Notices a model that makes the same call and gets the same result over and over.
import { sha256 } from '../lib/index.ts';
import type { CallResult } from './tool-calls.ts';
import type { Part, ToolResult } from './types.ts';

/** How many of the last calls are looked at. */
const WINDOW = 16;
const NUDGE_AT = 3;
const END_AT = 5;

export interface RepetitionCheck {
  /** The same results; one that was seen too often also tells the model so. */
  look(results: readonly CallResult[]): readonly CallResult[];
  /** True once the telling did not help. */
  readonly stuck: boolean;
}

export function createRepetitionCheck(): RepetitionCheck {
  const recent: string[] = [];
  let stuck = false;
  return {
    get stuck() {
      return stuck;
    },
    look: (results) =>
      results.map((one) => {
        const print = fingerprint(one);
        recent.push(print);
        if (recent.length > WINDOW) recent.shift();
        const times = recent.filter((other) => other === print).length;
        if (times >= END_AT) stuck = true;
        return times >= NUDGE_AT ? { ...one, result: withNudge(one.result, times) } : one;
      }),
  };
}

function fingerprint({ call, result }: CallResult): string {
  const parts = result.parts.map((part) => (part.type === 'text' ? part.text : sha256(part.data)));
  return sha256(JSON.stringify([call.name, call.args ?? call.rawArgs, result.isError, parts]));
}

function withNudge(result: ToolResult, times: number): ToolResult {
  const text = `[This is the same call with the same result for the ${times}th time. Try something else, or end with what you have and say what is in the way.]`;
  const nudge: Part = { type: 'text', text: times === 3 ? text.replace('3th', '3rd') : text };
  return { ...result, parts: [...result.parts, nudge] };
}
