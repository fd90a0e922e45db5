// Tool calls as they really came over an OpenAI-like stream, beside what the SDK's package makes of them.

interface RawCall {
  readonly id: string;
  readonly name: string;
  args: string;
}

/**
 * The OpenRouter package replaces cut-off arguments by `{}` and leaves calls out when the output limit was hit;
 * a tool would then run with arguments that nobody sent. Reading the chunks as well shows what was sent.
 */
export class RawCalls {
  readonly #byIndex = new Map<number, RawCall>();

  add(chunk: unknown): void {
    for (const { index, id, name, args } of deltasOf(chunk)) {
      const known = this.#byIndex.get(index);
      if (known === undefined) this.#byIndex.set(index, { id, name, args });
      else known.args += args;
    }
  }

  argsOf(id: string): string | undefined {
    return this.#find(id)?.args;
  }

  /** Calls that began on the wire but are not among `ids`. */
  missing(ids: readonly string[]): RawCall[] {
    return [...this.#byIndex.values()].filter((call) => call.id !== '' && !ids.includes(call.id));
  }

  #find(id: string): RawCall | undefined {
    return [...this.#byIndex.values()].find((call) => call.id === id);
  }
}

function deltasOf(chunk: unknown): { index: number; id: string; name: string; args: string }[] {
  const choice = listOf(fieldOf(chunk, 'choices'))[0];
  const calls = listOf(fieldOf(fieldOf(choice, 'delta'), 'tool_calls'));
  return calls.flatMap((call) => {
    const index = fieldOf(call, 'index');
    if (typeof index !== 'number') return [];
    const called = fieldOf(call, 'function');
    return [
      {
        index,
        id: textOf(fieldOf(call, 'id')),
        name: textOf(fieldOf(called, 'name')),
        args: textOf(fieldOf(called, 'arguments')),
      },
    ];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
