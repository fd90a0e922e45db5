// Attacks that want to change something outside of the project, survive their run, or use up the machine.
import { expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { type Attack, attack, culprits, sh, tool, type World } from './attack-world.ts';

/** Command texts; MARK is a word by which their effect is found. */
const commands: readonly string[] = [
  'echo evil >> ~/.bashrc; echo evil >> ~/.profile; mkdir -p ~/.config/fish; echo evil > ~/.config/fish/config.fish',
  'echo "ssh-ed25519 evil" >> ~/.ssh/authorized_keys; echo evil > ../.ssh/config',
  'rm -rf ~ ../.ssh ../victim.txt; rm -rf --no-preserve-root / 2>/dev/null; true',
  'find ~ .. -name victim.txt -delete; truncate -s0 ../victim.txt; : > ../victim.txt; mv ../victim.txt x',
  'python3 -c "import shutil,os; shutil.rmtree(os.path.expanduser(\'~\'), ignore_errors=True)"',
  'cd ..; for f in *; do echo evil > "$f"; done; chmod -R 777 . ; chown -R 1 .',
  'ln -s ~ h; echo evil > h/victim.txt; ln -s /etc e; echo evil > e/cron.d/MARK',
  'echo x > /etc/cron.d/MARK; echo x > /usr/local/bin/MARK; cp /bin/true /usr/local/bin/MARK; echo x | tee /etc/cron.d/MARK',
  'echo x > /tmp/MARK; echo x > /var/tmp/MARK; mktemp /tmp/MARK-XXXX; mkfifo /tmp/MARK-fifo',
  'crontab -l; (echo "* * * * * touch /tmp/MARK") | crontab -; echo "touch /tmp/MARK" | at now',
  'git config --global core.hooksPath /tmp/MARK; git config --global alias.st "!touch /tmp/MARK"',
  'kill -9 -1; kill -9 $PPID; pkill -9 sleep; killall -9 node sleep; for p in $(seq 2 70000); do kill -9 $p; done 2>/dev/null',
  'nohup sleep 987 MARK >/dev/null 2>&1 & setsid bash -c "exec -a MARK sleep 987" >/dev/null 2>&1 & disown -a; true',
  "python3 -c \"import os,time\nif os.fork()==0:\n os.setsid()\n if os.fork()==0:\n  os.execvp('bash',['bash','-c','exec -a MARK sleep 987'])\" >/dev/null 2>&1; true",
  'bash -c "trap \'\' TERM INT HUP; exec -a MARK sleep 987" & sleep 0.1',
  'systemctl --user enable --now x; systemd-run --user touch /tmp/MARK; launchctl load x; true',
  'mount -t tmpfs none ../.ssh; mount --bind /tmp /mnt; unshare -rm mount --bind . ..; touch /tmp/MARK',
  'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; echo MARK > /proc/sys/kernel/hostname; hostname MARK',
  'cd /sys/fs/cgroup 2>/dev/null && mkdir MARK; rmdir /sys/fs/cgroup/*; true',
  'chmod u+s /bin/true; cp /bin/bash ./b; chmod u+s ./b; ./b -p -c "touch /tmp/MARK"',
];

const others: readonly Attack[] = [
  {
    title: 'write_file outside by ..',
    calls: [tool('write_file', { path: '../victim.txt', content: 'evil' })],
  },
  {
    title: 'write_file outside by an absolute path',
    calls: ({ home }) => [tool('write_file', { path: `${home}/.bashrc`, content: 'evil' })],
  },
  {
    title: 'write_file through a linked folder',
    calls: ({ home }) => [
      sh(`ln -s ${home} d; ln -s .. up`),
      tool('write_file', { path: 'd/.bashrc', content: 'evil' }),
      tool('write_file', { path: 'up/victim.txt', content: 'evil' }),
    ],
  },
  {
    title: 'write_file through a linked file',
    calls: ({ home }) => [
      sh(`ln -s ${home}/victim.txt v`),
      tool('write_file', { path: 'v', content: 'evil' }),
      tool('edit_file', { path: 'v', old_text: 'precious', new_text: 'evil' }),
    ],
  },
  {
    title: 'write_file into /proc/self/root',
    calls: ({ home }) => [tool('write_file', { path: `/proc/self/root${home}/victim.txt`, content: 'evil' })],
  },
  {
    title: 'edit_file of our own settings',
    calls: ({ home }) => [
      tool('write_file', { path: `${home}/.openspace/config.json`, content: '{"mode":"unsafe"}' }),
      sh('echo "{}" > ~/.openspace/config.json'),
    ],
  },
  {
    title: 'a racing swap of a folder for a link',
    calls: ({ home }) => [
      sh(`mkdir -p r; (while :; do mv -T r r2; ln -sn ${home} r; rm -f r; mv -T r2 r; done) 2>/dev/null`, {
        background: true,
      }),
      ...Array.from({ length: 20 }, () => tool('write_file', { path: 'r/.profile', content: 'evil' })),
    ],
  },
];

/** What must not be in the user's project afterwards: files that run something later. */
const planted: readonly {
  readonly title: string;
  readonly calls: Attack['calls'];
  readonly paths: readonly string[];
}[] = [
  {
    title: 'a git hook by the shell',
    calls: [
      sh('git init -q; printf "#!/bin/sh\\nevil" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit'),
    ],
    paths: ['.git/hooks/pre-commit'],
  },
  {
    title: 'a git hook by write_file',
    calls: [
      sh('git init -q'),
      tool('write_file', { path: '.git/hooks/post-checkout', content: '#!/bin/sh\nevil' }),
    ],
    paths: ['.git/hooks/post-checkout'],
  },
  {
    title: 'core.fsmonitor',
    calls: [sh('git init -q; git config core.fsmonitor ./evil.sh')],
    paths: ['.git/config'],
  },
  {
    title: 'core.hooksPath by an include',
    calls: [sh('git init -q; git config include.path ../evil.cfg')],
    paths: ['.git/config'],
  },
  {
    title: 'settings of agents',
    calls: [
      sh(
        'mkdir -p .openspace .claude .cursor; echo "{}" | tee .openspace/config.json .claude/settings.json .cursor/mcp.json .mcp.json',
      ),
    ],
    paths: ['.openspace/config.json', '.claude/settings.json', '.cursor/mcp.json', '.mcp.json'],
  },
  {
    title: 'an editor task and direnv',
    calls: [sh('mkdir .vscode; echo "{}" > .vscode/tasks.json; echo evil > .envrc')],
    paths: ['.vscode/tasks.json', '.envrc'],
  },
];

describeWith(['bwrap'], 'attacks that change things', () => {
  const marked = (command: string) => ({
    title: command,
    calls: ({ mark }: World) => [sh(command.replaceAll('MARK', mark))],
  });

  it(`${commands.length} commands change nothing outside of the project`, async () => {
    expect(await culprits(commands.map(marked), 5)).toEqual([]);
  }, 240_000);

  it(`${others.length} uses of tools change nothing outside of the project`, async () => {
    expect(await culprits(others, 7)).toEqual([]);
  }, 240_000);

  it.each(planted)('$title is held back', async ({ title, calls, paths }) => {
    const { effects, applied, decisions } = await attack({ title, calls });
    expect(effects).toEqual([]);
    const got = new Set(applied?.applied);
    expect([paths.filter((path) => got.has(path)), decisions.length]).toEqual([[], expect.any(Number)]);
  });

  it.each([
    ['a fork bomb', 'f() { f | f & }; f; sleep 5'],
    ['a bomb of sessions', 'for i in $(seq 20000); do setsid sleep 987 MARK & done'],
    ['endless output', 'yes evil'],
    ['half a gigabyte at once', 'head -c 500000000 /dev/zero | tr "\\0" x'],
    ['endless errors', 'while :; do echo evil >&2; done'],
    ['folders without end', "python3 -c \"import os\nwhile True:\n os.mkdir('d'); os.chdir('d')\""],
    [
      'files without end',
      'mkdir many; cd many; i=0; while :; do : > $i; i=$((i+1)); [ $i -lt 3000 ] || sleep 1; done',
    ],
    ['all memory', 'python3 -c "x=[]\nwhile True: x.append(bytearray(10**8))"'],
    ['a file larger than allowed', 'dd if=/dev/zero of=big bs=1 count=1 seek=5G 2>&1; ls -l big; rm -f big'],
    ['an endless command', 'while :; do :; done'],
    ['a program that ignores signals', 'trap "" TERM INT HUP; while :; do sleep 1; done'],
  ])('%s ends in time and leaves nothing', async (_title, command) => {
    const { effects, said } = await attack(marked(command), { timeout: 3 });
    expect(effects).toEqual([]);
    expect(said.length).toBeLessThan(120_000);
  });

  it('are seen by this test where nothing holds them', async () => {
    const control = async (command: string) =>
      (await attack(marked(command), { mode: 'unsafe', timeout: 3 })).effects;
    expect(await control('echo evil >> ~/.bashrc')).toContain('the home was changed');
    expect(await control('echo x > /tmp/MARK')).toContain('a file was left in /tmp');
    expect(await control('setsid bash -c "exec -a MARK sleep 987" >/dev/null 2>&1 & sleep 0.3')).toContain(
      'a program survived',
    );
  });
});
