// What the browser tests look at: the original's libraries imported, tasks done, proposals waiting, a dashboard, a browser.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { bin, makeUser, projectRoot, runCli, type TestUser } from '../support/cli.ts';
import {
  fault,
  type ModelServer,
  type RecordedRequest,
  type ServerReply,
  startModelServer,
} from '../support/model-server.ts';
import { testData } from '../support/needs.ts';

/** Task whose run goes on for a minute, a turn every half second. */
export const LONG_TASK = 'keep counting slowly';
const LONG_TURNS = 120;

const skillText = (name: string, what: string) =>
  `---\nname: ${name}\ndescription: ${what} Use when the usual tool is missing.\n---\n\n# ${what}\n\nUse \`awk\`:\n\n\`\`\`sh\nawk '{ n += NF } END { print n }' "$1"\n\`\`\`\n\n| case | way |\n|---|---|\n| empty file | print 0 |\n`;

/** Tasks that each take three failing commands, so that learning proposes a skill for them. */
const LESSONS = [
  { task: 'count the words of a.txt', skill: 'count-words', what: 'Count the words of a text file.' },
  { task: 'resize the holiday photos', skill: 'shrink-photos', what: 'Scale pictures down before mailing.' },
  {
    task: 'renew the TLS certificate',
    skill: 'renew-certificate',
    what: 'Request a certificate, reload nginx.',
  },
];

function answer({ body }: RecordedRequest): ServerReply {
  const text = JSON.stringify(body);
  const steps = text.split('"role":"tool"').length - 1;
  const lesson = LESSONS.find(({ task }) => text.includes(task)) ?? LESSONS[0];
  if (lesson === undefined) return 'ok';
  if (text.includes('You read the recording'))
    return JSON.stringify({
      ...{ task_done: true, note: 'It took four tries.', failure_cause: 'none', evidence: [], skills: [] },
      tool_problems: [],
      suggestions: [
        {
          ...{ type: 'capture', target_skills: [], direction: lesson.what },
          quotes: [`${lesson.skill}-two a.txt`],
        },
      ],
    });
  if (text.includes('Write a new skill'))
    return {
      calls: [
        { name: 'write_file', args: { path: 'SKILL.md', content: skillText(lesson.skill, lesson.what) } },
        { name: 'finish', args: { summary: lesson.what } },
      ],
    };
  if (!text.includes('You are OpenSpace')) return '{"verdict": "fine", "concerns": []}';
  if (text.includes(LONG_TASK))
    return fault.slow(500, {
      text: `Step ${steps + 1}.`,
      ...(steps < LONG_TURNS
        ? { calls: [{ name: 'run_shell', args: { command: `echo ${steps + 1}` } }] }
        : {}),
      usage: { input: 1200, output: 40, cost: 0.0021 },
    });
  const commands = ['one', 'two', 'three'].map((way) => `${lesson.skill}-${way} a.txt`);
  const command = [...commands, 'echo "3 <script>alert(1)</script>"'][steps];
  const usage = { input: 2400 + steps * 600, output: 90, cached: 1200, cost: 0.0043 };
  return command === undefined
    ? { text: 'Done: there are 3.', usage }
    : { text: `I try way ${steps + 1}.`, calls: [{ name: 'run_shell', args: { command } }], usage };
}

