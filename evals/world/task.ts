// A task of the simulated world: what is asked, the folder it starts in, and checks that a shell can run.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from './random.ts';

/** `trap`: the obvious way fails. `plain`: the obvious way is right, and what helps with the trap may be wrong. */
export type Situation = 'trap' | 'plain';

export interface StartFile {
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}

export interface Check {
  readonly name: string;
  /** Run by `sh` in the workspace; exit code 0 means that it holds. */
  readonly command: string;
}

/** What a family makes of a situation. */
export interface Made {
  /** Values of the task's text, by label: `Input`, `Result`, `Name`. The stand-in reads them from the text. */
  readonly labels: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string | StartFile>>;
  readonly checks: readonly Check[];
}

/** Lessons that an author may draw from the family. Each is the body of a skill; `{in}`, `{out}`, `{name}` are the task's values. */
export interface Lessons {
  /** Undefined: there is nothing to learn; the right lesson is to leave things alone. */
  readonly right: string | undefined;
  /** Right where it was learnt, wrong elsewhere. */
  readonly overGeneral: string;
  /** Wrong, also where it was learnt, or costly. */
  readonly harmful: string;
}

export interface Family {
  readonly id: string;
  /** Words that stand in every task of the family and in no other. */
  readonly about: string;
  /** First sentence of the task; `variant` chooses among wordings of the same wish. */
  readonly wish: readonly [string, string];
  /** Words of the wish by which the stand-in knows what to do by habit. */
  readonly habitFor: RegExp;
  /** What it does by habit, and what it looks at to see whether that went well. */
  readonly habit: string;
  /** Output of the habit that makes it doubt. */
  readonly doubt: RegExp;
  readonly skill: { readonly name: string; readonly description: string };
  readonly lessons: Lessons;
  /** Share of tasks with the trap. */
  readonly trapShare: number;
  make(random: Random, situation: Situation): Made;
}

export interface WorldTask {
  readonly id: string;
  readonly family: string;
  readonly situation: Situation;
  readonly text: string;
  readonly files: Readonly<Record<string, string | StartFile>>;
  readonly checks: readonly Check[];
  /** There is a note in the folder that tells how; to find it takes a long search. */
  readonly hasNote: boolean;
}

/** Writes the start of a task into an empty folder. */
export function layOut(task: WorldTask, folder: string): void {
  for (const [path, entry] of Object.entries(task.files)) {
    const file = typeof entry === 'string' || entry instanceof Uint8Array ? { content: entry } : entry;
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, file.content);
    if ('executable' in file && file.executable === true) chmodSync(to, 0o755);
  }
}

/** A check that a file's content is a value, whatever the white space around it. */
export function holds(file: string, value: string): Check {
  return {
    name: `${file} is right`,
    command: `[ "$(tr -d '[:space:]' < ${quote(file)})" = ${quote(value)} ]`,
  };
}

/** A check that a file has exactly these lines. */
export function hasLines(file: string, lines: readonly string[]): Check {
  const expected = lines.map((line) => quote(line)).join(' ');
  return {
    name: `${file} has the right lines`,
    command: `[ "$(cat ${quote(file)})" = "$(printf '%s\\n' ${expected})" ]`,
  };
}

/** A check that a file of the start is as it was. */
export function untouched(file: string, content: string): Check {
  const sum = `$(cksum < ${quote(file)})`;
  return {
    name: `${file} is untouched`,
    command: `[ "${sum}" = "$(printf '%s' ${quote(content)} | cksum)" ]`,
  };
}

export const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A script of the task's folder. */
export const script = (...lines: readonly string[]): StartFile => ({
  content: `#!/bin/sh\n${lines.join('\n')}\n`,
  executable: true,
});
