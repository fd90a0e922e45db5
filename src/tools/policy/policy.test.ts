import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Question, Tool, ToolContext } from '../../agent/index.ts';
import { directView, OpenSpaceError, plainSpawner } from '../../lib/index.ts';
import { NO_SANDBOX } from '../sandbox/report.ts';
import { commandFacts } from './command-effects.ts';
import {
  guardFor,
  loadPolicy,
  type Mode,
  mapOriginalPolicy,
  openApprovals,
  type PolicyOptions,
  parseRules,
} from './index.ts';
import { readShell } from './shell-grammar.ts';

let workspace = '';
let userHome = '';
beforeAll(() => {
  const root = mkdtempSync(join(tmpdir(), 'openspace-policy-'));
  workspace = join(root, 'project');
  userHome = join(root, 'home');
  mkdirSync(join(workspace, 'src'), { recursive: true });
  mkdirSync(join(userHome, '.ssh'), { recursive: true });
  writeFileSync(join(userHome, '.ssh', 'id_ed25519'), 'key');
  writeFileSync(join(workspace, '.env'), 'API_KEY=x');
  writeFileSync(join(workspace, 'a.txt'), 'a');
  symlinkSync(join(userHome, '.ssh'), join(workspace, 'innocent'));
  symlinkSync('.env', join(workspace, 'notes.txt'));
});
afterAll(() => rmSync(join(workspace, '..'), { recursive: true, force: true }));

const tool = (name: string, source: string, readOnly = false): Tool => ({
  name,
  source,
  readOnly,
  description: '',
  parameters: {},
  run: async () => ({ parts: [], isError: false }),
});
const shell = tool('run_shell', 'shell');
const call = (name: string, args: Record<string, unknown>) => ({ id: '1', name, args });

function decide(
  mode: Mode,
  subject: Tool,
  args: Record<string, unknown>,
  options: Partial<PolicyOptions> & { rules?: unknown } = {},
) {
  const sandbox = options.sandbox ?? { ...NO_SANDBOX, kind: 'bubblewrap' as const };
  const policy = loadPolicy(parseRules(options.rules ?? [], 'test'), mode, {
    view: directView(workspace),
    userHome,
    dataHome: join(userHome, '.openspace'),
    ...options,
    sandbox,
  });
  return policy.decide(subject, call(subject.name, args));
}
const command = (mode: Mode, text: string, options: Parameters<typeof decide>[3] = {}) =>
  decide(mode, shell, { command: text }, options).decision;

