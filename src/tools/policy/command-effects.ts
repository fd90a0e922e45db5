// What a shell command would do, as far as its text tells: its effects, files and hosts. Looks through wrappers.
import { posix } from 'node:path';
import { type Effect, effectOf, USUAL_HOSTS } from './known-commands.ts';
import { readShell, type ShellWord, type SimpleCommand } from './shell-grammar.ts';

export interface CommandPart {
  /** The command in one line, computed pieces as the shell text has them. */
  readonly line: string;
  readonly effect: Effect;
  /** True if a piece of it is known only when it runs. */
  readonly computed: boolean;
}

export interface CommandFacts {
  readonly parts: readonly CommandPart[];
  /** The gravest of the parts' effects, `print` counted as `read`. */
  readonly effect: Exclude<Effect, 'print'>;
  /** Files that are read and written by name, as written. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Reads files whose names are not known before it runs. */
  readonly readsUnnamed: boolean;
  /** Hosts that are contacted; `?` for one that can't be told. */
  readonly hosts: readonly string[];
  readonly unclear: readonly string[];
}

const GRAVITY: readonly Effect[] = ['print', 'read', 'write', 'unknown', 'network', 'outside'];
const graver = (a: Effect, b: Effect) => (GRAVITY.indexOf(a) >= GRAVITY.indexOf(b) ? a : b);

/** Commands that start another one: how many of their own words come before it. */
const WRAPPERS: Readonly<Record<string, (args: readonly ShellWord[]) => readonly ShellWord[]>> = {
  command: (args) =>
    /^-[vV]$/.test(args[0]?.text ?? '')
      ? [{ text: 'type', kind: 'fixed' }, ...args.slice(1)]
      : skipOptions(args),
  builtin: skipOptions,
  exec: (args) => skipOptions(args, ['-a']),
  nohup: skipOptions,
  time: (args) => skipOptions(args, ['-f', '-o']),
  nice: (args) => skipOptions(args, ['-n']),
  ionice: (args) => skipOptions(args, ['-c', '-n', '-p']),
  stdbuf: (args) => skipOptions(args, ['-i', '-o', '-e']),
  setsid: skipOptions,
  timeout: (args) => skipOptions(args, ['-s', '-k', '--signal', '--kill-after']).slice(1),
  xargs: (args) => skipOptions(args, ['-I', '-n', '-P', '-d', '-L', '-s', '-a', '-E']),
  env: (args) => skipOptions(args, ['-u', '-C']).slice(0),
};

function skipOptions(args: readonly ShellWord[], withValue: readonly string[] = []): readonly ShellWord[] {
  let at = 0;
  while (at < args.length && args[at]?.text.startsWith('-')) {
    const option = args[at]?.text ?? '';
    at += 1;
    if (option === '--') break;
    if (withValue.includes(option)) at += 1;
  }
  return args.slice(at);
}

const SHELLS = new Set(['bash', 'sh', 'dash', 'zsh', 'ksh', 'ash']);
const SYSTEM_FOLDERS = /^\/(?:usr\/(?:local\/)?)?s?bin\//;
/** Variables that don't change which program runs or what it loads. */
const HARMLESS_VARIABLE =
  /^(?:LANG|LC_[A-Z]+|TZ|NO_COLOR|FORCE_COLOR|CI|DEBUG|NODE_ENV|COLUMNS|LINES|TERM|VERBOSE)$/;
const DANGEROUS_VARIABLE =
  /^(?:PATH|IFS|ENV|BASH_.*|LD_.*|DYLD_.*|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|CDPATH|GLOBIGNORE)$/;
const MAX_DEPTH = 8;

/** Judges shell text. What is not understood has the effect `unknown`. */
export function commandFacts(text: string): CommandFacts {
  const facts = new FactsBuilder();
  facts.addScript(text, 0);
  return facts.finish();
}

class FactsBuilder {
  readonly #parts: CommandPart[] = [];
  readonly #reads: string[] = [];
  readonly #writes: string[] = [];
  readonly #hosts = new Set<string>();
  readonly #unclear: string[] = [];
  #readsUnnamed = false;

  addScript(text: string, depth: number): void {
    if (depth > MAX_DEPTH) {
      this.#unclear.push('shells are nested too deeply');
      return;
    }
    const { commands, unclear } = readShell(text);
    this.#unclear.push(...unclear);
    for (const command of commands) this.#addCommand(command, depth);
  }

