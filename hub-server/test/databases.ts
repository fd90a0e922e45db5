// Databases for tests: PGlite in memory, and a PostgreSQL of our own on loopback, as another user than root.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '../src/store/sql.ts';

export interface PostgresServer {
  /** A new, empty database; its connection string. */
  create(): Promise<string>;
  stop(): void;
}

function binary(name: string): string {
  for (const version of existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').sort().reverse()
    : [])
    if (existsSync(`/usr/lib/postgresql/${version}/bin/${name}`))
      return `/usr/lib/postgresql/${version}/bin/${name}`;
  return name;
}

/** PostgreSQL refuses to run as root: then it runs as Debian's user for it. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts a server with its data in a temporary folder. `durable`: as in production, for crash tests and benchmarks. */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'openspace-pg-'));
  const user = serverUser();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (name: string, args: string[]) => {
    // pg_ctl leaves the server behind with its own output: it goes to the log file, not to a pipe that would never close.
    const done = spawnSync(binary(name), args, {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(`${name} failed: ${done.error?.message ?? done.stderr}`);
  };
  const data = join(folder, 'data');
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'hub', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const port = await freePort();
  const durability =
    options.durable === true ? '' : '-c fsync=off -c synchronous_commit=off -c full_page_writes=off';
  run('pg_ctl', [
    '-D',
    data,
    '-w',
    '-t',
    '60',
    '-l',
    join(folder, 'log'),
    '-o',
    `-h 127.0.0.1 -p ${port} -k ${folder} -c max_connections=60 ${durability}`,
    'start',
  ]);
  let count = 0;
  return {
    async create() {
      count += 1;
      const name = `hub_${count}`;
      const admin = await openPostgres(`postgres://hub@127.0.0.1:${port}/postgres`, 1);
      await admin.script(`CREATE DATABASE ${name}`);
      await admin.close();
      return `postgres://hub@127.0.0.1:${port}/${name}`;
    },
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
