// The author's name for commits made in a sandbox: copied without the rest of the user's git settings.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfPresent } from '../../lib/index.ts';

const FILES = ['.gitconfig', join('.config', 'git', 'config')];
const WANTED: Readonly<Record<string, readonly string[]>> = {
  user: ['name', 'email'],
  init: ['defaultbranch'],
  core: ['autocrlf', 'eol', 'quotepath'],
};

/** Writes a `.gitconfig` into the sandbox's home. Helpers, headers and URLs with credentials stay behind. */
export function copyGitIdentity(userHome: string, sandboxHome: string): void {
  const lines = FILES.flatMap((file) => identityLines(readTextIfPresent(join(userHome, file)) ?? ''));
  if (lines.length > 0) writeFileSync(join(sandboxHome, '.gitconfig'), `${lines.join('\n')}\n`);
}

function identityLines(text: string): string[] {
  const lines: string[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const header = /^\s*\[\s*([a-z]+)\s*\]\s*$/i.exec(line)?.[1];
    if (header !== undefined || /^\s*\[/.test(line)) {
      section = header?.toLowerCase() ?? '';
      continue;
    }
    const [, name = '', value = ''] = /^\s*([a-z]+)\s*=\s*([^\\]*)$/i.exec(line) ?? [];
    if (WANTED[section]?.includes(name.toLowerCase())) lines.push(`[${section}]`, `\t${name} = ${value}`);
  }
  return lines;
}