describe('what a command does', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['ls -la', 'read'],
    ['cat a.txt | grep -v x | sort | uniq -c', 'read'],
    ['echo "it\'s fine # really"', 'read'],
    ['git status && git log --oneline -5', 'read'],
    ['for f in a b; do wc -l "./$f"; done', 'read'],
    ['for f in *; do wc -l "$f"; done', 'unknown'],
    ['if [ -f a ]; then head a; fi', 'read'],
    ['sed -n 1,5p a.txt', 'read'],
    ["awk '{print $1}' a.txt", 'read'],
    ['grep root /etc/passwd', 'read'],
    ['cat <<EOF\nrm -rf /\nEOF', 'read'],
    ['NO_COLOR=1 ls', 'read'],
    ['time timeout 5 ls', 'read'],
    ["bash -c 'ls; pwd'", 'read'],
    ['rm -rf x', 'write'],
    ['/bin/rm -r x', 'write'],
    ['\\rm x', 'write'],
    ['r""m x', 'write'],
    ["$'\\x72m' x", 'write'],
    ['true;rm -rf x', 'write'],
    ['ls && (cd /; rm x)', 'write'],
    ['echo $(rm x)', 'write'],
    ['echo "`rm x`"', 'write'],
    ['diff <(rm x) y', 'write'],
    ['echo ${x:-$(rm y)}', 'write'],
    ['ls > out.txt', 'write'],
    ['{ ls; } > out.txt', 'write'],
    ['bash -c \'bash -c "rm x"\'', 'write'],
    ['eval "rm x"', 'write'],
    ['ls | xargs rm', 'write'],
    ['find . -exec rm {} +', 'unknown'],
    ['find . -delete', 'unknown'],
    ['f() { rm x; }; f', 'unknown'],
    ['cat <<EOF\n$(rm x)\nEOF', 'write'],
    ['$X', 'unknown'],
    ['((shutdown now))', 'unknown'],
    ['((i += 1)); echo $((i * 2))', 'read'],
    ['eval "$X"', 'unknown'],
    ['PATH=. ls', 'unknown'],
    ['LD_PRELOAD=./x.so ls', 'unknown'],
    ['source ./x', 'unknown'],
    ['./ls', 'unknown'],
    ['python3 -c "import os"', 'unknown'],
    ['git -c core.pager=x log', 'unknown'],
    ["git grep --open-files-in-pager='rm x' y", 'unknown'],
    ['rg --pre ./x y', 'unknown'],
    ['sort -o a.txt a.txt', 'unknown'],
    ["sed 's/a/b/e' a", 'unknown'],
    ["sed -n 'w out' a", 'unknown'],
    ['awk \'BEGIN{system("rm x")}\'', 'unknown'],
    ["echo 'unterminated", 'unknown'],
    ['ls $OPTIONS', 'unknown'],
    ['curl https://example.org', 'network'],
    ['cat a | nc example.org 80', 'network'],
    ['npm install', 'network'],
    ['sudo ls', 'outside'],
    ['git push', 'outside'],
    ['systemctl stop x', 'outside'],
    ['env sudo ls', 'outside'],
    ['nohup docker ps &', 'outside'],
  ];
  it.each(cases)('%s → %s', (text, effect) => {
    expect(commandFacts(text).effect).toBe(effect);
  });

  it('reads any text without throwing, and quoting never hides a command that bash would see', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readShell(text)));
    const glue = fc.constantFrom('; ', ' && ', ' || ', ' | ', '\n', ' & ');
    const wrap = fc.constantFrom(
      (text: string) => text,
      (text: string) => `( ${text} )`,
      (text: string) => `{ ${text}; }`,
      (text: string) => `echo "$( ${text})"`,
      (text: string) => `if true; then ${text}; fi`,
      (text: string) => `while false; do ${text}; done`,
      (text: string) => `case a in a) ${text};; esac`,
      (text: string) => `bash -c '${text.replaceAll("'", "'\\''")}'`,
    );
    fc.assert(
      fc.property(fc.array(wrap, { maxLength: 4 }), glue, (wraps, between) => {
        const hidden = wraps.reduce((text, next) => next(text), 'shutdown now');
        expect(commandFacts(`ls${between}${hidden}`).effect).toBe('outside');
      }),
    );
  });

  it('finds the hosts that a command contacts', () => {
    const hosts = (text: string) => commandFacts(text).hosts;
    expect(hosts('curl -s https://example.org/a | jq .')).toEqual(['example.org']);
    expect(hosts('git clone git@github.com:a/b.git')).toEqual(['github.com']);
    expect(hosts('npm install left-pad')).toEqual(['registry.npmjs.org']);
    expect(hosts('curl "$URL"')).toEqual(['?']);
    expect(hosts('curl https://user@[::1]:80/')).toEqual(['::1']);
  });
});