export interface World {
  readonly url: string;
  readonly browser: Browser;
  readonly server: ModelServer;
  readonly user: TestUser;
  /** Runs the command line on the same home. */
  cli(...args: string[]): Promise<string>;
  /** A browser window that is signed in. */
  open(look?: Look): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface Look {
  readonly language?: 'en' | 'zh';
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
}

/** Builds the web app from the sources; takes about two seconds. */
export function buildWeb(): void {
  const built = spawnSync(process.execPath, ['scripts/build.mjs', '--web'], { cwd: projectRoot });
  if (built.status !== 0) throw new Error(built.stderr.toString());
}

export async function openWorld(): Promise<World> {
  const user = makeUser({ 'project/a.txt': 'one two three\n' });
  const server = await startModelServer({ key: 'sk-test', replies: answer });
  const env = {
    ...{ OPENSPACE_MODEL: 'openai/gpt-test', OPENSPACE_LLM_API_KEY: 'sk-test', OPENSPACE_MODE: 'unsafe' },
    ...{ OPENSPACE_LLM_API_BASE: server.baseUrl, OPENSPACE_LEARNING_MODE: 'propose' },
  };
  const cli = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(user, args, { env, timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`openspace ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  for (const name of ['gdpval.db', 'showcase.db'])
    await cli('skills', 'import', join(testData, 'openspace-v1', name));
  for (const { task } of LESSONS) await cli('run', task);
  await cli('learn');
  const dashboard = await startDashboard(user, env);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const signedIn = await signIn(browser, dashboard.open);
  return {
    ...{ url: dashboard.url, browser, server, user, cli },
    open: async (look = {}) => {
      const context = await browser.newContext({
        storageState: signedIn,
        viewport: { width: look.width ?? 1440, height: 900 },
        locale: 'en-US',
        reducedMotion: 'reduce',
      });
      // Only where nothing is chosen yet: what a test chooses in the page outlives its loading again.
      await context.addInitScript(
        `for (const [key, value] of ${JSON.stringify([
          ['openspace-language', look.language ?? 'en'],
          ['openspace-theme', look.theme ?? 'light'],
        ])}) if (localStorage.getItem(key) === null) localStorage.setItem(key, value);`,
      );
      return context;
    },
    close: async () => {
      await browser.close();
      await dashboard.stop();
      await server.close();
      user.remove();
    },
  };
}

/** The address that is printed works once; what it brings is shared by the windows of a test. */
async function signIn(browser: Browser, address: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  const state = await context.storageState();
  await context.close();
  return state;
}

function startDashboard(
  user: TestUser,
  env: Record<string, string>,
): Promise<{ url: string; open: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [bin, 'dashboard', '--port', '0', '--json', '--no-open'], {
    cwd: user.project,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: user.home,
      NO_COLOR: '1',
      OPENSPACE_LEARNING_WORKER: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async () => {
    const hasCrashed = child.exitCode !== null;
    child.kill('SIGTERM');
    await closed;
    if (hasCrashed) throw new Error(`the dashboard ended by itself: ${errors}`);
  };
  return new Promise((done, fail) => {
    child.once('close', (code) => fail(new Error(`the dashboard ended with ${code}: ${errors}`)));
    child.stdout.once('data', (chunk) => {
      const { url, open } = JSON.parse(String(chunk)) as { url: string; open: string };
      done({ url, open, stop });
    });
  });
}

/** Errors of a page as they come: console, scripts, refused and foreign requests. */
export function watchErrors(page: Page, url: string): string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|chrome):/.test(request.url()))
      errors.push(`foreign request: ${request.url()}`);
  });
  return errors;
}

/** Resolves when the page has its data: nothing loads any more, and no error is shown. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  // No functions that wait in the page: they are evaluated there again and again, which its security policy forbids.
  for (const unfinished of [
    page.locator('.loading'),
    page.locator('.main[aria-busy="true"]'),
    page.locator('h1', { hasText: '…' }),
  ])
    await unfinished.first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready.then(() => undefined)');
}

/** Rules of WCAG 2.2 A and AA and the good practices, as `rule: selector`. */
export async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${String(node.target)} ${(node.failureSummary ?? '').replaceAll('\n', ' ')}`),
  );
}

export const screenshots =
  process.env.OPENSPACE_TEST_SCREENSHOTS ?? join(projectRoot, 'test-results', 'dashboard');

export async function takeScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** Gzipped bytes of each built script, by its name. */
export function scriptSizes(): ReadonlyMap<string, number> {
  const folder = join(projectRoot, 'dist', 'web', 'assets');
  return new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => [name, gzipSync(readFileSync(join(folder, name)), { level: 9 }).length]),
  );
}
