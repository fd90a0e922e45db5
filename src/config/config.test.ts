import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from './config.ts';
import { cleanValue } from './layers.ts';
import { ORIGINAL_KEYS, translateOriginal } from './original-keys.ts';
import { isSettingKey, SETTINGS } from './settings.ts';
import { setTrust } from './trust.ts';

/** A user's home with files, and a project folder in it as the current one. */
function setUp(files: Record<string, string> = {}, rest: Partial<ConfigSources> = {}) {
  const userHome = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-config-')));
  const cwd = join(userHome, 'project');
  mkdirSync(cwd, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(userHome, name)), { recursive: true });
    writeFileSync(join(userHome, name), content);
  }
  const sources: ConfigSources = { env: {}, cwd, userHome, ...rest };
  return { sources, home: join(userHome, '.openspace'), cwd, userHome };
}

describe('cleaning of values', () => {
  it.each([
    ['  value \n', 'value'],
    ['"quoted"', 'quoted'],
    ["'quoted'\r\n", 'quoted'],
    ['\uFEFFvalue', 'value'],
    ['', undefined],
    ['   ', undefined],
    ['""', undefined],
    ['"half', '"half'],
    [undefined, undefined],
  ])('%j becomes %j', (raw, expected) => {
    expect(cleanValue(raw)).toBe(expected);
  });
});

describe('order of the sources', () => {
  const files = {
    '.openspace/config.json': '{ "model": "openai/user" /* comments are fine */, }',
    'project/.openspace/config.json': '{ "model": "openai/project" }',
    'project/.env': 'OPENSPACE_MODEL=openai/dotenv',
    '.nanobot/config.json': '{ "agents": { "defaults": { "model": "openai/nanobot" } } }',
    'named.json': '{ "llm_model": "openai/named" }',
  };
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
  const trustAll = (home: string, cwd: string) => setTrust(home, cwd, true, new Date(0));

  it.each([
    [
      'flag',
      files,
      { flags: { model: 'openai/flag' }, env: { OPENSPACE_MODEL: 'openai/env' } },
      'openai/flag',
    ],
    ['environment', files, { env: { OPENSPACE_MODEL: 'openai/env' } }, 'openai/env'],
    [
      'OPENSPACE_LLM_CONFIG',
      files,
      { env: { OPENSPACE_MODEL: 'openai/env', OPENSPACE_LLM_CONFIG: '{"model":"openai/llm-config"}' } },
      'openai/llm-config',
    ],
    ['blank environment', files, { env: { OPENSPACE_MODEL: '  ' } }, 'openai/dotenv'],
    ['.env', files, {}, 'openai/dotenv'],
    ['project file', without('project/.env'), {}, 'openai/project'],
    ['user file', without('project/.env', 'project/.openspace/config.json'), {}, 'openai/user'],
    [
      'host agent',
      without('project/.env', 'project/.openspace/config.json', '.openspace/config.json'),
      {},
      'openai/nanobot',
    ],
  ])('%s', (_name, present, rest, expected) => {
    const { sources, home, cwd } = setUp(present, rest);
    trustAll(home, cwd);
    expect(loadConfig(sources).get('model')).toBe(expected);
  });

  it('a file named on the command line beats the environment and may have the original’s keys', () => {
    const { sources, userHome } = setUp(files, { env: { OPENSPACE_MODEL: 'openai/env' } });
    const config = loadConfig({ ...sources, configFile: join(userHome, 'named.json') });
    expect(config.get('model')).toBe('openai/named');
    expect(config.originOf('model')).toContain('named.json');
  });

  it('each value knows where it comes from', () => {
    const { sources } = setUp({}, { env: { OPENSPACE_MAX_ITERATIONS: '7' } });
    const config = loadConfig(sources);
    expect([config.get('max_iterations'), config.originOf('max_iterations')]).toEqual([
      7,
      'OPENSPACE_MAX_ITERATIONS (process environment)',
    ]);
    expect([config.get('skills.max_select'), config.originOf('skills.max_select')]).toEqual([2, 'default']);
  });
});

describe('a folder that is not trusted', () => {
  it('can set what is harmless and nothing that could steal a key or start a program', () => {
    const { sources, cwd } = setUp({
      'project/.openspace/config.json': JSON.stringify({
        max_iterations: 3,
        llm: { api_base: 'https://evil.example/v1', extra_headers: { 'x-a': 'b' } },
        mcp_servers: { evil: { command: 'evil' } },
        mode: 'unsafe',
      }),
    });
    const config = loadConfig(sources);
    expect(config.get('max_iterations')).toBe(3);
    for (const key of ['llm.api_base', 'llm.extra_headers', 'mcp_servers', 'mode'] as const)
      expect(config.get(key)).toBeUndefined();
    expect(config.untrustedFolder).toBe(cwd);
    expect(config.notices.join()).toContain('openspace config trust');
  });

  it('is trusted only by itself, not by a folder above', () => {
    const { sources, home, userHome } = setUp({ 'project/.openspace/config.json': '{ "mode": "unsafe" }' });
    setTrust(home, userHome, true, new Date(0));
    expect(loadConfig(sources).get('mode')).toBeUndefined();
  });
});

