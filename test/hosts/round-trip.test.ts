// connect and then disconnect is the identity, byte for byte, on any file that a user may have.
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  applyPlan,
  HOSTS,
  type HostAdapter,
  planConnect,
  planDisconnect,
} from '../../src/hosts/connect/index.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'openspace-hosts-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const server = {
  command: '/usr/bin/node',
  args: ['/opt/o p/bin/openspace-mcp.js'],
  env: { OPENSPACE_HOME: '/d "x"' },
};
const hostOf = (id: string) => HOSTS.find((host) => host.id === id) as HostAdapter;

/** A user's home that is new in each case. */
function newPlaces() {
  const userHome = mkdtempSync(join(root, 'user-'));
  return { userHome, platform: 'linux' as const, variable: () => undefined };
}

function connection(host: HostAdapter) {
  const places = newPlaces();
  const home = join(places.userHome, '.openspace');
  const { file } = host.entry(places, server, { approve: true });
  const connect = (env: Record<string, string> = {}) => {
    const plan = planConnect({
      host,
      home,
      places,
      approve: true,
      skills: undefined,
      server: { ...server, env: { ...server.env, ...env } },
    });
    applyPlan(plan, home, new Date());
    return plan;
  };
  const disconnect = () => applyPlan(planDisconnect({ host, home }), home, new Date());
  const write = (content: string | Buffer) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  return { places, home, file, connect, disconnect, write, read: () => readFileSync(file, 'utf8') };
}

const space = fc.constantFrom('', ' ', '\n', '\n  ', '\t', '\n\n', ' // note "x": {\n', '/* { */', '\n    ');
const text = fc.string({ maxLength: 6, unit: 'grapheme' }).map((value) => JSON.stringify(value));
const { value: jsonValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('1', 'true', 'null', '-2.5e3', '"a\\u0041"'),
    text,
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 3 }), space)
      .map(([a, items, b]) => `[${a}${items.join(`,${b}`)}${b}]`),
    fc
      .tuple(
        space,
        fc.uniqueArray(fc.tuple(text, tie('value')), { maxLength: 3, selector: ([key]) => JSON.parse(key) }),
        space,
      )
      .map(([a, items, b]) => object(items, a, b, false)),
  ),
}));

function object(items: readonly (readonly [string, string])[], a: string, b: string, comma: boolean): string {
  const inner = items.map(([key, value]) => `${key}${b}:${a}${value}`).join(`${b},${a}`);
  return `{${a}${inner}${comma && items.length > 0 ? ',' : ''}${b}}`;
}

const others = fc.uniqueArray(
  fc.tuple(
    text.filter((key) => !/mcp|tools|servers|__proto__/.test(key)),
    jsonValue,
  ),
  { maxLength: 3, selector: ([key]) => JSON.parse(key) },
);

/** A JSON file with the host's containers there or not, at any place. */
const jsonFile = (path: readonly string[]) =>
  fc
    .tuple(others, others, space, space, fc.boolean(), fc.nat(path.length), fc.boolean(), fc.boolean())
    .map(([outer, inner, a, b, comma, depth, windows, mark]) => {
      let whole = object(inner, a, b, comma);
      for (const name of path.slice(0, depth).toReversed())
        whole = object([...outer.slice(0, 1), [JSON.stringify(name), whole], ...outer.slice(1)], a, b, comma);
      return finish(a.trimStart() + whole + b, windows, mark);
    });

function finish(whole: string, windows: boolean, mark: boolean): string {
  const ended = windows ? whole.replaceAll('\n', '\r\n') : whole;
  return (mark ? '\uFEFF' : '') + ended;
}

const tomlPart = fc.constantFrom(
  '[a.b] # note\nx = 1\n\n',
  '[[list]]\nq = """\n[mcp_servers.openspace]\n"""\n',
  '# [mcp_servers.openspace]\n',
  '[mcp_servers.other]\ncommand = "x"  # c\nargs = [\n  "y", # ]\n]\n',
  '[mcp_servers]\n',
  '\n\n  \n',
  "['o.p']\nk = {a = 1, b = '''[z]'''}\n",
);
const tomlFile = fc
  .tuple(
    fc.constantFrom('', '# top\n', 'model = "m" # x\n', 'when = 1979-05-27T07:32:00Z\nbig = 9_000\n'),
    fc.uniqueArray(tomlPart, { maxLength: 5 }),
    fc.constantFrom('', '\n', '# last line without end', '   '),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([top, parts, end, windows, mark]) => finish(top + parts.join('') + end, windows, mark));