describe('policy', () => {
  it('lets plan read and nothing else', () => {
    expect(command('plan', 'ls')).toBe('allow');
    expect(command('plan', 'touch x')).toBe('deny');
    expect(command('plan', 'python3 x.py')).toBe('deny');
    expect(decide('plan', tool('read_file', 'files', true), { path: 'a.txt' }).decision).toBe('allow');
    expect(decide('plan', tool('write_file', 'files'), { path: 'a.txt' }).decision).toBe('deny');
    expect(command('plan', 'rm x', { rules: [{ decision: 'allow', command: 'rm *' }] })).toBe('deny');
  });

  it('asks before each change in mode ask, and not for reading', () => {
    expect(command('ask', 'git status')).toBe('allow');
    expect(command('ask', 'git commit -m x')).toBe('ask');
    expect(decide('ask', tool('write_file', 'files'), { path: 'b' }).decision).toBe('ask');
  });

  it('acts in the sandbox in mode auto, and asks beyond it', () => {
    expect(command('auto', 'rm -rf build && make')).toBe('allow');
    expect(command('auto', 'sudo rm x')).toBe('ask');
    expect(command('auto', 'curl https://example.org')).toBe('ask');
    expect(command('auto', 'curl https://example.org', { allowHosts: ['example.org'] })).toBe('allow');
    expect(command('auto', 'curl https://example.org.evil', { allowHosts: ['example.org'] })).toBe('ask');
    expect(decide('auto', tool('write_file', 'files'), { path: 'src/x' }).decision).toBe('allow');
  });

  it('without a sandbox does only what is read-only in the workspace unasked', () => {
    const none = { sandbox: false as const };
    for (const text of ['ls src', 'cat a.txt', 'pwd', 'git status'])
      expect(command('auto', text, none)).toBe('allow');
    for (const text of [
      'touch x',
      'make',
      'cat /var/log/syslog',
      'cat ../../x',
      'cat *',
      'cat "$F"',
      'cd / && cat x',
      'cat .env',
      'cat notes.txt',
      'ls | xargs cat',
    ]) {
      expect([text, command('auto', text, none)]).toEqual([text, 'ask']);
    }
    expect(decide('auto', tool('write_file', 'files'), { path: 'x' }, none).decision).toBe('ask');
  });

  it('never reads credentials, whatever the way to them', () => {
    const read = tool('read_file', 'files', true);
    for (const path of [
      join(userHome, '.ssh/id_ed25519'),
      'innocent/id_ed25519',
      '~/.ssh/id_ed25519',
      '/etc/shadow',
    ])
      expect([path, decide('auto', read, { path }).decision]).toEqual([path, 'deny']);
    for (const text of [
      'cat ~/.ssh/id_ed25519',
      'cat innocent/id_ed25519',
      'cat < /etc/shadow',
      'cat /proc/self/environ',
    ])
      expect([text, command('auto', text)]).toEqual([text, 'deny']);
    for (const path of ['.env', 'notes.txt']) expect(decide('auto', read, { path }).decision).toBe('ask');
  });

  it('asks before files change that decide what runs later', () => {
    for (const path of ['.git/hooks/pre-commit', '.git/config', '.openspace/config.json', 'src/../.envrc'])
      expect(decide('auto', tool('write_file', 'files'), { path }).decision).toBe('ask');
  });

  it('refuses addresses of this machine and its network to web tools', () => {
    const fetch = tool('web_fetch', 'web', true);
    for (const url of [
      'http://127.0.0.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://[::1]/',
      'http://[::ffff:169.254.169.254]/',
      'http://169.254.169.254/latest',
      'http://localhost./',
      'http://metadata.google.internal/',
      'http://10.0.0.1/',
    ])
      expect([url, decide('auto', fetch, { url }).decision]).toEqual([url, 'deny']);
    expect(decide('auto', fetch, { url: 'https://example.org/' }).decision).toBe('allow');
  });

  it('obeys rules: deny beats all, then the first that fits', () => {
    const rules = [
      { decision: 'allow', command: 'npm test *' },
      { decision: 'ask', command: 'npm *' },
      { decision: 'deny', command: 'rm *', reason: 'no deleting' },
      { decision: 'deny', path: 'src/generated/**' },
      { decision: 'deny', server: 'git*' },
    ];
    expect(command('ask', 'cd src && npm test -- x | tail -3', { rules })).toBe('allow');
    expect(command('ask', 'npm test && npm publish', { rules })).toBe('ask');
    expect(command('auto', 'npm run build', { rules })).toBe('ask');
    expect(command('unsafe', "bash -c 'rm x'", { rules })).toBe('deny');
    expect(command('auto', '$(echo rm) x', { rules })).toBe('ask');
    expect(command('ask', 'npm test $(curl evil.example)', { rules })).toBe('ask');
    expect(
      decide('auto', tool('write_file', 'files'), { path: 'src/generated/a/b' }, { rules }).decision,
    ).toBe('deny');
    expect(decide('auto', tool('x__y', 'mcp:github'), {}, { rules }).decision).toBe('deny');
    expect(decide('auto', tool('x__y', 'mcp:files'), {}, { rules }).decision).toBe('allow');
  });

  it('stops at a rule that is not valid instead of dropping it', () => {
    for (const rules of [
      [{ decision: 'deny' }],
      [{ decision: 'forbid', tool: 'x' }],
      [{ decision: 'deny', tools: 'x' }],
      {},
    ])
      expect(() => parseRules(rules, 'config.json')).toThrow(OpenSpaceError);
  });
});

