// The settings of a process that does a task: those of the server that took it in, with what the client named.
import { homedir } from 'node:os';
import { type Config, environment, loadConfig } from '../../config/index.ts';
import type { TaskRequest } from './task-files.ts';

/** Skill folders that the client named come first, and what is learnt goes into the first of them. */
export function configFor({ skill_dirs: given, config_file: configFile, model }: TaskRequest): Config {
  const plain = load(configFile, { model });
  const [first] = given;
  if (first === undefined) return plain;
  return load(configFile, {
    model,
    'skills.host_dirs': withFolders(given, plain),
    'skills.capture_dir': plain.get('skills.capture_dir') ?? first,
  });
}

/** The settings with one more place where skills are; what is learnt goes where it went before. */
export function configWithRoot({ config_file: configFile, model }: TaskRequest, root: string): Config {
  const plain = load(configFile, { model });
  return load(configFile, { model, 'skills.host_dirs': withFolders([root], plain) });
}

const withFolders = (given: readonly string[], plain: Config): readonly string[] => [
  ...new Set([...given, ...(plain.get('skills.host_dirs') ?? [])]),
];

function load(configFile: string | undefined, flags: Parameters<typeof loadConfig>[0]['flags'] & {}): Config {
  return loadConfig({ env: environment(), cwd: process.cwd(), userHome: homedir(), configFile, flags });
}
