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
    look: (results) => {
      const prints = results.map(fingerprint);
      recent.push(...new Set(prints)); // the same call twice in one turn is clumsy, not stuck
      recent.splice(0, recent.length - WINDOW);
      return results.map((one, index) => {
        const times = recent.filter((other) => other === prints[index]).length;
        if (times >= END_AT) stuck = true;
        return times >= NUDGE_AT ? { ...one, result: withNudge(one.result, times) } : one;
      });
    },
  };
}

function fingerprint({ call, result }: CallResult): string {
  const parts = result.parts.map((part) => (part.type === 'text' ? part.text : sha256(part.data)));
  return sha256(JSON.stringify([call.name, call.args ?? call.rawArgs, result.isError, parts]));
}

function withNudge(result: ToolResult, times: number): ToolResult {
  const text = `[The same call has now given the same result ${times} times. Try something else, or end with what you have and say what is in the way.]`;
  const nudge: Part = { type: 'text', text };
  return { ...result, parts: [...result.parts, nudge] };
}