describe('guard', () => {
  const context = (ask: ToolContext['ask']): ToolContext => ({
    signal: new AbortController().signal,
    workspace,
    progress: () => undefined,
    ask,
    spawner: plainSpawner,
  });
  const policyWith = (extra: Partial<PolicyOptions> = {}) =>
    loadPolicy([], 'auto', {
      sandbox: { ...NO_SANDBOX, kind: 'bubblewrap' },
      view: directView(workspace),
      userHome,
      ...extra,
    });

  it('refuses, and says so to the model, when nobody can be asked', async () => {
    const guard = guardFor(policyWith());
    const verdict = await guard(
      shell,
      call('run_shell', { command: 'sudo id' }),
      context(async () => false),
    );
    expect(verdict).toMatchObject({
      allowed: false,
      reason: expect.stringMatching(/approval.*"sudo id".*Nothing was done/),
    });
  });

  it('asks with what would happen and why, and lets an approved command out of the sandbox', async () => {
    const asked: Question[] = [];
    const out: string[] = [];
    const guard = guardFor(policyWith(), { letOut: (text) => out.push(text) });
    const ask = async (question: Question) => {
      asked.push(question);
      return true;
    };
    expect(await guard(shell, call('run_shell', { command: 'git push' }), context(ask))).toEqual({
      allowed: true,
    });
    expect(asked).toEqual([
      { tool: 'run_shell', action: 'git push', reason: expect.stringContaining('beyond') },
    ]);
    expect(out).toEqual(['git push']);
  });

  it('remembers always and never for the workspace until they are revoked', async () => {
    const file = join(userHome, 'approvals.json');
    const approvals = openApprovals(file);
    const guard = guardFor(policyWith({ approvals }), { approvals, ask: async () => 'always' });
    const silent = guardFor(policyWith({ approvals: openApprovals(file) }));
    const nobody = context(async () => false);
    await guard(shell, call('run_shell', { command: 'git push' }), nobody);
    expect(await silent(shell, call('run_shell', { command: 'git push' }), nobody)).toEqual({
      allowed: true,
    });
    expect(await silent(shell, call('run_shell', { command: 'git push -f' }), nobody)).toMatchObject({
      allowed: false,
    });
    approvals.revoke(approvals.list()[0]?.id ?? '');
    expect(await silent(shell, call('run_shell', { command: 'git push' }), nobody)).toMatchObject({
      allowed: false,
    });
    writeFileSync(file, '{');
    expect(() => openApprovals(file)).toThrow(/can't be read/);
  });
});

describe('the original’s config_security.json', () => {
  it('is mapped to rules, hosts and notes', () => {
    const mapped = mapOriginalPolicy(
      {
        security_policies: {
          global: {
            allow_network_access: true,
            blocked_commands: { common: ['rm', '-rf', 'shutdown'], linux: ['kill', '-9', 'chown', 'root'] },
          },
          backend: {
            web: { allowed_domains: ['example.org'] },
            shell: { allow_file_access: false, sandbox_enabled: true },
          },
        },
      },
      'linux',
    );
    expect(mapped.needsSandbox).toBe(true);
    expect(mapped.notes.join()).toMatch(/-rf, -9, root/);
    const rules = mapped.rules;
    expect(decide('auto', shell, { command: 'true; /bin/rm x' }, { rules }).decision).toBe('ask');
    expect(decide('auto', shell, { command: 'grep root f' }, { rules }).decision).toBe('allow');
    expect(decide('auto', tool('read_file', 'files', true), { path: 'a.txt' }, { rules }).decision).toBe(
      'deny',
    );
    const fetch = tool('web_fetch', 'web', true);
    expect(decide('auto', fetch, { url: 'https://example.org' }, { rules }).decision).toBe('allow');
    expect(decide('auto', fetch, { url: 'https://other.org' }, { rules }).decision).toBe('ask');
  });

  it('stops the start when it is not valid', () => {
    expect(() =>
      mapOriginalPolicy({ security_policies: { global: { allow_shell_commands: 'no' } } }),
    ).toThrow(/allow_shell_commands/);
  });
});
