// `openspace config`: settings with their values and origins; trusting a folder.
import { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import {
  isTrusted,
  SETTING_KEYS,
  SETTINGS,
  setTrust,
  settingText,
  trustedFolders,
} from '../../config/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';

export function build(context: CliContext): Command {
  const config = new Command('config').description('Show settings and where each comes from.');
  config
    .option('--explain', 'all settings with what they are for, not only those that are set')
    .option('--json', 'print JSON')
    .option('-c, --config <file>', 'settings file to read as well')
    .action(async (flags: { explain?: boolean; json?: boolean; config?: string }) => {
      const loaded = await context.loadConfig({ configFile: flags.config });
      if (flags.json) context.stdout(`${JSON.stringify(toJson(loaded, flags.explain === true), null, 2)}\n`);
      else showSettings(loaded, flags.explain === true, context);
    });
  config
    .command('trust [folder]')
    .description('Let a project’s settings and .env set keys, addresses, MCP servers and rules.')
    .option('--remove', 'stop trusting it')
    .option('--list', 'show the trusted folders')
    .action(async (folder: string | undefined, flags: { remove?: boolean; list?: boolean }) => {
      const { home, cwd } = await context.loadConfig();
      if (flags.list) {
        for (const path of trustedFolders(home)) context.stdout(`${path}\n`);
        return;
      }
      const path = folder ?? cwd;
      setTrust(home, path, flags.remove !== true, new Date());
      context.stderr(`${path} is ${isTrusted(home, path) ? 'trusted' : 'not trusted'} now.\n`);
    });
  const approvals = config.command('approvals').description('Decisions that you asked to be remembered.');
  approvals
    .command('list', { isDefault: true })
    .description('Show them.')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const all = (await openRemembered(context)).list();
      if (flags.json) context.stdout(`${JSON.stringify(all, null, 2)}\n`);
      else if (all.length === 0) context.stdout('Nothing is remembered.\n');
      else
        for (const { id, decision, about, value, workspace } of all)
          context.stdout(`${id}  ${decision.padEnd(5)}  ${about} ${value}  ${pc.dim(`in ${workspace}`)}\n`);
    });
  approvals
    .command('revoke <id>')
    .description('Forget one, so that you are asked again.')
    .action(async (id: string) => {
      const { about, value } = (await openRemembered(context)).revoke(id);
      context.stderr(`Forgotten: ${about} ${value}\n`);
    });
  return config;
}

function showSettings(config: Config, explain: boolean, { stdout }: CliContext): void {
  stdout(`${pc.dim('data home')}  ${config.home}\n`);
  const keys = SETTING_KEYS.filter((key) => explain || config.originOf(key) !== 'default');
  const width = Math.max(0, ...keys.map((key) => key.length));
  for (const key of keys) {
    const value = settingText(config, key) ?? pc.dim('not set');
    stdout(`${pc.bold(key.padEnd(width))}  ${value}  ${pc.dim(`← ${config.originOf(key)}`)}\n`);
    if (!explain) continue;
    const setting = SETTINGS[key];
    const variables = 'env' in setting ? ` Variables: ${setting.env.join(', ')}.` : '';
    stdout(`${' '.repeat(width)}  ${pc.dim(setting.doc + variables)}\n`);
  }
  if (keys.length === 0)
    stdout('Nothing is set; all settings have their defaults. See them with: openspace config --explain\n');
}

function toJson(config: Config, explain: boolean) {
  const keys = SETTING_KEYS.filter((key) => explain || config.originOf(key) !== 'default');
  return {
    home: config.home,
    settings: Object.fromEntries(
      keys.map((key) => {
        const value =
          'secret' in SETTINGS[key] ? (settingText(config, key) ?? null) : (config.get(key) ?? null);
        return [key, { value, origin: config.originOf(key), ...(explain ? { doc: SETTINGS[key].doc } : {}) }];
      }),
    ),
    notices: config.notices,
  };
}

/** Loaded only where it is asked for: showing settings has to start at once. */
async function openRemembered(context: CliContext) {
  const { rememberedApprovals } = await import('../../engine/index.ts');
  return rememberedApprovals(await context.loadConfig());
}
