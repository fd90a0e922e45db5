// Opens the source that an address names: hub, repository, folder or web address.
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { OpenSpaceError } from '../../lib/index.ts';
import { openFolderSource } from './folder-source.ts';
import { openGitSource } from './git-source.ts';
import { openHubSource } from './hub-source.ts';
import type { Source, SourceWorld } from './source.ts';
import { openWebSource } from './web-source.ts';

/**
 * Turns what a person types into an address with its kind: `owner/repo` and `….git` are repositories (as `npx skills`
 * takes them), an existing folder is a folder, a web address is a listing, `hub:https://…` a hub.
 */
export function toAddress(text: string, cwd: string): string {
  const known = /^(hub|git|folder|web):(.+)$/.exec(text);
  if (known?.[1] === 'folder') return `folder:${resolve(cwd, known[2] ?? '')}`;
  if (known !== null) return text;
  if (/^\.{1,2}(\/|$)|^~?\//.test(text) || isAbsolute(text) || existsSync(resolve(cwd, text)))
    return `folder:${resolve(cwd, text)}`;
  if (/^[\w.-]+\/[\w.-]+(#[\w./-]+)?$/.test(text))
    return `git:https://github.com/${text.replace(/(#|$)/, '.git$1')}`;
  if (/^(ssh:\/\/|git@|git:\/\/|file:\/\/)/.test(text) || /\.git(#.+)?$/.test(text)) return `git:${text}`;
  const forge = /^https:\/\/(github\.com|gitlab\.com|codeberg\.org)\/([\w.-]+\/[\w.-]+?)\/?(#.+)?$/.exec(
    text,
  );
  if (forge !== null) return `git:https://${forge[1]}/${forge[2]}.git${forge[3] ?? ''}`;
  const shop = /^https:\/\/(?:www\.)?skills\.sh\/([\w.-]+)\/([\w.-]+)/.exec(text);
  if (shop !== null) return `git:https://github.com/${shop[1]}/${shop[2]}.git`;
  if (/^https?:\/\//.test(text)) return `web:${text}`;
  throw new OpenSpaceError('usage', `"${text}" is no source of skills.`, {
    hint: 'A folder, owner/repo, an address of a git repository or of a web site, or hub:https://…',
  });
}

export function openSource(address: string, world: SourceWorld): Source {
  const [, kind, place = ''] = /^(hub|git|folder|web):(.+)$/.exec(address) ?? [];
  if (kind === 'hub') return openHubSource(place, world);
  if (kind === 'folder') return openFolderSource(place);
  if (kind === 'web') return openWebSource(place, world);
  if (kind === 'git') {
    const [url = '', ref] = place.split('#');
    if (url.startsWith('-') || ref?.startsWith('-') || /^ext::/.test(url))
      throw new OpenSpaceError('usage', `"${place}" is no repository.`);
    return openGitSource({ url, ref }, world);
  }
  throw new OpenSpaceError('usage', `"${address}" is no source of skills.`);
}
