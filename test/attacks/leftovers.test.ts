// Nothing survives a run: counted before and after it ended well, was aborted, ran out of time, or was killed.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { plainSpawner } from '../../src/lib/index.ts';
import { openSandbox } from '../../src/tools/index.ts';
import { cleanLeftovers, openWorkspace } from '../../src/workspace/index.ts';
import { describeWith } from '../support/needs.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-leftovers-')));
  mkdirSync(join(root, 'home', 'project'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** Everything on this machine that belongs to this test: it is named by its folder, or by the id of the process. */
function remains(pid: number): Record<string, number> {
  const mine = (text: string) => text.includes(root);
  const processes = list('/proc').filter((id) => {
    try {
      return (
        /^\d+$/.test(id) && Number(id) !== process.pid && mine(readFileSync(`/proc/${id}/cmdline`, 'utf8'))
      );
    } catch {
      return false; // ended meanwhile
    }
  });
  const groups = ['', 'pids', 'memory']
    .flatMap((name) => list(join('/sys/fs/cgroup', name)))
    .filter((name) => name.startsWith(`openspace-${pid}-`));
  return {
    processes: processes.length,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(mine).length,
    sockets: readFileSync('/proc/net/unix', 'utf8').split('\n').filter(mine).length,
    groups: groups.length,
    sandboxes: list(join(root, 'data/cache/sandboxes')).length,
    snapshots: list(join(root, 'data/cache/workspaces')).length,
    temporary: list('/tmp').filter((name) => name.startsWith('leftover-')).length,
  };
}
const NOTHING = { processes: 0, mounts: 0, sockets: 0, groups: 0, sandboxes: 0, snapshots: 0, temporary: 0 };

async function eventually(pid: number, expected: Partial<Record<string, number>>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (Object.entries(expected).every(([key, value]) => remains(pid)[key] === value)) break;
    await setTimeout(10);
  }
  expect(remains(pid)).toMatchObject(expected);
}

describeWith(['bwrap'], 'after a run', () => {
  const places = () => ({ userHome: join(root, 'home'), dataHome: join(root, 'data') });

  async function run(
    command: string,
    options: { timeoutMs?: number; abortMs?: number } = {},
  ): Promise<string> {
    const workspace = await openWorkspace({
      path: join(root, 'home/project'),
      dataHome: join(root, 'data'),
      runId: 'run_1',
    });
    const sandbox = await openSandbox({
      ...places(),
      view: workspace.view,
      path: process.env.PATH ?? '',
      allowHosts: ['example.org'],
    });
    const request = {
      command: 'bash',
      args: ['--norc', '-c', command, root],
      cwd: workspace.view.root,
      env: { PATH: process.env.PATH ?? '' },
    };
    sandbox.spawner.start({ ...request, args: ['--norc', '-c', 'sleep 500; : $0', root] });
    const signal =
      options.abortMs === undefined ? new AbortController().signal : AbortSignal.timeout(options.abortMs);
    const { end } = await sandbox.spawner.run({ ...request, timeoutMs: options.timeoutMs ?? 10_000, signal });
    await sandbox.close();
    await workspace.close();
    return end;
  }

  const busy = 'setsid sleep 500 $0 & (sleep 500; : $0) & touch /tmp/leftover-x made; ';
  it.each([
    ['that ended well', `${busy} true`, {}, 'exited'],
    ['that failed', `${busy} exit 3`, {}, 'exited'],
    ['that was aborted', `${busy} trap "" TERM; sleep 500; : $0`, { abortMs: 500 }, 'cancelled'],
    ['that ran out of time', `${busy} trap "" TERM; sleep 500; : $0`, { timeoutMs: 500 }, 'timeout'],
  ])('%s nothing is left', async (_title, command, options, end) => {
    expect(remains(process.pid)).toEqual(NOTHING);
    expect(await run(command, options)).toBe(end);
    await eventually(process.pid, NOTHING);
  });

  it('whose process was killed only folders are left, and the next start sweeps them', async () => {
    const door = (room: string) =>
      JSON.stringify(new URL(`../../src/${room}/index.ts`, import.meta.url).pathname);
    const script = join(root, 'run.ts');
    writeFileSync(
      script,
      `import { openSandbox } from ${door('tools')};
       import { openWorkspace } from ${door('workspace')};
       const root = ${JSON.stringify(root)};
       const workspace = await openWorkspace({ path: root + '/home/project', dataHome: root + '/data', runId: 'run_1' });
       const sandbox = await openSandbox({ view: workspace.view, userHome: root + '/home', dataHome: root + '/data', path: process.env.PATH ?? '', allowHosts: ['example.org'] });
       const child = sandbox.spawner.start({ command: 'bash', args: ['--norc', '-c', ${JSON.stringify(`${busy} echo ready; sleep 500; : $0`)}, root], cwd: workspace.view.root, env: { PATH: process.env.PATH ?? '' } });
       child.stdout.on('data', () => process.stdout.write(String(process.pid) + '\\n', () => process.kill(process.pid, 'SIGKILL')));`,
    );
    const killed = await plainSpawner.run({
      command: process.execPath,
      args: [script],
      cwd: root,
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    expect(killed.end).toBe('killed');
    const pid = Number(killed.stdout);
    await eventually(pid, { processes: 0, mounts: 0, sockets: 0, temporary: 0, sandboxes: 1, snapshots: 1 });
    expect(cleanLeftovers(join(root, 'data')).folders).toBe(1);
    expect(await run('true')).toBe('exited');
    await eventually(pid, NOTHING);
  });
});
