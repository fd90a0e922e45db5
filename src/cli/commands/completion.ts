// `openspace completion`: scripts that complete commands and flags in a shell.
import { Argument, Command } from 'commander';
import type { CommandTable } from '../commands.ts';
import type { CliContext } from '../context.ts';

export function build(context: CliContext, commands: CommandTable): Command {
  return new Command('completion')
    .description('Print a completion script. For bash: source <(openspace completion bash)')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string) => {
      const words = await collectWords(context, commands);
      context.stdout(shell === 'bash' ? bash(words) : shell === 'zsh' ? zsh(words) : fish(words, commands));
    });
}

/** Sub-commands and flags of every command, read from the commands themselves. */
async function collectWords(
  context: CliContext,
  commands: CommandTable,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const words = new Map<string, readonly string[]>();
  for (const [name, entry] of Object.entries(commands)) {
    const command = name === 'completion' ? undefined : (await entry.load()).build(context, commands);
    const flags = [command, ...(command?.commands ?? [])].flatMap(
      (item) => item?.options.map((option) => option.long ?? '') ?? [],
    );
    const children = command?.commands.map((child) => child.name()) ?? ['bash', 'zsh', 'fish'];
    words.set(name, [...new Set([...children, ...flags.filter((flag) => flag !== '')])]);
  }
  return words;
}

function bash(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([name, items]) => `    ${name}) words="${items.join(' ')}" ;;`);
  return `_openspace() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then words="${[...words.keys()].join(' ')}"; else
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _openspace openspace
`;
}

function zsh(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([name, items]) => `    ${name}) compadd -- ${items.join(' ')} ;;`);
  return `#compdef openspace
_openspace() {
  if (( CURRENT == 2 )); then compadd -- ${[...words.keys()].join(' ')}; return; fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
  _files
}
compdef _openspace openspace
`;
}

function fish(words: ReadonlyMap<string, readonly string[]>, commands: CommandTable): string {
  const lines = [...words].flatMap(([name, items]) => [
    `complete -c openspace -n __fish_use_subcommand -a ${name} -d '${(commands[name]?.summary ?? '').replaceAll("'", '’')}'`,
    `complete -c openspace -n '__fish_seen_subcommand_from ${name}' -a '${items.join(' ')}'`,
  ]);
  return `${lines.join('\n')}\n`;
}
