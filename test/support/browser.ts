import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
] as const;

// Without the last ones Chromium looks for updates and sync servers, which a test must not.
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/** Widths of window at which pages are looked at: a desk, a small laptop or tablet, a phone. */
export const windows = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
] as const;
export const themes = ['light', 'dark'] as const;

/** Where pictures of pages are kept. */
export const screenshotFolder = resolve(import.meta.dirname, '../../test-results/screenshots');

/** A headless Chromium that is closed at the end of the test; Debian's is installed when there is none and we may. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  const executablePath = installed.find((path) => existsSync(path)) ?? installChromium();
  const browser = await chromium.launch({ executablePath, args: [...flags] });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}

function installChromium(): string {
  const debian = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!debian) throw new Error(`No Chromium is installed. The browser tests look for it at ${installed.join(', ')}.`);
  console.log('Installing Chromium with apt-get for the browser tests');
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, encoding: 'utf8', timeout: 10 * 60_000 } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  const { status, stderr } = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
    options,
  );
  if (status !== 0) throw new Error(`apt-get could not install Chromium:\n${stderr}`);
  return installed[0];
}

/** Keeps a picture of the page in test-results/screenshots. */
export async function takeScreenshot(page: Page, name: string, options: { fullPage?: boolean } = {}): Promise<void> {
  mkdirSync(screenshotFolder, { recursive: true });
  await page.screenshot({ path: join(screenshotFolder, `${name}.png`), ...options });
}

/** Fails when axe finds something serious or critical on the page as it is now. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  // What xterm draws is a picture of text; its screen-reader mode is what axe would have to look at.
  const { violations } = await new AxeBuilder({ page }).exclude('.xterm').analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const findings = serious.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `  ${target.join(' ')} ${failureSummary ?? ''}`).join('\n')}`,
  );
  assert.deepEqual(findings, [], `axe on ${where}`);
}

/** Fails when a page is wider than its window, so that it would have to be moved sideways to be read. */
export async function assertFitsWindow(page: Page, where: string): Promise<void> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(excess, 0, `${where} is ${String(excess)} px wider than its window`);
}
