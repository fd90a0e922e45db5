// Takes shell text apart by its grammar: every simple command in it, wherever it hides, and what could not be read.
import {
  type Assignment,
  type Command,
  forEachChild,
  parse,
  type Redirect,
  type SyntaxNode,
  type Word,
} from 'unbash';

/** A word of a command. `text` is what the shell makes of its quotes and escapes. */
export interface ShellWord {
  readonly text: string;
  /** `fixed`: exactly this text; `pattern`: file names that fit; `computed`: known only when it runs. */
  readonly kind: 'fixed' | 'pattern' | 'computed';
}

/** One program, built-in or function call with its arguments. */
export interface SimpleCommand {
  /** The first is the name. Empty for a mere assignment or redirection. */
  readonly words: readonly ShellWord[];
  readonly assignments: readonly string[];
  /** Files that redirections read and write. */
  readonly readsFrom: readonly ShellWord[];
  readonly writesTo: readonly ShellWord[];
}

export interface ShellReading {
  readonly commands: readonly SimpleCommand[];
  /** Why the text can't be judged for certain; empty if it was understood. */
  readonly unclear: readonly string[];
}

/** Longer scripts are not taken apart: nobody could review them either. */
const MAX_CHARACTERS = 64 * 1024;

/** Reads shell text. Never throws; what can't be read is in `unclear`. */
export function readShell(text: string): ShellReading {
  if (text.length > MAX_CHARACTERS) return { commands: [], unclear: ['the script is very long'] };
  // The shell ends its text at NUL, other programs may not: nobody writes that in good faith.
  if (text.includes('\0')) return { commands: [], unclear: ['it contains a NUL character'] };
  const commands: SimpleCommand[] = [];
  const unclear: string[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'Script' && 'errors' in node) {
      for (const error of node.errors ?? []) unclear.push(`it can't be parsed: ${error.message}`);
    }
    if (node.type === 'Command') commands.push(simpleCommand(node));
    if (node.type === 'Redirected') {
      const redirects = node.redirects.filter((item) => item.type === 'Redirect');
      if (redirects.length > 0) commands.push({ words: [], assignments: [], ...redirections(redirects) });
    }
    if (node.type === 'CommandExpansion' && node.script === undefined)
      unclear.push('a substitution can’t be read');
    // `((` may also open two subshells: the shell decides that later than a parser can.
    if (node.type === 'ArithmeticCommand' && !isPlainArithmetic(node.body))
      unclear.push('its arithmetic is odd');
    if (node.type === 'Coproc') unclear.push('it starts a coprocess');
    forEachChild(node, visit);
  };
  visit(parse(text));
  return { commands, unclear };
}

function simpleCommand(node: Command): SimpleCommand {
  const args = node.args.map((argument) =>
    argument.type === 'Word' ? shellWord(argument) : { text: argument.text, kind: 'computed' as const },
  );
  return {
    words: node.name === undefined ? [] : [shellWord(node.name), ...args],
    assignments: node.prefix
      .filter((item): item is Assignment => item.type === 'Assignment')
      .map(({ name }) => name),
    ...redirections(node.redirects.filter((item) => item.type === 'Redirect')),
  };
}

function redirections(redirects: readonly Redirect[]): Pick<SimpleCommand, 'readsFrom' | 'writesTo'> {
  const readsFrom: ShellWord[] = [];
  const writesTo: ShellWord[] = [];
  for (const { operator, target } of redirects) {
    if (target === undefined) continue;
    const word = shellWord(target);
    // `2>&1` and `<&3` copy a descriptor; `>&file` writes one.
    if (/^(?:\d+-?|-)$/.test(word.text) && operator.endsWith('&')) continue;
    if (operator === '<' || operator === '<&') readsFrom.push(word);
    else writesTo.push(word);
  }
  return { readsFrom, writesTo };
}

function shellWord(word: Word): ShellWord {
  let kind: ShellWord['kind'] = 'fixed';
  const visit = (node: SyntaxNode): void => {
    if (/Expansion$|Substitution$/.test(node.type)) kind = 'computed';
    else if (/Glob$/.test(node.type) && kind === 'fixed') kind = 'pattern';
    if (node.type !== 'CommandExpansion' && node.type !== 'ProcessSubstitution') forEachChild(node, visit);
  };
  forEachChild(word, visit);
  return { text: word.value, kind };
}

const isPlainArithmetic = (body: string) =>
  /^[\w\s$+\-*/%=<>!&|^~?:,()[\]{}#"'.]*$/.test(body) && !/\w\s+[a-z_]/i.test(body);