  #addCommand(command: SimpleCommand, depth: number): void {
    for (const word of command.readsFrom) this.#addRead(word);
    for (const word of command.writesTo) this.#addWrite(word);
    let effect = this.#effectOfWords(command.words, depth);
    const isBare = command.words.length === 0;
    const isHarmless = (name: string) =>
      isBare ? !DANGEROUS_VARIABLE.test(name) : HARMLESS_VARIABLE.test(name);
    if (!command.assignments.every(isHarmless)) effect = graver(effect, 'unknown');
    if (command.writesTo.some(({ text }) => !/^\/dev\/(?:null|stdout|stderr)$/.test(text)))
      effect = graver(effect, 'write');
    this.#parts.push({
      line: lineOf(command.words),
      effect,
      computed: command.words.some(({ kind }) => kind === 'computed'),
    });
  }

  #effectOfWords(words: readonly ShellWord[], depth: number): Effect {
    const [first, ...args] = words;
    if (first === undefined) return 'print';
    if (first.kind !== 'fixed') {
      this.#unclear.push('the name of a command is computed');
      return 'unknown';
    }
    const name = plainName(first.text);
    if (depth > MAX_DEPTH) return 'unknown';
    if (SHELLS.has(name)) return this.#shell(args, depth);
    if (name === 'eval') return this.#evaluated(args, depth);
    if (name === 'source' || name === '.' || name === 'trap') return 'unknown';
    const wrapper = WRAPPERS[name];
    if (wrapper !== undefined) return this.#wrapped(name, wrapper(args), depth);
    if (name === 'find') this.#findPrograms(args, depth);
    return this.#plain(name, args);
  }

  #shell(args: readonly ShellWord[], depth: number): Effect {
    const at = args.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
    const script = at === -1 ? undefined : args[at + 1];
    if (script === undefined) return 'unknown'; // a script file, or its input
    if (script.kind !== 'fixed') {
      this.#unclear.push('a script is computed');
      return 'unknown';
    }
    this.addScript(script.text, depth + 1);
    return args.slice(0, at).every(({ text }) => /^-[a-z]+$/.test(text)) ? 'print' : 'unknown';
  }

  #evaluated(args: readonly ShellWord[], depth: number): Effect {
    if (args.some(({ kind }) => kind !== 'fixed')) {
      this.#unclear.push('a script is computed');
      return 'unknown';
    }
    this.addScript(args.map(({ text }) => text).join(' '), depth + 1);
    return 'print';
  }

  #wrapped(name: string, rest: readonly ShellWord[], depth: number): Effect {
    let inner = rest;
    let effect: Effect = 'print';
    while (name === 'env' && inner[0] !== undefined && /^[A-Za-z_]\w*=/.test(inner[0].text)) {
      if (!HARMLESS_VARIABLE.test(inner[0].text.split('=')[0] ?? '')) effect = 'unknown';
      inner = inner.slice(1);
    }
    if (name === 'xargs') this.#readsUnnamed = true;
    if (inner.length === 0) return effect;
    this.#parts.push({
      line: lineOf(inner),
      effect: 'print',
      computed: name === 'xargs' || inner.some(({ kind }) => kind === 'computed'),
    });
    return graver(effect, this.#effectOfWords(inner, depth + 1));
  }

  #findPrograms(args: readonly ShellWord[], depth: number): void {
    args.forEach(({ text }, at) => {
      if (!/^-(?:exec|execdir|ok|okdir)$/.test(text)) return;
      const rest = args.slice(at + 1);
      const end = rest.findIndex((word) => word.text === ';' || word.text === '+');
      const inner = end === -1 ? rest : rest.slice(0, end);
      const effect = this.#effectOfWords(inner, depth + 1);
      this.#parts.push({ line: lineOf(inner), effect, computed: true });
    });
  }

  #plain(name: string, args: readonly ShellWord[]): Effect {
    const effect = effectOf(
      name,
      args.map(({ text }) => text),
    );
    // An option that is computed could be any option.
    const mayBeOption = args.some((word) => word.kind === 'computed' && !/^[^$`]/.test(word.text));
    if (effect === 'network') this.#addHosts(name, args);
    if (effect === 'read') for (const word of args) this.#addRead(word);
    if (effect === 'write') for (const word of args) this.#addWrite(word);
    if (name === 'echo' || name === 'printf' || name === 'test' || name === '[') return effect;
    return mayBeOption && effect === 'read' ? 'unknown' : effect;
  }

  #addRead(word: ShellWord): void {
    if (word.text.startsWith('-') && word.kind === 'fixed') {
      const value = /^--?[\w-]+=(.+)$/.exec(word.text)?.[1];
      if (value !== undefined) this.#reads.push(value);
    } else if (word.kind === 'fixed') this.#reads.push(word.text);
    else this.#readsUnnamed = true;
  }

  #addWrite(word: ShellWord): void {
    if (word.kind === 'fixed' && !word.text.startsWith('-')) this.#writes.push(word.text);
  }

  #addHosts(name: string, args: readonly ShellWord[]): void {
    const found = args.filter(({ kind }) => kind !== 'computed').flatMap(({ text }) => hostIn(text) ?? []);
    const usual = found.length === 0 ? USUAL_HOSTS[name] : undefined;
    for (const host of [...found, ...(usual ?? [])]) this.#hosts.add(host);
    if (found.length === 0 && usual === undefined) this.#hosts.add('?');
    if (args.some(({ kind }) => kind === 'computed')) this.#hosts.add('?');
  }

  finish(): CommandFacts {
    const start: Effect = this.#unclear.length > 0 ? 'unknown' : 'print';
    const gravest = this.#parts.reduce<Effect>((worst, { effect }) => graver(worst, effect), start);
    return {
      parts: this.#parts.filter(({ line }) => line !== ''),
      effect: gravest === 'print' ? 'read' : gravest,
      reads: this.#reads,
      writes: this.#writes,
      readsUnnamed: this.#readsUnnamed,
      hosts: [...this.#hosts],
      unclear: this.#unclear,
    };
  }
}

/** `/bin/rm` is `rm`, for tables and rules alike. */
const plainName = (text: string) => (SYSTEM_FOLDERS.test(text) ? posix.basename(text) : text);

function lineOf(words: readonly ShellWord[]): string {
  const [first, ...args] = words.map(({ text }) => text);
  return first === undefined ? '' : [plainName(first), ...args].join(' ');
}

/** The host of a URL, `user@host:path`, or bare `host.name/path`. */
function hostIn(text: string): string | undefined {
  if (text.startsWith('-')) return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = URL.parse(text);
    return url === null ? '?' : url.hostname.replace(/^\[|\]$/g, '');
  }
  const remote = /^(?:[\w.-]+@)?([\w.-]+\.[\w-]+|\w+):(?!\\)/.exec(text)?.[1];
  if (remote !== undefined) return remote;
  return /^([\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:\/|$)/.exec(text)?.[1];
}
