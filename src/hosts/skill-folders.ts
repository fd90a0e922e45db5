// Where other agents on this machine keep their skills.
import { join } from 'node:path';

/** Skills that teach other agents to call us. To our own agent they would say to hand its task to itself. */
export const HOST_SKILLS: readonly string[] = ['delegate-task', 'skill-discovery'];

export interface HostSkillFolder {
  readonly host: string;
  readonly path: string;
}

/** The hosts' own skill folders in the user's home, whether they are there or not. */
export function hostSkillFolders(userHome: string): readonly HostSkillFolder[] {
  const folder = (host: string, ...parts: string[]): HostSkillFolder => ({
    host,
    path: join(userHome, ...parts),
  });
  return [
    folder('Claude Code', '.claude', 'skills'),
    folder('Codex', '.codex', 'skills'),
    folder('Agent Skills', '.agents', 'skills'),
    folder('opencode', '.config', 'opencode', 'skills'),
    folder('OpenClaw', '.openclaw', 'skills'),
    folder('nanobot', '.nanobot', 'workspace', 'skills'),
    folder('Hermes', '.hermes', 'skills'),
    folder('Cursor', '.cursor', 'skills'),
    folder('Gemini CLI', '.gemini', 'skills'),
    folder('VS Code', '.copilot', 'skills'),
  ];
}
