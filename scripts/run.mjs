// Runs a script of this checkout with a Node and dependencies that fit, setting both up first where needed.
// Plain JavaScript for Node 18 and later: it must start on whatever Node the system has.
// Usage: node scripts/run.mjs <script> [args…]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinned = JSON.parse(readFileSync(join(root, 'scripts', 'node-runtime.json'), 'utf8'));

const say = (text) => process.stderr.write(`openspace set-up: ${text}\n`);

function fail(text, hint) {
  say(text);
  if (hint) say(hint);
  process.exit(2);
}

/** npm's own script, so that it runs under the Node we choose; npm sets the variable for its scripts. */
function npmCommand(node) {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return [node, cli];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function npm(node, args, cwd) {
  const [command, ...first] = npmCommand(node);
  const done = spawnSync(command, [...first, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (done.status === 0) return done.stdout;
  return fail(
    `npm ${args[0]} failed${done.error ? `: ${done.error.message}` : ` with exit code ${done.status}`}.`,
    'Check the network and the npm registry setting (npm config get registry), then run the command again.',
  );
}

/** The path of a Node that is new enough: this one, or the pinned one, fetched once and checked. */
function findNode() {
  // The sources run unbuilt, and use syntax that Node 24 is the first to know. The package is built for Node 22.18.
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 24) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const home = join(root, '.runtime', `${name}-${pinned.version}`);
  const binary = join(home, 'bin', 'node');
  if (existsSync(binary)) return binary;
  const integrity = pinned.integrity[name];
  const want = `A checkout of OpenSpace needs Node 24 or later; this is ${process.version}.`;
  if (!integrity)
    fail(
      `${want} There is no pinned build for ${name}.`,
      'Install Node 24 (https://nodejs.org) and run the command again.',
    );
  say(`${want} Fetching Node ${pinned.version} into .runtime/ (about 50 MB, once)…`);
  mkdirSync(join(root, '.runtime'), { recursive: true });
  const work = mkdtempSync(join(root, '.runtime', 'fetch-'));
  try {
    npm(
      process.execPath,
      ['pack', `${name}@${pinned.version}`, '--silent', '--pack-destination', work],
      work,
    );
    const archive = join(work, readdirSync(work).find((file) => file.endsWith('.tgz')) ?? '');
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity)
      fail(
        `The fetched ${name}@${pinned.version} has the wrong checksum.`,
        `Expected ${integrity}, got ${found}.`,
      );
    const unpacked = spawnSync('tar', ['-xzf', archive, '-C', work], { stdio: 'inherit' });
    if (unpacked.status !== 0) fail('tar could not unpack the fetched Node.');
    try {
      renameSync(join(work, 'package'), home);
    } catch (error) {
      if (!existsSync(binary)) throw error; // another set-up running at the same time was first
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}

/** Installs exactly what the lock file says, once for each content of the lock file. */
function installDependencies(node, env) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.openspace-setup');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing dependencies (npm ci, once)…');
  process.env.PATH = env.PATH;
  npm(node, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], root);
  writeFileSync(stamp, lock);
}

const [script, ...args] = process.argv.slice(2);
if (!script) fail('usage: node scripts/run.mjs <script> [args…]');
const node = findNode();
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const env = { ...process.env, PATH: path };
installDependencies(node, env);
const child = spawn(node, [join(root, script), ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env,
  stdio: 'inherit',
});
// On a terminal Ctrl-C reaches the child by itself; sending it again would count as a second Ctrl-C.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
