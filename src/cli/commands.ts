// The command table: every command with its summary, loaded only when it is called.
import type { Command } from 'commander';
import type { CliContext } from './context.ts';

export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** A command's module exports `build`, which makes the commander command. */
export interface CommandModule {
  build(context: CliContext, commands: CommandTable): Command;
}

export interface CommandEntry {
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command. Order is the order of the help. */
export const COMMANDS: CommandTable = {
  run: {
    group: 'Tasks',
    summary: 'do a task: openspace run "…", or just openspace "…"',
    load: () => import('./commands/run.ts'),
  },
  chat: {
    group: 'Tasks',
    summary: 'talk with the agent; what openspace alone starts',
    load: () => import('./commands/chat.ts'),
  },
  demo: {
    group: 'Tasks',
    summary: 'see it work without a model or a key',
    load: () => import('./commands/demo.ts'),
  },
  runs: {
    group: 'Tasks',
    summary: 'look at what was done, and take it back: list, show, tail, undo',
    load: () => import('./commands/runs.ts'),
  },
  skills: {
    group: 'Skills',
    summary: 'look at skills and change them: list, show, log, restore, undo, import, …',
    load: () => import('./commands/skills.ts'),
  },
  hub: {
    group: 'Skills',
    summary: 'share skills with your team: serve, login, search, install, publish, update',
    load: () => import('./commands/hub.ts'),
  },
  'upload-skill': {
    group: 'Skills',
    summary: 'upload a skill folder, as the original’s openspace-upload-skill',
    load: () => import('./commands/upload-skill.ts'),
  },
  'download-skill': {
    group: 'Skills',
    summary: 'download a skill by id, as the original’s openspace-download-skill',
    load: () => import('./commands/download-skill.ts'),
  },
  learn: {
    group: 'Skills',
    summary: 'learn from a run now; learn status shows what waits and what it cost',
    load: () => import('./commands/learn.ts'),
  },
  review: {
    group: 'Skills',
    summary: 'decide about changes that learning proposes: list, show, approve, reject, edit, undo',
    load: () => import('./commands/review.ts'),
  },
  dashboard: {
    group: 'Skills',
    summary: 'see library, runs and proposals in a browser',
    load: () => import('./commands/dashboard.ts'),
  },
  mcp: {
    group: 'Other agents',
    summary: 'serve OpenSpace to other agents over MCP; the same as openspace-mcp',
    load: () => import('./commands/mcp.ts'),
  },
  connect: {
    group: 'Other agents',
    summary: 'register with Claude Code, Codex, opencode, …; alone it lists the agents found here',
    load: () => import('./commands/connect.ts'),
  },
  disconnect: {
    group: 'Other agents',
    summary: 'take back what connect wrote',
    load: () => import('./commands/disconnect.ts'),
  },
  doctor: {
    group: 'Set-up',
    summary: 'check the set-up, with one real call for each model',
    load: () => import('./commands/doctor.ts'),
  },
  config: {
    group: 'Set-up',
    summary: 'show settings and where they come from; trust a folder',
    load: () => import('./commands/config.ts'),
  },
  'refresh-cache': {
    group: 'Set-up',
    summary: 'start each MCP server once and list its tools anew',
    load: () => import('./commands/refresh-cache.ts'),
  },
  completion: {
    group: 'Set-up',
    summary: 'print a completion script for bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
};

/** What `npm start` calls: a task, the chat, or the demo where no model is set up. Not shown in the help. */
export const START = { load: () => import('./commands/start.ts') };
