import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright';
import { lab } from '../../labs/11-supply-chain-security/sign-and-verify/lab.ts';
import { runCommand, ServerProcess } from '../docker/server/server-process.ts';
import { assertAccessible, openBrowser, screenshotFolder, takeScreenshot, themes, windows } from '../support/browser.ts';
import { LearnerPage } from '../support/learner-page.ts';

/** The picture of the README: made anew with UPDATE_README_PICTURE=1, since every run shows another learner. */
const readmePicture = resolve(import.meta.dirname, '../../docs/workspace.png');

describe('a learner with nothing but a browser', { timeout: 60 * 60_000 }, () => {
  let data = '';
  let server: ServerProcess;
  let browser: Browser;
  let learner: LearnerPage;
  let page: Page;
  let email = '';

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'proofground-browser-'));
    [server, browser] = await Promise.all([ServerProcess.start(data), openBrowser()]);
    await server.ready();
    const context = await browser.newContext({ baseURL: server.address, viewport: windows[0], permissions: ['clipboard-write'] });
    page = await context.newPage();
    learner = await LearnerPage.readable(page);
  });

  after(async () => {
    await browser.close();
    await server.end('SIGTERM');
    await runCommand('src/cli/down.ts', [], { PROOFGROUND_DATA: data });
    rmSync(data, { recursive: true, force: true });
  });

  it('finds the lab in the course, starts it and reads while its stages go by', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: lab.title, exact: true }).click();
    await page.getByRole('button', { name: 'Start the lab' }).click();
    await page.locator('.stages li').first().waitFor({ timeout: 30_000 });
    await page.locator('.stages .times', { hasText: /\d s/ }).first().waitFor({ timeout: 30_000 });
    assert.equal(await page.locator('.step[data-current] > h2').isVisible(), true);
    await takeScreenshot(page, 'whole-lab-starting');
    await page.locator('.terminal-panel .xterm').waitFor({ timeout: 4 * 60_000 });
    await learner.sees(/\$ ?$/m);
  });

  it('is told what was expected and found, and gets the next hint at each try', async () => {
    const [first] = await learner.checks();
    assert.equal(first?.verdict, 'failed');
    assert.ok(first.expected !== undefined && first.found !== undefined && first.hint !== undefined);
    assert.equal(first.ladder, 'hint 1 of 3');
    const [second] = await learner.checks();
    assert.equal(second?.ladder, 'hint 2 of 3');
    assert.notEqual(second.hint, first.hint);
    await takeScreenshot(page, 'whole-lab-failed-check');
  });

  it('builds and pushes the image with the button of the text', async () => {
    await learner.runs('cd ~/lab');
    await learner.pressesRun('docker build', { timeoutMs: 3 * 60_000 });
    await learner.passes();
    assert.equal(await page.locator('.step-marks [data-passed]').count(), 1);
  });

  it('sees the code of the terminal on a card within two seconds, and signs by approving it', async () => {
    await learner.opensNextStep();
    assert.ok(
      (await learner.checks()).some(({ verdict }) => verdict === 'failed'),
      'nothing is signed yet',
    );
    await learner.types('clear');
    await learner.sees(/^learner@lab:~\/lab\$\s*$/);
    email = await page.locator('[data-variable="session.email"]').first().innerText();
    await learner.block('cosign sign').getByRole('button', { name: 'Run' }).click();
    const [code] = await learner.sees(/\b[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}\b/, 60_000);
    const shownAt = Date.now();
    const card = page.locator('.approval');
    await card.waitFor({ timeout: 10_000 });
    assert.ok(Date.now() - shownAt < 2000, 'the card appears within two seconds of the code');
    assert.match(await card.innerText(), new RegExp(`Sign as ${email}\\?[\\s\\S]*${code}`));
    await takeStates(page, 'whole-lab-approval');
    await assertAccessible(page, 'the lab with a terminal and a card');
    await takeReadmePicture(page);
    await card.getByRole('button', { name: 'Approve' }).click();
    await learner.waitForShell(60_000, '0');
    assert.equal(await card.count(), 0);
    await learner.passes();
  });

  it('comes back to step, shell and verdicts after a reload', async () => {
    await learner.runs('MARK=kept; echo "before the reload"');
    await page.reload();
    await learner.sees(/before the reload/);
    assert.match(await page.locator('.step[data-current] > h2').innerText(), new RegExp(lab.steps[1]?.title ?? ''));
    assert.equal(await page.locator('.step-marks [data-passed]').count(), 2);
    await learner.types('echo "the shell has $MARK its memory"');
    await learner.sees(/^the shell has kept its memory$/m);
  });

  it('verifies by identity and issuer, and sees an attacker move the tag', async () => {
    await learner.opensNextStep();
    await learner.pressesRun('cosign verify --certificate-identity');
    await learner.runs(
      `echo 'exec cosign verify --certificate-identity ${email} --certificate-oidc-issuer https://oidc.lab "$1"' > verify.sh`,
    );
    await learner.pressesRun('crane tag');
    await learner.pressesRun('bash attack.sh');
    await learner.block('cosign download').getByRole('button', { name: 'Run' }).click();
    await learner.waitForShell(60_000, '0');
    await learner.runs(`printf 'signer: %s\\nissuer: https://oidc.lab\\ncertificate_minutes: 10\\n' ${email} > answers.yaml`);
    await learner.runs(`echo "log_index: $(jq -r '.verificationMaterial.tlogEntries[0].logIndex // "0"' bundle.json)" >> answers.yaml`);
    await learner.runs('echo "stable_digest: $(crane digest registry.lab/shop/app:stable)" >> answers.yaml');
    await learner.passes();
  });

  it('writes the policy, is told that a warning is not enough, and then deploys', async () => {
    await learner.opensNextStep();
    await learner.pressesRun('kubectl label namespace');
    await learner.runs(`sed -i -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: ${email}/' policy.yaml`);
    await learner.runs('kubectl apply -f policy.yaml');
    await page.waitForTimeout(3000);
    const conditions = await learner.checks();
    const refuses = conditions.find(({ id }) => id === 'refuses-unsigned');
    assert.equal(refuses?.verdict, 'failed');
    assert.match(`${refuses.expected ?? ''} ${refuses.found ?? ''}`, /warn|admitted|got in/i);
    await learner.runs(`sed -i 's/mode: warn/mode: enforce/' policy.yaml && kubectl apply -f policy.yaml`);
    await page.waitForTimeout(3000);
    await learner.runs('sed -i "s#image: .*#image: registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)#" deployment.yaml');
    await learner.pressesRun('kubectl apply -f deployment.yaml', { timeoutMs: 2 * 60_000 });
    await learner.passes();
    assert.equal(await page.locator('.step-marks [data-passed]').count(), lab.steps.length);
    await takeStates(page, 'whole-lab-done');
  });

  it('sees on the course page that the lab is passed, and ends it', async () => {
    const lobby = await page.context().newPage();
    await lobby.goto('/');
    await lobby.locator('.lab-state[data-state="passed"]').waitFor();
    await lobby.close();
    await page.locator('#time-left').click();
    await page.getByRole('button', { name: 'End the lab' }).click();
    await page.locator('#confirm').getByRole('button', { name: 'End the lab' }).click();
    await page.getByRole('heading', { name: 'This lab has ended' }).waitFor({ timeout: 60_000 });
    await takeScreenshot(page, 'whole-lab-ended');
  });

  async function takeStates(shown: Page, name: string): Promise<void> {
    for (const viewport of windows) {
      await shown.setViewportSize(viewport);
      for (const colorScheme of themes) {
        await shown.emulateMedia({ colorScheme });
        await shown.waitForTimeout(300);
        await takeScreenshot(shown, `${name}-${String(viewport.width)}-${colorScheme}`);
      }
    }
    await shown.setViewportSize(windows[0]);
    await shown.emulateMedia({ colorScheme: 'light' });
    await shown.waitForTimeout(300);
  }

  async function takeReadmePicture(shown: Page): Promise<void> {
    await shown.setViewportSize({ width: 1200, height: 750 });
    await shown.locator('.step[data-current] .must-be-true').evaluate((section) => section.scrollIntoView());
    await shown.waitForTimeout(300);
    await takeScreenshot(shown, 'workspace');
    await shown.setViewportSize(windows[0]);
    const picture = join(screenshotFolder, 'workspace.png');
    assert.ok(statSync(picture).size < 300 * 1024, 'the picture of the README stays below 300 KiB');
    if (process.env['UPDATE_README_PICTURE'] === '1') copyFileSync(picture, readmePicture);
  }
});
