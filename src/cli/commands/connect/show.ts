// What connect and disconnect show before they write, and how they ask.
import { createTwoFilesPatch } from 'diff';
import {
  type ConnectPlaces,
  changesAnything,
  findHost,
  HOSTS,
  type HostAdapter,
  type Plan,
  type PlannedFile,
} from '../../../hosts/connect/index.ts';
import { createRedactor, nearest, OpenSpaceError } from '../../../lib/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import { EXIT } from '../../failure.ts';

export interface WriteFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function placesOf({ env, userHome }: CliContext): ConnectPlaces {
  return { variable: (name) => env[name]?.trim() || undefined, userHome, platform: process.platform };
}

/** Throws `usage` with the nearest name if there is no such host. */
export function needHost(name: string): HostAdapter {
  const host = findHost(name);
  if (host !== undefined) return host;
  const ids = HOSTS.map(({ id }) => id);
  const guess = nearest(name, ids);
  throw new OpenSpaceError('usage', `There is no host "${name}".`, {
    hint: `${guess === undefined ? '' : `Did you mean ${guess}? `}Hosts: ${ids.join(', ')}.`,
  });
}

/** Values under telling names, in JSON, TOML and YAML alike. */
const SECRET_VALUE =
  /((?:^|["'\s{,])[\w.-]*(?:key|token|secret|password|passwd|credential|authorization)[\w.-]*["']?\s*[:=]\s*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,}"'[{]+)/gim;

/** A unified diff in which nothing that looks like a key is shown. */
function diffOf({ file, before, after }: PlannedFile, { hidden }: Plan): string {
  const redactor = createRedactor(hidden);
  const names = [
    before === undefined ? '/dev/null' : file,
    after === undefined ? '/dev/null' : file,
  ] as const;
  const patch = createTwoFilesPatch(...names, before ?? '', after ?? '', undefined, undefined, {
    context: 2,
  });
  const body = patch.slice(patch.indexOf('--- ')).replaceAll('\r', '');
  return redactor.text(body.replaceAll(SECRET_VALUE, '$1"[redacted]"'));
}

export function showPlan(plan: Plan, { stdout }: CliContext): void {
  if (!changesAnything(plan)) {
    stdout(
      `${plan.host.title}: ${plan.kind === 'connect' ? 'is connected; nothing to change' : 'nothing to take back'}.\n`,
    );
  }
  for (const file of plan.files) {
    if (file.before !== file.after) stdout(`${colour(diffOf(file, plan))}\n`);
  }
  const verbs = { write: pc.green('+ write '), remove: pc.red('- remove '), none: '', kept: '' };
  for (const { file, action } of plan.skills) {
    if (action === 'kept') stdout(`${pc.yellow('!')} ${file} is not as we wrote it, so it stays as it is.\n`);
    else if (action !== 'none') stdout(`${verbs[action]}${file}\n`);
  }
}

const colour = (diff: string) =>
  diff
    .split('\n')
    .map((line) => (line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : line))
    .join('\n');

/** True if the changes may be written. Where nobody can be asked, `--yes` is needed. */
export async function confirm(plan: Plan, flags: WriteFlags, context: CliContext): Promise<boolean> {
  if (flags.yes) return true;
  if (!context.canAsk) {
    throw new OpenSpaceError('usage', 'Nothing was written, since nobody can be asked here.', {
      hint: 'Add --yes to write, or --dry-run to only look.',
    });
  }
  const action = plan.kind === 'connect' ? 'Write these changes?' : 'Take this back?';
  const reason = `They let ${plan.host.title} ${plan.kind === 'connect' ? 'call' : 'no longer call'} OpenSpace.`;
  const answer = await context.ask({ tool: plan.kind, action, reason });
  if (answer === true || answer === 'always') return true;
  context.stderr('Nothing was written.\n');
  context.exitCode = EXIT.notDone;
  return false;
}

export function toJson(plan: Plan, more: Readonly<Record<string, unknown>>): string {
  const files = plan.files
    .filter(({ before, after }) => before !== after)
    .map((file) => ({ file: file.file, diff: diffOf(file, plan) }));
  const skills = plan.skills.map(({ file, action }) => ({ file, action }));
  return `${JSON.stringify({ host: plan.host.id, action: plan.kind, files, skills, ...more }, null, 2)}\n`;
}