describe('faults in settings', () => {
  it.each<[string, Record<string, string>, Partial<ConfigSources>, RegExp]>([
    [
      'a number that is none',
      {},
      { env: { OPENSPACE_MAX_ITERATIONS: 'many' } },
      /OPENSPACE_MAX_ITERATIONS \(process environment\): expected a whole number/,
    ],
    [
      'a number out of range',
      {},
      { flags: { max_iterations: 0 } },
      /max_iterations \(command line\): expected a whole number from 1/,
    ],
    [
      'headers that are no JSON',
      {},
      { env: { OPENSPACE_LLM_EXTRA_HEADERS: '{secret-key' } },
      /OPENSPACE_LLM_EXTRA_HEADERS .*JSON object/,
    ],
    [
      'LLM config that is a list',
      {},
      { env: { OPENSPACE_LLM_CONFIG: '[1]' } },
      /OPENSPACE_LLM_CONFIG .*not a JSON object/,
    ],
    [
      'a broken file',
      { '.openspace/config.json': '{\n  "model": }' },
      {},
      /config\.json is not valid JSON: ValueExpected at line 2/,
    ],
    ['a file that holds a list', { '.openspace/config.json': '[]' }, {}, /must hold a JSON object/],
    ['a named file that is absent', {}, { configFile: 'nowhere.json' }, /nowhere\.json is not there/],
    [
      'desktop server mode',
      {},
      { env: { OPENSPACE_CONFIG_JSON: '{"shell":{"mode":"server"}}' } },
      /"shell.mode" can't be "server"/,
    ],
    ['a folder instead of a file', { '.openspace/config.json/x': '' }, {}, /Could not read .*config\.json/],
  ])('%s', (_name, files, rest, message) => {
    const { sources } = setUp(files, rest);
    expect(() => loadConfig(sources)).toThrow(message);
  });

  it('never repeats a secret', () => {
    const { sources } = setUp(
      {},
      { env: { OPENSPACE_LLM_EXTRA_HEADERS: '{"authorization": "sk-or-v1-very-secret-value' } },
    );
    let message = '';
    try {
      loadConfig(sources);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('OPENSPACE_LLM_EXTRA_HEADERS');
    expect(message).not.toContain('very-secret');
  });
});

describe('the original’s keys', () => {
  it('point at settings that exist', () => {
    const targets = Object.values(ORIGINAL_KEYS).flatMap((fate) => ('to' in fate ? [fate.to] : []));
    expect(targets.filter((key) => !isSettingKey(key))).toEqual([]);
  });

  it('are mapped, ignored with a notice, or left alone', () => {
    const notices: string[] = [];
    const result = translateOriginal(
      {
        llm_model: 'openai/x',
        llm_kwargs: { api_key: ' k ', temperature: 0.5, api_base: '' },
        enable_video: true,
        shell: { enabled: false, timeout: 60, max_retries: 3 },
        web: { enabled: false },
        mcpServers: { a: { command: 'b' } },
        enabled_backends: [{ name: 'shell', provider_cls: 'x' }, { name: 'gui' }],
        agents: [{ max_iterations: 12 }],
        log_level: 'WARNING',
        ours: 1,
      },
      'file',
      (notice) => notices.push(notice),
    );
    expect(result).toEqual({
      model: 'openai/x',
      'llm.api_key': 'k',
      'llm.temperature': 0.5,
      'tools.disabled': ['shell', 'web'],
      'shell.timeout_s': 60,
      mcp_servers: { a: { command: 'b' } },
      'tools.sources': ['shell'],
      max_iterations: 12,
      log_level: 'warn',
      ours: 1,
    });
    expect(notices).toEqual([
      expect.stringContaining('"enable_video"'),
      expect.stringContaining('"shell.max_retries"'),
    ]);
  });

  it('a grounding file named by the original’s config is read with it', () => {
    const { sources, userHome } = setUp({
      'c.json': '{ "grounding_config_path": "g.json", "llm_model": "openai/c" }',
      'g.json': '{ "shell": { "timeout": 44 }, "skills": { "max_select": 5 } }',
    });
    const config = loadConfig({ ...sources, configFile: join(userHome, 'c.json') });
    expect([config.get('model'), config.get('shell.timeout_s'), config.get('skills.max_select')]).toEqual([
      'openai/c',
      44,
      5,
    ]);
  });
});

it('every setting has a name that files can spell and a text that says what it is for', () => {
  for (const [key, { doc }] of Object.entries(SETTINGS)) {
    expect(key).toMatch(/^[a-z_]+(\.[a-z_]+)?$/);
    expect(doc.length).toBeGreaterThan(10);
  }
});
