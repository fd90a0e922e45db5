import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../../../test/support/needs.ts';
import { call, toolContext } from '../../../test/support/tool-context.ts';
import { directView, plainSpawner } from '../../lib/index.ts';
import { grepTool } from '../files/find.ts';
import {
  checkHost,
  createExits,
  describeSandbox,
  isPublicAddress,
  openSandbox,
  reportLines,
  type SandboxOptions,
} from './index.ts';
import { seatbeltProfile } from './seatbelt.ts';
import { isEnvFile, setsSecret } from './secret-places.ts';

const never = new AbortController().signal;
let root = '';
let options: SandboxOptions;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'openspace-sandbox-'));
  const workspace = join(root, 'home', 'project');
  for (const folder of ['home/.ssh', 'home/.openspace', 'home/project/.git/hooks', 'home/project/src'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'home', '.ssh', 'id_ed25519'), 'canary-key');
  writeFileSync(
    join(root, 'home', '.gitconfig'),
    '[user]\n\tname = Ada\n\temail = a@example.org\n[http]\n\textraheader = canary\n',
  );
  writeFileSync(join(workspace, '.env'), 'API_KEY=canary-env\n');
  writeFileSync(join(workspace, 'a.txt'), 'hello\n');
  options = {
    view: directView(workspace),
    userHome: join(root, 'home'),
    dataHome: join(root, 'home', '.openspace'),
    path: process.env.PATH ?? '',
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function withSandbox<T>(
  extra: Partial<SandboxOptions>,
  body: (
    run: (
      script: string,
    ) => Promise<{ stdout: string; stderr: string; exitCode: number | null; end: string }>,
  ) => Promise<T>,
): Promise<T> {
  const sandbox = await openSandbox({ ...options, ...extra });
  try {
    return await body((script) =>
      sandbox.spawner.run({
        command: 'sh',
        args: ['-c', script],
        cwd: options.view.shown,
        env: { PATH: options.path },
        timeoutMs: 20_000,
        signal: never,
      }),
    );
  } finally {
    await sandbox.close();
  }
}

/** Ids of this machine's processes whose command line contains `mark`. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}

/** The kernel ends a namespace's programs just after its first one. */
async function gone(mark: string): Promise<void> {
  for (let tries = 0; processesWith(mark).length > 0 && tries < 100; tries += 1) await setTimeout(10);
  expect(processesWith(mark)).toEqual([]);
}

describeWith(['bwrap'], 'sandbox', () => {
  it('runs programs in the workspace with their normal output', async () => {
    await withSandbox({}, async (run) => {
      expect(
        await run('pwd; cat a.txt; echo more >> a.txt; echo $HOME; echo temp > /tmp/x && cat /tmp/x'),
      ).toMatchObject({
        end: 'exited',
        exitCode: 0,
        stdout: `${options.view.shown}\nhello\n${options.userHome}\ntemp\n`,
      });
      expect(await run('cat /tmp/x; exit 3')).toMatchObject({ exitCode: 3, stdout: 'temp\n' }); // temp lives as long as the run
      expect((await run('git config user.name')).stdout).toBe('Ada\n');
    });
    expect(readFileSync(join(options.view.root, 'a.txt'), 'utf8')).toBe('hello\nmore\n');
    expect(existsSync('/tmp/x')).toBe(false);
  });

  it('shows no credentials and lets nothing be written elsewhere', async () => {
    await withSandbox({}, async (run) => {
      const all = await run(
        'cat ~/.ssh/id_ed25519 .env ~/.gitconfig /etc/shadow; ls -a ~ ~/.openspace /run; tr "\\0" "\\n" < /proc/1/environ',
      );
      expect(all.stdout + all.stderr).not.toMatch(/canary/);
      for (const script of [
        'touch /etc/x',
        'touch /usr/x',
        'touch /x',
        'echo x > .git/hooks/pre-commit',
        'echo x > .env',
      ])
        expect([script, (await run(script)).exitCode]).not.toEqual([script, 0]);
      await run('echo evil >> ~/.bashrc; mkdir -p ~/.ssh; echo evil > ~/.ssh/authorized_keys');
    });
    expect(readdirSync(join(root, 'home')).sort()).toEqual(['.gitconfig', '.openspace', '.ssh', 'project']);
    expect(readdirSync(join(root, 'home', '.ssh'))).toEqual(['id_ed25519']);
    expect(readdirSync(join(options.view.root, '.git', 'hooks'))).toEqual([]);
  });

  it('has no network, or only the allowed hosts, resolved and checked by us', async () => {
    const server = createServer((request, response) => response.end(`served ${request.headers.host}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await withSandbox({}, async (run) => {
        expect((await run(`curl -sS -m 5 http://127.0.0.1:${port}/`)).exitCode).not.toBe(0);
      });
      await withSandbox(
        { allowHosts: ['127.0.0.1', 'localhost'], allowPrivate: ['127.0.0.1'] },
        async (run) => {
          expect((await run(`curl -sS -m 5 http://127.0.0.1:${port}/`)).stdout).toBe(
            `served 127.0.0.1:${port}`,
          );
          expect((await run(`curl -sS -m 5 -p http://127.0.0.1:${port}/`)).stdout).toBe(
            `served 127.0.0.1:${port}`,
          );
          expect((await run(`curl -sS -m 5 http://localhost:${port}/`)).stdout).toMatch(/private address/);
          expect((await run('curl -sS -m 5 http://169.254.169.254/')).stdout).toMatch(/not an allowed host/);
          expect((await run(`curl -sS -m 5 --noproxy '*' http://127.0.0.1:${port}/`)).exitCode).not.toBe(0);
        },
      );
    } finally {
      server.close();
    }
  });

  it('holds memory and processes, and ends everything with the command', async () => {
    await withSandbox({ limits: { memoryBytes: 256 * 1024 * 1024, processes: 60 } }, async (run) => {
      const memory = await run('node -e "const a=[];for(;;)a.push(Buffer.alloc(1e7,1))"; echo survived');
      expect(memory.stdout).toBe('survived\n');
      const mark = `1000${Math.floor(Math.random() * 1e6)}`;
      const bomb = await run(`for i in $(seq 200); do sleep ${mark} & done; echo started`);
      expect(bomb.stderr).toMatch(/[Ff]ork|Resource temporarily/);
      await gone(mark);
      await run(`(setsid sleep ${mark} >/dev/null 2>&1 &) ; true`);
      await gone(mark);
    });
  });

  it('leaves no folder, process or group behind, not even what a program made inaccessible', async () => {
    const mark = `2000${Math.floor(Math.random() * 1e6)}`;
    const sandbox = await openSandbox(options);
    const child = sandbox.spawner.start({
      command: 'sh',
      args: ['-c', `mkdir -p ~/x/y && chmod 0 ~/x && sleep ${mark}`],
      cwd: options.view.shown,
      env: { PATH: options.path },
    });
    while (processesWith(mark).length === 0) await setTimeout(10);
    await sandbox.close();
    expect(await child.ended).toMatchObject({ exitCode: null });
    await gone(mark);
    expect(readdirSync(join(options.dataHome, 'cache', 'sandboxes'))).toEqual([]);
    for (const folder of ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'])
      if (existsSync(folder))
        expect(readdirSync(folder).filter((name) => name.startsWith(`openspace-${process.pid}-`))).toEqual(
          [],
        );
  });

  it('lets a command out once, where a person said so', async () => {
    const exits = createExits();
    await withSandbox({ exits }, async (run) => {
      const script = `cat ${join(root, 'home', '.ssh', 'id_ed25519')}`;
      expect((await run(script)).exitCode).not.toBe(0);
      exits.allow(script);
      expect((await run(script)).stdout).toBe('canary-key');
      expect((await run(script)).exitCode).not.toBe(0);
    });
  });

  it('hides a home that is itself the workspace as far as credentials go', async () => {
    await withSandbox({ view: directView(join(root, 'home')) }, async (run) => {
      const all = await run(
        `cd ${join(root, 'home')}; cat .ssh/id_ed25519 project/.env; ls .openspace; echo ok > new.txt`,
      );
      expect(all.stdout + all.stderr).not.toMatch(/canary/);
    });
    expect(existsSync(join(root, 'home', 'new.txt'))).toBe(true);
  });
});

describeWith(['bwrap', 'root'], 'sandbox of an ordinary user', () => {
  it('holds as well as that of root', async () => {
    chmodSync(root, 0o755);
    await command('chown', '-R', '65534:65534', join(root, 'home'));
    const script = join(root, 'home', 'check.ts');
    const door = new URL('./index.ts', import.meta.url).pathname;
    const lib = new URL('../../lib/index.ts', import.meta.url).pathname;
    writeFileSync(
      script,
      `import { openSandbox } from ${JSON.stringify(door)};
       import { directView } from ${JSON.stringify(lib)};
       const sandbox = await openSandbox({ view: directView(${JSON.stringify(options.view.shown)}), userHome: ${JSON.stringify(options.userHome)},
         dataHome: ${JSON.stringify(options.dataHome)}, path: process.env.PATH ?? '', limits: { processes: 50 } });
       const run = (text: string) => sandbox.spawner.run({ command: 'sh', args: ['-c', text], cwd: ${JSON.stringify(options.view.shown)},
         env: { PATH: process.env.PATH ?? '' }, timeoutMs: 20000, signal: new AbortController().signal });
       const secret = await run('cat ~/.ssh/id_ed25519 .env; touch /etc/x; id -u; cat a.txt');
       const bomb = await run('for i in $(seq 200); do sleep 3 & done');
       await sandbox.close();
       console.log(JSON.stringify({ report: sandbox.report, out: secret.stdout, bomb: bomb.stderr.slice(0, 200) }));`,
    );
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, script];
    const result = JSON.parse(await command('setpriv', ...user));
    expect(result.out).toBe('65534\nhello\n');
    expect(result.bomb).toMatch(/[Ff]ork|Resource temporarily/);
    expect(result.report).toMatchObject({
      files: true,
      network: 'none',
      processes: 'each user',
      contained: true,
    });
  });
});

