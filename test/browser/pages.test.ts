import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright';
import { assertAccessible, assertFitsWindow, openBrowser, takeScreenshot, themes, windows } from '../support/browser.ts';
import { exampleState, lab } from '../support/page-states.ts';
import { servePages, type PageServer, type PageState } from '../support/page-server.ts';

/** A page in one of its states: where it is, what the interface answers, and what has to be done to see it. */
interface Look {
  readonly name: string;
  readonly path: string;
  readonly state: PageState;
  readonly act?: (page: Page) => Promise<void>;
  /** What must be readable then. */
  readonly shows: string;
}

const labPath = `/labs/${lab.id}/`;
const looks: readonly Look[] = [
  { name: 'course', path: '/', state: exampleState.ready, shows: 'Module 11 of 16' },
  { name: 'module', path: '/modules/11-supply-chain-security/', state: exampleState.ready, shows: 'Labs of this module' },
  { name: 'status-preparing', path: '/status', state: exampleState.preparing, shows: 'The labs are being prepared' },
  { name: 'status-failed', path: '/status', state: exampleState.preparationFailed, shows: 'An image could not be built' },
  { name: 'problem', path: '/problems/engine-unavailable', state: exampleState.ready, shows: 'No container engine can be used' },
  { name: 'problems', path: '/problems/', state: exampleState.ready, shows: 'Error codes' },
  { name: 'not-found', path: '/nowhere', state: exampleState.ready, shows: 'There is no page at this address' },
  { name: 'lab-before-start', path: labPath, state: exampleState.ready, act: openTerminalPane, shows: 'Start the lab' },
  { name: 'lab-preparing', path: labPath, state: exampleState.preparing, act: openTerminalPane, shows: 'This lab is still being prepared' },
  { name: 'lab-queued', path: labPath, state: exampleState.queued, act: start, shows: 'You are number 2 in the queue' },
  { name: 'lab-starting', path: labPath, state: exampleState.starting, act: start, shows: 'of about 8 s' },
  { name: 'lab-failed', path: labPath, state: exampleState.failed, act: start, shows: 'no space left on device' },
  {
    name: 'lab-approval',
    path: labPath,
    state: exampleState.approval,
    act: openTerminalPane,
    shows: 'Sign as quiet-otter-4821@learners.lab?',
  },
  {
    name: 'lab-conditions',
    path: `${labPath}#${lab.steps[1]?.id ?? ''}`,
    state: exampleState.checked,
    act: scrollToConditions,
    shows: 'hint',
  },
  { name: 'lab-shortcuts', path: labPath, state: exampleState.ready, act: openShortcuts, shows: 'Leave the terminal' },
];

async function openTerminalPane(page: Page): Promise<void> {
  const tab = page.locator('.pane-tabs [data-view="terminal"]');
  if (await tab.isVisible()) await tab.click();
}

async function start(page: Page): Promise<void> {
  await openTerminalPane(page);
  await page.click('#start-lab');
}

async function scrollToConditions(page: Page): Promise<void> {
  await page.locator('.step[data-current] .must-be-true').evaluate((section) => section.scrollIntoView());
}

async function openShortcuts(page: Page): Promise<void> {
  await page.locator('body').press('?');
}

