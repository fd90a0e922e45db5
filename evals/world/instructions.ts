// How the stand-in reads: values from the words of a task, instructions from the words of a skill or a note.

/** A skill as it stands in the prompt. */
export interface ReadSkill {
  readonly name: string;
  readonly body: string;
}

/** `Input: \`a.csv\`` → the values that `{in}`, `{name}` and `{out}` stand for. */
export function readValues(taskText: string): ReadonlyMap<string, string> {
  const places: Record<string, string> = { Input: 'in', Name: 'name', Result: 'out' };
  const values = new Map<string, string>();
  for (const [, label, value] of taskText.matchAll(/\b(Input|Name|Result): `([^`]+)`/g)) {
    const place = places[label ?? ''];
    if (place !== undefined && value !== undefined) values.set(place, value);
  }
  return values;
}

/** The skills in a system text, in order. */
export function readSkills(systemText: string): readonly ReadSkill[] {
  return [...systemText.matchAll(/<skill name="([^"]+)"[^>]*>\n([\s\S]*?)\n<\/skill>/g)].map(
    ([, name = '', body = '']) => ({ name, body }),
  );
}

/** True if the text says that it is for such a task. A text that says nothing about that is for every task. */
export function isFor(text: string, taskText: string): boolean {
  const lines = [...text.matchAll(/^Use this for: (.+)$/gim)].map(([, line = '']) => line);
  if (lines.length === 0) return true;
  const task = taskText.toLowerCase();
  return lines.some((line) =>
    line.split(';').some((phrase) =>
      phrase
        .toLowerCase()
        .split(/[\s,.]+/)
        .filter((word) => word !== '')
        .every((word) => task.includes(word)),
    ),
  );
}

/** Commands of the `sh` blocks, with the task's values in place; one that names a value the task does not have is left out. */
export function readCommands(text: string, values: ReadonlyMap<string, string>): readonly string[] {
  return [...text.matchAll(/```sh\n([\s\S]*?)\n\s*```/g)]
    .map(([, block = '']) => fill(block, values))
    .filter((command) => command !== undefined);
}

/** Puts the task's values into a template. */
export function fill(template: string, values: ReadonlyMap<string, string>): string | undefined {
  let missing = false;
  const filled = template.replace(/\{(in|out|name)\}/g, (_, place: string) => {
    const value = values.get(place);
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : filled;
}
