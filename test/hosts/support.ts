// Real host programs from the npm registry, and a user whose model and skills the server finds in the home folder alone.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { addSkill, KEY } from '../mcp-server/support.ts';
import { makeUser, runCli, type TestUser } from '../support/cli.ts';

/** The versions that the guide names. */
export const VERSIONS = {
  codex: '0.169.0',
  opencode: '1.18.33',
  'claude-code': '2.1.331',
  'gemini-cli': '0.61.0',
  openclaw: '2026.9.6',
} as const;

const platform = `${process.platform}-${process.arch}`;

/** Only the package with this system's program, where there is one: the whole sets are several times as large. */
const PACKAGES: Record<keyof typeof VERSIONS, string> = {
  codex: `@openai/codex@${VERSIONS.codex}-${platform}`,
  opencode: `opencode-${platform}@${VERSIONS.opencode}`,
  'claude-code': `@anthropic-ai/claude-code-${platform}@${VERSIONS['claude-code']}`,
  'gemini-cli': `@google/gemini-cli@${VERSIONS['gemini-cli']}`,
  openclaw: `openclaw@${VERSIONS.openclaw}`,
};

/** Installs host programs below `folder`, without running anything of theirs. */
export function installHosts(folder: string, hosts: readonly (keyof typeof VERSIONS)[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const flags = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--force'];
  execFileSync('npm', ['install', ...flags, ...hosts.map((host) => PACKAGES[host])], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The words that start a host's program. */
export function programOf(folder: string, host: keyof typeof VERSIONS): readonly string[] {
  const modules = join(folder, 'node_modules');
  if (host === 'opencode') return [join(modules, `opencode-${platform}`, 'bin', 'opencode')];
  if (host === 'claude-code') return [join(modules, '@anthropic-ai', `claude-code-${platform}`, 'claude')];
  if (host === 'gemini-cli')
    return [process.execPath, join(modules, '@google', 'gemini-cli', 'bundle', 'gemini.js')];
  if (host === 'openclaw') return [process.execPath, join(modules, 'openclaw', 'openclaw.mjs')];
  const vendor = join(modules, '@openai', 'codex', 'vendor');
  return [join(vendor, readdirSync(vendor)[0] ?? '', 'bin', 'codex')];
}

/** A user with a skill to find and, if asked, a model in `~/.openspace/config.json`: several hosts pass no variables. */
export function makeHostUser(modelOrigin?: string): TestUser {
  const user = makeUser();
  addSkill(user, 'pdf-merge', 'Merge PDF files and add page numbers');
  const providers = { openrouter: { api_key: KEY, api_base: `${modelOrigin}/api/v1` } };
  const settings = { model: 'openrouter/anthropic/claude-sonnet-4.5', providers };
  if (modelOrigin !== undefined) writeFileSync(join(user.dataHome, 'config.json'), JSON.stringify(settings));
  return user;
}

/** `openspace connect <host> --yes` as a user would; fails if its self-test does. Returns what it says. */
export async function connectHost(user: TestUser, host: string, env: Record<string, string> = {}) {
  const done = await runCli(user, ['connect', host, '--yes', '--json'], { env, timeoutMs: 60_000 });
  expect([done.code, done.stderr]).toEqual([0, '']);
  const told = JSON.parse(done.stdout);
  expect(told.self_test.works).toBe(true);
  return told;
}

/** Runs a host's program in the user's project, with its input closed. */
export function runHost(
  user: TestUser,
  [program = '', ...words]: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(program, [...words, ...args], {
    cwd: user.project,
    env: { PATH: process.env.PATH ?? '', HOME: user.home, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 180_000);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr });
    });
  });
}

export const OPENCODE_OFFLINE = {
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
};