describe('the pages', () => {
  let server: PageServer;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([servePages(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  /** Opens a page; whatever its scripts throw or its policy refuses fails the test. */
  async function open(
    path: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; faults: string[]; close: () => Promise<void> }> {
    const context = await browser.newContext({ baseURL: server.origin, ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    await page.goto(path);
    return { page, faults, close: () => context.close() };
  }

  for (const look of looks) {
    it(`${look.name} reads well at every width in both themes, and axe finds nothing serious`, async () => {
      server.show(look.state);
      for (const viewport of windows) {
        const { page, faults, close } = await open(look.path, { viewport });
        await look.act?.(page);
        await page.getByText(look.shows).locator('visible=true').first().waitFor();
        await assertFitsWindow(page, `${look.name} at ${String(viewport.width)}`);
        for (const colorScheme of themes) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await takeScreenshot(page, `${look.name}-${String(viewport.width)}-${colorScheme}`);
          if (viewport.width === 1440 || (viewport.width === 390 && colorScheme === 'light')) {
            await assertAccessible(page, `${look.name} at ${String(viewport.width)}, ${colorScheme}`);
          }
        }
        assert.deepEqual(faults, []);
        await close();
      }
    });
  }

  it('lets course and steps be read without JavaScript', async () => {
    server.show(exampleState.ready);
    const { page, close } = await open(labPath, { javaScriptEnabled: false });
    for (const step of lab.steps) assert.equal(await page.getByRole('heading', { name: step.title }).isVisible(), true, step.title);
    assert.equal(await page.getByRole('button').count(), 0, 'a button that can do nothing is shown');
    await page.goto('/');
    await page.getByRole('link', { name: lab.title, exact: true }).waitFor();
    await close();
  });

  it('keeps checks, solutions and near-misses out of everything that is served', async () => {
    server.show(exampleState.ready);
    const { page, close } = await open(labPath);
    const addresses = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const texts = await Promise.all([
      page.content(),
      ...addresses.filter((address) => address.includes('/_astro/')).map(async (address) => (await fetch(address)).text()),
    ]);
    assert.ok(texts.length > 2);
    for (const text of texts) assert.doesNotMatch(text, /near-miss|solution\.sh|defineChecks/);
    for (const file of ['checks.ts', 'solution.sh', 'step.mdx']) {
      const response = await fetch(`${server.origin}/labs/11-supply-chain-security/${lab.id}/${lab.steps[0]?.id ?? ''}/${file}`);
      assert.equal(response.status, 404, file);
    }
    await close();
  });

  it('remembers the theme that was chosen over the one of the system', async () => {
    server.show(exampleState.ready);
    const { page, close } = await open('/', { colorScheme: 'light' });
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
    const dark = await background();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await background(), dark);
    await close();
  });

  it('moves the divider by keyboard within its bounds and remembers where it stands', async () => {
    server.show(exampleState.ready);
    const { page, close } = await open(labPath);
    const divider = page.getByRole('separator');
    await divider.press('ArrowRight');
    assert.equal(await divider.getAttribute('aria-valuenow'), '500');
    await page.reload();
    assert.equal(await divider.getAttribute('aria-valuenow'), '500');
    await divider.press('End');
    await divider.press('ArrowRight');
    assert.equal(await divider.getAttribute('aria-valuenow'), '560');
    assert.equal((await page.locator('.text-pane').boundingBox())?.width, 560);
    await close();
  });

  it('opens steps by address, by key and by link, and comes back to the last one', async () => {
    server.show(exampleState.ready);
    const [, second, third] = lab.steps;
    const { page, close } = await open(`${labPath}#${second?.id ?? ''}`);
    const heading = page.locator('.step:visible > h2');
    assert.match(await heading.innerText(), new RegExp(second?.title ?? ''));
    await page.locator('body').press('Alt+3');
    await page.locator(`.step[data-step="${third?.id ?? ''}"]`).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.closest('.step')?.id), third?.id, 'focus follows to the step');
    await page.goto(labPath);
    assert.match(await heading.innerText(), new RegExp(third?.title ?? ''));
    await close();
  });

  it('puts the values of the session into the commands', async () => {
    server.show(exampleState.approval);
    const { page, close } = await open(labPath);
    await page.getByText('Sign as quiet-otter-4821@learners.lab?').waitFor();
    assert.equal(await page.locator('[data-variable]', { hasText: '{{' }).count(), 0);
    assert.ok((await page.locator('[data-variable="session.email"]').allTextContents()).includes('quiet-otter-4821@learners.lab'));
    await close();
  });
});
