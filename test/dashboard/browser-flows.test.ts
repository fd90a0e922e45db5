// What a person does with the web app, in real Chromium: search, compare, restore, edit, decide, watch a run and stop it.
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWith, longRun } from '../support/needs.ts';
import {
  buildWeb,
  findViolations,
  LONG_TASK,
  openWorld,
  settled,
  takeScreenshot,
  type World,
  watchErrors,
} from './browser-world.ts';

/** Versions of the longest lineage. */
const MANY = longRun ? 500 : 100;

describeWith(['data', 'chromium'], 'a person at the web app', () => {
  let world: World;
  let context: BrowserContext;
  let errors: string[];

  beforeAll(async () => {
    buildWeb();
    world = await openWorld();
  }, 240_000);
  afterAll(() => world?.close(), 60_000);
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  async function visit(path: string): Promise<Page> {
    context = await world.open();
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    errors = watchErrors(page, world.url);
    await page.goto(world.url + path);
    await settled(page);
    return page;
  }
  const api = async (path: string) => (await context.request.get(world.url + path)).json();
  const skillWithVersions = async (): Promise<string> => {
    const { items } = await api('/api/v2/skills?limit=200');
    return items.find((skill: { versions: number }) => skill.versions >= 3).skill_id;
  };

  it('finds skills while typing, says why they fit, and keeps the search in the address', async () => {
    const page = await visit('/skills');
    await page.keyboard.press('/');
    await page.keyboard.type('audio production');
    await page.locator('.reason').first().waitFor();
    expect(await page.locator('.skill-row-name').first().textContent()).toMatch(/audio/);
    expect(page.url()).toContain('q=audio+production');
    await page.reload();
    await settled(page);
    expect(await page.getByRole('searchbox').inputValue()).toBe('audio production');
  });

  it('compares two versions that are ticked in the history, in one column and side by side', async () => {
    const page = await visit('/skills');
    const id = await skillWithVersions();
    await page.goto(`${world.url}/skills/${encodeURIComponent(id)}/history`);
    await settled(page);
    await page.getByLabel('Pick version 1').check();
    await page.getByLabel('Pick version 2').check();
    await page.getByRole('link', { name: 'Compare v1 and v2' }).click();
    await page.locator('.diff-line-added').first().waitFor();
    await page.getByRole('button', { name: 'Side by side' }).click();
    await page.locator('.diff-split').first().waitFor();
    await takeScreenshot(page, 'flow-compare');
    expect(await findViolations(page)).toEqual([]);
  });

  it('restores an earlier version as a new one', async () => {
    const page = await visit('/skills');
    const id = await skillWithVersions();
    const before = await api(`/api/v2/skills/${encodeURIComponent(id)}/versions`);
    await page.goto(`${world.url}/skills/${encodeURIComponent(id)}/history`);
    await settled(page);
    await page.locator('.lineage-node:not(.is-other)', { hasText: 'v1' }).first().click();
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page
      .getByText(/Version 1 is back, as version/)
      .first()
      .waitFor();
    await page.locator('.row-pick.is-head', { hasText: 'restored' }).waitFor();
    const after = await api(`/api/v2/skills/${encodeURIComponent(id)}/versions`);
    expect(after.total).toBe(before.total + 1);
  });

  it('tells while a text is edited whether it is valid, refuses an unsafe one, and saves a good one', async () => {
    const page = await visit('/skills');
    const id = await skillWithVersions();
    await page.goto(`${world.url}/skills/${encodeURIComponent(id)}/edit`);
    await settled(page);
    const editor = page.getByRole('textbox', { name: 'SKILL.md' });
    const text = await editor.inputValue();
    await editor.fill('no front matter at all');
    await page.getByText('This is not a valid skill.').waitFor();
    expect(await page.getByRole('button', { name: 'Save as new version' }).isDisabled()).toBe(true);
    await editor.fill(`${text}\nOne more line, <img src=x onerror="alert(1)"> and all.\n`);
    await page.getByText('Valid and safe.').waitFor();
    await page.getByRole('button', { name: 'Save as new version' }).click();
    await page
      .getByText(/Saved as version/)
      .first()
      .waitFor();
    await page.getByText('One more line,').waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  it('approves one proposal and rejects another by keyboard, with the reason kept', async () => {
    const page = await visit('/review');
    const before = await api('/api/v2/proposals');
    expect(before.items.length).toBeGreaterThan(1);
    await page.locator('.diff-line-added').first().waitFor();
    await page.keyboard.press('a');
    await page.getByText('Approved: on trial from now.').first().waitFor();
    await page.getByRole('button', { name: /^Reject/ }).waitFor();
    await page.keyboard.press('r');
    await page.getByRole('dialog').getByRole('textbox').fill('We have one already.');
    await takeScreenshot(page, 'flow-reject');
    await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Rejected.').first().waitFor();
    const { items } = await api('/api/v2/proposals?state=decided');
    const states = items.map((item: { state: string }) => item.state);
    expect(states).toEqual(expect.arrayContaining(['committed', 'rejected']));
  });

  it('starts a run, shows its turns as they come, and cancels it', async () => {
    const page = await visit('/runs');
    await page.getByRole('button', { name: 'Start a run' }).click();
    await page.getByRole('dialog').getByLabel('Task').fill(LONG_TASK);
    await page.getByRole('dialog').getByRole('button', { name: 'Start a run' }).click();
    await page.getByText('Step 1.', { exact: true }).waitFor({ timeout: 30_000 });
    await page.getByText('Step 3.', { exact: true }).waitFor({ timeout: 30_000 });
    await takeScreenshot(page, 'flow-live');
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
    await page.locator('.badge', { hasText: 'Cancelled' }).first().waitFor({ timeout: 30_000 });
  }, 120_000);

  it('changes language and theme in place, and keeps both', async () => {
    const page = await visit('/');
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('heading', { name: '概览' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByLabel('主题').selectOption('dark');
    const dark = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    expect(dark).toBe('rgb(19, 22, 20)');
    await page.reload();
    await page.getByRole('heading', { name: '概览' }).waitFor();
  });

  it(`stays usable with a lineage of ${MANY} versions`, async () => {
    const page = await visit('/skills');
    const { items } = await api('/api/v2/skills?q=audio&limit=1');
    const id = encodeURIComponent(items[0].skill_id);
    for (let turn = 1; turn < MANY; turn += 1) {
      const skill = await api(`/api/v2/skills/${id}`);
      const text = skill.text.replace(/\n*(Take \d+\.\n)?$/, `\n\nTake ${turn}.\n`);
      const saved = await context.request.post(`${world.url}/api/v2/skills/${id}/edit`, {
        headers: { origin: world.url },
        data: { files: { 'SKILL.md': text }, head: skill.head, reason: `take ${turn}` },
      });
      expect(saved.status()).toBe(200);
    }
    const start = performance.now();
    await page.goto(`${world.url}/skills/${id}/history`);
    await page.locator('.lineage-fold').first().waitFor();
    const shownMs = performance.now() - start;
    await takeScreenshot(page, 'flow-lineage');
    await page.locator('.lineage-fold').first().click();
    await page
      .locator('.lineage-node')
      .nth(MANY - 1)
      .waitFor();
    const openedMs = performance.now() - start - shownMs;
    await page
      .locator('.lineage-node')
      .nth(MANY / 2)
      .click();
    await page.locator('.chosen').waitFor();
    process.stderr.write(
      `dashboard: ${MANY} versions shown in ${Math.round(shownMs)} ms, unfolded in ${Math.round(openedMs)} ms\n`,
    );
  }, 300_000);
});
