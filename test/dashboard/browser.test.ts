// Every page in real Chromium: both languages, both themes, narrow and wide, without errors and accessible.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, longRun } from '../support/needs.ts';
import {
  buildWeb,
  findViolations,
  type Look,
  openWorld,
  scriptSizes,
  settled,
  takeScreenshot,
  type World,
  watchErrors,
} from './browser-world.ts';

/** Most script on the first page, gzipped. */
const MOST_BYTES = 250_000;

describeWith(['data', 'chromium'], 'the web app in a browser', () => {
  let world: World;
  let addresses: Record<string, string>;

  beforeAll(async () => {
    buildWeb();
    world = await openWorld();
    addresses = await findAddresses(world);
  }, 240_000);
  afterAll(() => world?.close());

  const all: Look[] = (['en', 'zh'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) => [1440, 360].map((width) => ({ language, theme, width }))),
  );
  // Two looks that have nothing in common; all eight take minutes and run in the long tests.
  const looks = longRun
    ? all
    : all.filter(({ language, theme, width }) =>
        language === 'en' ? theme === 'light' && width === 1440 : theme === 'dark' && width === 360,
      );

  describe.each(looks)('$language, $theme, $width px', (look) => {
    it('shows every page without errors, and axe finds nothing', async () => {
      const context = await world.open(look);
      const problems: Record<string, string[]> = {};
      try {
        for (const [name, path] of Object.entries(addresses)) {
          const page = await context.newPage();
          const errors = watchErrors(page, world.url);
          await page.goto(world.url + path);
          await settled(page);
          const found = [...errors, ...(await findViolations(page)), ...(await overflows(page))];
          if ((await page.locator('[role="alert"]').count()) > 0)
            found.push(`error shown: ${await page.locator('[role="alert"]').first().textContent()}`);
          if (found.length > 0) problems[name] = found;
          await takeScreenshot(page, `${name}.${look.language}.${look.theme}.${look.width}`);
          await page.close();
        }
      } finally {
        await context.close();
      }
      expect(problems).toEqual({});
    }, 240_000);
  });

  it('loads at most 250 KB of script for the first page', async () => {
    const context = await world.open();
    const page = await context.newPage();
    const loaded: string[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) loaded.push(response.url().split('/').at(-1) ?? '');
    });
    await page.goto(world.url);
    await settled(page);
    const largest = await page.evaluate<number>(
      `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true }))`,
    );
    const paint = await page.evaluate<number>(
      `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`,
    );
    await context.close();
    const sizes = scriptSizes();
    const bytes = loaded.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    process.stderr.write(
      `dashboard: first page ${loaded.length} scripts, ${Math.round(bytes / 1000)} KB gzipped; first contentful paint ${Math.round(paint)} ms, largest ${Math.round(largest)} ms\n`,
    );
    expect(loaded.length).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });
});

/** What reaches beyond the right edge: a page must never scroll sideways. */
async function overflows(page: Page): Promise<string[]> {
  const width = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  return width > 0 ? [`wider than the window by ${width} px`] : [];
}

/** A page of each kind, with a skill that has a long lineage and runs of both kinds. */
async function findAddresses(world: World): Promise<Record<string, string>> {
  const context = await world.open();
  const get = async (path: string) => (await context.request.get(world.url + path)).json();
  const { items: skills } = await get('/api/v2/skills?state=all&sort=uses&limit=200');
  const skill = [...skills].sort(
    (a: { versions: number }, b: { versions: number }) => b.versions - a.versions,
  )[0].skill_id;
  const { items: runs } = await get('/api/v2/runs?limit=200');
  const runOf = (source: string) => runs.find((run: { source: string }) => run.source === source).run_id;
  await context.close();
  const id = encodeURIComponent(skill);
  return {
    overview: '/',
    skills: '/skills',
    search: '/skills?q=extract+tables+from+pdf&state=all',
    none: '/skills?q=zzzzqqqq&tag=no-such-tag',
    skill: `/skills/${id}`,
    history: `/skills/${id}/history`,
    compare: `/skills/${id}/compare`,
    blame: `/skills/${id}/blame`,
    uses: `/skills/${id}/uses`,
    trust: `/skills/${id}/trust`,
    edit: `/skills/${id}/edit`,
    runs: '/runs',
    run: `/runs/${encodeURIComponent(runOf('openspace'))}`,
    'run-imported': `/runs/${encodeURIComponent(runOf('imported'))}`,
    review: '/review',
    settings: '/settings',
    nowhere: '/no/such/page',
  };
}
