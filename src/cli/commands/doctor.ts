// `openspace doctor`: what works, what does not, and what to do about it.
import { Command } from 'commander';
import { type Check, examineSetup } from '../../engine/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { addGlobalFlags, flagSettings, type GlobalFlags } from '../global-flags.ts';
import { readKey } from './run.ts';

const MARKS: Record<Check['status'], string> = {
  ok: pc.green('✓'),
  warn: pc.yellow('!'),
  fail: pc.red('✗'),
  off: pc.dim('–'),
};

export function build(context: CliContext): Command {
  const command = new Command('doctor').description(
    'Check the set-up. Makes one small real call for each configured model.',
  );
  return addGlobalFlags(command)
    .option('--offline', 'make no calls')
    .option('--json', 'print JSON')
    .action(async (flags: GlobalFlags & { offline?: boolean; json?: boolean }) => {
      const config = await context.loadConfig({
        configFile: flags.config,
        flags: flagSettings(flags, (given) => readKey(given, context)),
      });
      const checks: Check[] = [];
      for await (const check of examineSetup(config, {
        offline: flags.offline === true,
        signal: context.signal,
      })) {
        checks.push(check);
        if (!flags.json)
          context.stdout(
            `${MARKS[check.status]} ${pc.bold(check.name.padEnd(17))} ${check.detail}\n${hintLines(check)}`,
          );
      }
      const works = checks.every((check) => check.status !== 'fail');
      if (flags.json)
        context.stdout(`${JSON.stringify({ works, checks, notices: config.notices }, null, 2)}\n`);
      else
        context.stdout(
          works
            ? '\nAll that is configured works.\n'
            : `\n${checks.filter((check) => check.status === 'fail').length} of the checks failed.\n`,
        );
      context.exitCode = works ? EXIT.done : EXIT.notDone;
    });
}

function hintLines({ hint }: Check): string {
  return hint === undefined
    ? ''
    : hint
        .split('\n')
        .map((line) => `  ${' '.repeat(17)} ${pc.cyan(`→ ${line}`)}\n`)
        .join('');
}