const yamlPart = fc.constantFrom(
  'model: x # note\n',
  '# only a comment\n',
  'text: |\n  mcp_servers:\n    openspace: 1\n\n',
  'list:\n- a\n- "b: c"\n',
  'keep: |+\n  line\n\n',
  'deep:\n    far:\n        in: [1, {a: b}]\n',
  "quoted: 'it''s'\n",
  'base: &b {x: 1}\nuse: *b\n',
  '\n',
);
const yamlServers = fc.constantFrom(
  '',
  'mcp_servers:\n',
  'mcp_servers: {}\n',
  'mcp_servers: # none yet\n',
  'mcp_servers:\n  # first\n  time:\n    command: uvx # c\n    args: ["x"]\n',
  'mcp_servers: {time: {command: uvx}}\n',
  'mcp_servers:\n      wide:\n            command: x\n',
  'mcp_servers: {\n  a: {command: b}}\n',
);
const yamlFile = fc
  .tuple(
    fc.uniqueArray(yamlPart, { maxLength: 3 }),
    yamlServers,
    fc.uniqueArray(yamlPart, { maxLength: 3 }),
    fc.constantFrom('', '---\n'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([before, servers, after, start, windows, mark]) => {
    const unique = [...before, servers, ...after.filter((part) => part === '\n' || !before.includes(part))];
    return finish(start + unique.join(''), windows, mark);
  });

const FILES: Record<string, fc.Arbitrary<string>> = {
  codex: tomlFile,
  hermes: yamlFile,
  'claude-code': jsonFile(['mcpServers']),
  openclaw: jsonFile(['mcp', 'servers']),
  nanobot: jsonFile(['tools', 'mcpServers']),
  opencode: jsonFile(['mcp']),
  vscode: jsonFile(['servers']),
};

const isYamlOrToml = (id: string) => id === 'hermes' || id === 'codex';

describe('connect and disconnect', { timeout: 120_000 }, () => {
  it.each(Object.keys(FILES))('%s: lead back to the same bytes, and add only the entry', (id) => {
    const host = hostOf(id);
    const check = fc.property(FILES[id] as fc.Arbitrary<string>, (content) => {
      const { write, read, connect, disconnect, places } = connection(host);
      write(content);
      const plan = connect();
      const after = read();
      expect(plan.files[0]?.before).toBe(content);
      expect(after.includes('openspace-mcp.js')).toBe(true);
      expect(isInsertion(content, after)).toBe(true);
      disconnect();
      expect(read()).toBe(content);
      rmSync(places.userHome, { recursive: true });
    });
    const comment = isYamlOrToml(id) ? '# only a comment\n' : '{}';
    fc.assert(check, { numRuns: 60, examples: [[''], [comment]] });
  });

  it.each(HOSTS.map(({ id }) => id))(
    '%s: a file that was not there is gone again, with its folders',
    (id) => {
      const { file, connect, disconnect, places } = connection(hostOf(id));
      connect();
      expect(readFileSync(file, 'utf8')).toContain('openspace');
      expect(lstatSync(file).mode & 0o777).toBe(0o600);
      disconnect();
      expect(lstatSync(file, { throwIfNoEntry: false })).toBeUndefined();
      const folder = hostOf(id).folder(places);
      expect(lstatSync(folder, { throwIfNoEntry: false })).toBeUndefined();
    },
  );
});

/** True if `after` is `before` with one stretch put in. */
function isInsertion(before: string, after: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  return after.endsWith(before.slice(start));
}

describe('connected files', () => {
  it.each([
    ['codex', '# mine\nmodel = "x"\n', (content: string) => `# new\n${content}\n[later]\nx = 1\n`],
    ['hermes', 'model: x\n', (content: string) => `# new\n${content}later: 1\n`],
    [
      'cursor',
      '{\n  "mcpServers": {\n    "a": {}\n  }\n}\n',
      (content: string) => content.replace('"a": {}', '"b": 1,\n    "a": {}'),
    ],
  ])('%s: what the user changed since stays', (id, content, change) => {
    const { write, read, connect, disconnect } = connection(hostOf(id));
    write(content);
    connect();
    write(change(read()));
    disconnect();
    expect(read()).toBe(change(content));
  });

  it.each([
    [
      'codex',
      '[mcp_servers.openspace]\ncommand = "old" # mine\n[mcp_servers.openspace.env]\nKEY = "v1"\n[z]\na = 1\n',
    ],
    [
      'hermes',
      'mcp_servers:\n  openspace: # mine\n    command: old\n    env: {KEY: v1}\n  other: {command: x}\nz: 1\n',
    ],
    ['hermes', 'mcp_servers: {openspace: {command: old, env: {KEY: v1}}, b: {command: x}}\n'],
    ['gemini-cli', '{"mcpServers": {"openspace": {"command": "old", /* mine */ "env": {"KEY": "v1"}}}}'],
    ['nanobot', '{"tools": {"mcp_servers": {"openspace": {"command": "old", "env": {"KEY": "v1"}}}}}'],
    [
      'opencode',
      '{"mcp": {"openspace": {"type": "local", "command": ["old"], "environment": {"KEY": "v1"}}}}',
    ],
  ])('%s: an entry of the user’s own is replaced, keeps its variables, and comes back', (id, content) => {
    const { write, read, connect, disconnect } = connection(hostOf(id));
    write(content);
    connect();
    expect(read()).toMatch(/KEY"?(:| =) ?"v1"/);
    expect(read()).not.toContain('old');
    connect({ MORE: 'x' }); // a second time: the way back still leads to the beginning
    expect(read()).toContain('MORE');
    disconnect();
    expect(read()).toBe(content);
  });

  it.each([
    ['codex', 'model = = 1\n', /not valid TOML \(line 1/],
    ['codex', 'mcp_servers = { other = { command = "x" } }\n', /could not be edited safely/],
    ['codex', '[mcp_servers]\nopenspace = { command = "x" }\n', /not written as a table/],
    ['hermes', 'a: [1\n', /not valid YAML/],
    ['hermes', 'a: 1\n---\nb: 2\n', /several YAML documents/],
    ['hermes', '- a list\n', /does not hold YAML settings/],
    ['cursor', '{"mcpServers": {"key": "sk-secret-0123456789abcdef" oops}', /not valid JSON/],
    ['cursor', '{"mcpServers": []}', /does not hold entries/],
    ['cursor', '{"mcpServers": {}, "mcpServers": {}}', /twice/],
    ['cursor', '[1, 2]', /does not hold JSON settings/],
    ['openclaw', '{mcp: {servers: {}}}', /not valid JSON/],
    ['cursor', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /not UTF-8/],
  ])('%s: %j is refused and left untouched', (id, content, message) => {
    const { write, file, connect } = connection(hostOf(id));
    write(content);
    expect(() => connect()).toThrow(message);
    try {
      connect();
    } catch (error) {
      expect(String(error)).not.toContain('sk-secret');
    }
    expect(readFileSync(file)).toEqual(Buffer.from(content as string));
  });

  it('a symlinked file stays a link, and its target keeps mode and bytes', () => {
    const { file, places, connect, disconnect } = connection(hostOf('codex'));
    const target = join(places.userHome, 'dotfiles.toml');
    writeFileSync(target, 'model = "x"\r\n', { mode: 0o640 });
    mkdirSync(dirname(file));
    symlinkSync(target, file);
    connect();
    expect([lstatSync(file).isSymbolicLink(), lstatSync(target).mode & 0o777]).toEqual([true, 0o640]);
    expect(readFileSync(target, 'utf8')).toContain('openspace');
    disconnect();
    expect([lstatSync(file).isSymbolicLink(), readFileSync(target, 'utf8')]).toEqual([
      true,
      'model = "x"\r\n',
    ]);
  });

  it('a crash before the file was written leaves nothing to repair', () => {
    const { write, read, home, places, connect, disconnect } = connection(hostOf('gemini-cli'));
    const content = '{"mcpServers": {"openspace": {"command": "old"  , "env": {}}}}';
    write(content);
    const plan = planConnect({
      host: hostOf('gemini-cli'),
      home,
      places,
      approve: true,
      skills: undefined,
      server,
    });
    const failing = { ...plan, files: [{ file: home, before: '', after: 'x' }] };
    expect(() => applyPlan(failing, home, new Date())).toThrow();
    disconnect(); // from the receipt alone
    expect(read()).toBe(content);
    connect();
    disconnect();
    expect(read()).toBe(content);
  });

  it('a file that the host writes in between is not overwritten', () => {
    const { write, read, home, places } = connection(hostOf('cursor'));
    write('{}');
    const plan = planConnect({
      host: hostOf('cursor'),
      home,
      places,
      approve: true,
      skills: undefined,
      server,
    });
    write('{"new": 1}');
    expect(() => applyPlan(plan, home, new Date())).toThrow(/changed in the meantime/);
    expect(read()).toBe('{"new": 1}');
  });

  it('Claude Code’s permission joins those of the user, and only ours goes', () => {
    const { places, connect, disconnect } = connection(hostOf('claude-code'));
    const settings = join(places.userHome, '.claude', 'settings.json');
    const content = '{\n  "permissions": {\n    "allow": [\n      "Bash(ls)"\n    ]\n  }\n}\n';
    mkdirSync(dirname(settings));
    writeFileSync(settings, content);
    connect();
    expect(JSON.parse(readFileSync(settings, 'utf8')).permissions.allow.sort()).toEqual([
      'Bash(ls)',
      'mcp__openspace',
    ]);
    disconnect();
    expect(readFileSync(settings, 'utf8')).toBe(content);
  });
});
