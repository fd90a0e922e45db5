// `npm run docs`: writes the pages that are made from code. With --check it only says which of them are out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { PROVIDERS } from '../src/agent/index.ts';
import { configureCommand } from '../src/cli/commander-setup.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import type { CliContext } from '../src/cli/context.ts';
import { IGNORED_VARIABLES, ORIGINAL_KEYS, SETTING_KEYS, SETTINGS } from '../src/config/index.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string) => `\`${cell(text)}\``;
const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]) =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n');
const page = (summary: string, readWhen: string, body: string) =>
  `---\nsummary: ${summary}\nread_when: ${readWhen}\n---\n<!-- Made by \`npm run docs\`. -->\n${body.trim()}\n`;

function settingsPage(): string {
  const rows = SETTING_KEYS.map((key) => {
    const setting = SETTINGS[key];
    const variables = 'env' in setting ? setting.env.map(code).join(', ') : '';
    const standard = 'default' in setting ? code(JSON.stringify(setting.default)) : '';
    return row(code(key), variables, standard, cell(setting.doc) + ('guarded' in setting ? ' *' : ''));
  });
  const providers = PROVIDERS.map(({ id, aliases, title, keyVariables, baseVariables, defaultBaseUrl }) =>
    row(
      code(id) + aliases.map((alias) => `, ${code(alias)}`).join(''),
      title,
      keyVariables.map(code).join(', '),
      baseVariables.map(code).join(', '),
      defaultBaseUrl ?? '',
    ),
  );
  return page(
    'Every setting with its variables, default and purpose, and every model provider with its variables.',
    'setting OpenSpace up, or adding a setting',
    `# Settings

Settings are read from, first wins: flags, \`--config FILE\`, the process environment (\`OPENSPACE_LLM_CONFIG\` before the single variables), \`.env\` in the current folder, \`.openspace/config.json\` of the project, \`config.json\` in the data home, nanobot's and OpenClaw's own settings, the default. Files are JSON with comments; a name like \`shell.timeout_s\` is \`{"shell": {"timeout_s": 60}}\`. A blank value counts as unset. \`openspace config --explain\` shows each value and where it comes from.

Settings marked * can't be set by a project folder that you have not trusted (\`openspace config trust\`).

${table(['Setting', 'Variables', 'Default', 'What it is for'], rows)}

## Model providers

${table(['Provider', 'Name', 'Key', 'Base URL', 'Default base URL'], providers)}
`,
  );
}

function originalPage(): string {
  const fate = (key: string) => {
    const entry = ORIGINAL_KEYS[key];
    if (entry === undefined) return '';
    if ('to' in entry) return `mapped to ${code(entry.to)}`;
    return 'ignored' in entry
      ? `ignored, with a notice: ${entry.ignored}`
      : `refused if ${cell(entry.refusedIf)}`;
  };
  const keys = Object.keys(ORIGINAL_KEYS).map((key) => row(code(key), fate(key)));
  const variables = Object.entries(IGNORED_VARIABLES).map(([name, why]) =>
    row(code(name), `ignored, with a notice: ${why}`),
  );
  return page(
    'What becomes of each setting of the original.',
    'moving from the original OpenSpace',
    `# Coming from the original

The original's settings files are understood where you name them: \`--config FILE\`, \`OPENSPACE_CONFIG_PATH\`, \`OPENSPACE_CONFIG_JSON\`. Its flags and variables keep their names. Each key is mapped, ignored with a notice, or refused:

${table(['Key or variable', 'Here'], [...keys, ...variables])}

Skills, their history and recordings come over with \`openspace skills import <folder | zip | openspace.db>\`; nothing is written to the source.
`,
  );
}

async function commandsPage(): Promise<string> {
  const context: CliContext = {
    stdout: () => undefined,
    stderr: () => undefined,
    stdin: process.stdin,
    isTerminal: false,
    canAsk: false,
    columns: 100,
    env: {},
    cwd: '/',
    userHome: '/',
    signal: new AbortController().signal,
    exitCode: 0,
    loadConfig: () => Promise.reject(new Error('help needs no settings')),
    ask: async () => false,
  };
  const sections: string[] = [];
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = configureCommand((await entry.load()).build(context, COMMANDS), context);
    sections.push(`## openspace ${name}\n\n${helpOf(command)}`);
  }
  return page('The help of every command.', 'looking for a flag', `# Commands\n\n${sections.join('\n\n')}`);
}

function helpOf(command: Command): string {
  const own = `\`\`\`text\n${command.helpInformation().trim()}\n\`\`\``;
  return [own, ...command.commands.map(helpOf)].join('\n\n');
}

const pages: Readonly<Record<string, string>> = {
  'docs/guide/settings.md': settingsPage(),
  'docs/guide/from-the-original.md': originalPage(),
  'docs/guide/commands.md': await commandsPage(),
};
const stale = Object.entries(pages).filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.log(`${path} is out of date: npm run docs`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [path, text] of stale) writeFileSync(join(root, path), text);
  console.log(`${stale.length} of ${Object.keys(pages).length} pages written`);
}
