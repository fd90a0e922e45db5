// Which folders are searched for skills, in which order, and where learnt skills go.
import { join } from 'node:path';
import { HOST_SKILLS, hostSkillFolders } from '../hosts/index.ts';
import { isPresent } from '../lib/index.ts';
import type { Config } from './config.ts';
import { expandPath } from './paths.ts';
import { isTrusted } from './trust.ts';

/** A folder to search for skills. */
export interface SkillFolder {
  readonly path: string;
  readonly kind: 'host' | 'configured' | 'project' | 'agents' | 'user' | 'other-agent';
  /** False: it is only read; nothing is ever written there. */
  readonly writable: boolean;
  /** Lower comes first: of two skills with one name, that one is used. */
  readonly precedence: number;
  /** False: what is found there has to prove itself first. */
  readonly trusted: boolean;
  /** Names of folders right below that are left out. */
  readonly except?: readonly string[];
  /** The setting that names it, or `default`. */
  readonly origin: string;
}

/** All folders, in order of precedence. */
export function skillFolders(config: Config): readonly SkillFolder[] {
  const expand = (path: string) => expandPath(path, config.userHome, config.cwd);
  const named = (key: 'skills.host_dirs' | 'skills.dirs', kind: SkillFolder['kind']) =>
    (config.get(key) ?? []).map((path) => ({
      path: expand(path),
      kind,
      writable: true,
      trusted: true,
      origin: config.originOf(key),
    }));
  const projectTrusted = isTrusted(config.home, config.cwd);
  const byDefault = (kind: SkillFolder['kind'], path: string, writable: boolean, trusted: boolean) => ({
    path,
    kind,
    writable,
    trusted,
    origin: 'default',
  });
  const folders = [
    ...named('skills.host_dirs', 'host'),
    ...named('skills.dirs', 'configured'),
    byDefault('project', join(config.cwd, '.openspace', 'skills'), projectTrusted, projectTrusted),
    byDefault('agents', join(config.cwd, '.agents', 'skills'), projectTrusted, projectTrusted),
    byDefault('user', join(config.home, 'skills'), true, true),
    ...hostSkillFolders(config.userHome)
      .map(({ path }) => byDefault('other-agent', path, false, true))
      .filter(({ path }) => isPresent(path)),
  ];
  // In the user's home the project's folder is the user's own.
  const own = join(config.home, 'skills');
  return folders
    .filter(({ kind, path }) => kind !== 'project' || path !== own)
    .map((folder, precedence) => ({ ...folder, precedence, ...exceptFor(folder.kind) }));
}

/** The folder that learnt skills go to once they are trusted. */
export function learntSkillFolder(config: Config): string {
  const set = config.get('skills.capture_dir') ?? config.get('skills.dirs')?.[0];
  return set === undefined ? join(config.home, 'skills') : expandPath(set, config.userHome, config.cwd);
}

/** Where other agents look for skills, ours for them may lie. */
const exceptFor = (kind: SkillFolder['kind']) =>
  kind === 'host' || kind === 'agents' || kind === 'other-agent' ? { except: HOST_SKILLS } : {};