async function command(name: string, ...args: string[]): Promise<string> {
  const env = { PATH: options.path };
  const result = await plainSpawner.run({
    command: name,
    args,
    cwd: root,
    env,
    timeoutMs: 30_000,
    signal: never,
  });
  expect([result.stderr, result.exitCode]).toEqual(['', 0]);
  return result.stdout;
}

describe('sandbox', () => {
  it('says what would help where there is none', async () => {
    const report = await describeSandbox({
      ...options,
      spawner: failing('No permissions to create new namespace'),
    });
    if (process.platform === 'linux') {
      expect(report.kind).toBe('none');
      expect(reportLines(report).join('\n')).toMatch(/only what is read-only|bubblewrap/);
    }
  });

  it('knows public addresses from all others', () => {
    for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111'])
      expect(isPublicAddress(address)).toBe(true);
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.100.100.200',
      '0.0.0.0',
      '224.0.0.1',
      '::1',
      '::',
      '::ffff:127.0.0.1',
      'fe80::1',
      'fd00:ec2::254',
      '64:ff9b::a9fe:a9fe',
      '2002:7f00:1::',
      'x',
      '',
    ])
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });

  it('connects to the address that it has checked, whatever a name says the second time', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const resolve = async () => answers.shift() ?? [];
    const policy = { allowHosts: ['rebind.example'], resolve };
    expect(await checkHost('rebind.example', policy)).toBe('93.184.216.34');
    await expect(checkHost('rebind.example', policy)).rejects.toThrow(/private address/);
    await expect(
      checkHost('mixed.example', { allowHosts: ['*'], resolve: async () => ['1.1.1.1', '10.0.0.1'] }),
    ).rejects.toThrow(/private/);
  });

  it('knows env files with secrets from templates and plain settings', () => {
    expect(['.env', '.env.local', '.env.example', '.envrc', 'x.env'].map(isEnvFile)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(
      ['A=1\nexport GITHUB_TOKEN="x"', 'DB_PASSWORD: x', 'API_KEY=\nPORT=1', '# API_KEY=x'].map(setsSecret),
    ).toEqual([true, true, false, false]);
  });

  it('writes a Seatbelt profile that hides the home and shows the workspace', () => {
    const profile = seatbeltProfile({
      writable: ['/Users/a/p "q"'],
      readable: ['/Users/a/.nvm'],
      userHome: '/Users/a',
      hidden: ['/Users/a/.ssh'],
      proxyPort: 4000,
    });
    expect(profile).toMatchInlineSnapshot(`
      "(version 1)
      (allow default)
      (deny file-write*)
      (allow file-write* (subpath "/Users/a/p \\"q\\"") (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/dtracehelper") (literal "/dev/stdout") (literal "/dev/stderr"))
      (deny file-read* (subpath "/Users/a"))
      (allow file-read-metadata)
      (allow file-read* (subpath "/Users/a/.nvm") (subpath "/Users/a/p \\"q\\""))
      (deny file-read* file-write* (subpath "/Users/a/.ssh"))
      (deny network*)
      (deny mach-lookup (global-name "com.apple.SecurityServer") (global-name "com.apple.securityd.xpc"))
      (deny appleevent-send)
      (allow network-outbound (remote ip "localhost:4000"))"
    `);
  });
});

function failing(stderr: string): NonNullable<SandboxOptions['spawner']> {
  return {
    run: async () => ({
      end: 'exited',
      exitCode: 1,
      signal: null,
      stdout: '',
      stderr,
      truncated: false,
      tookMs: 1,
      leftovers: false,
    }),
    start: () => {
      throw new Error('not used');
    },
  };
}

describe('searching', () => {
  it('does not find keys by the way, with or without a sandbox', async () => {
    const context = toolContext(options.view.root);
    const found = await call(grepTool(), { pattern: 'canary|hello', include_ignored: true }, context);
    expect(found).toContain('hello');
    expect(found).not.toContain('canary');
  });
});
