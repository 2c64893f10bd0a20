import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright';

/** What a condition on the page says. */
export interface ShownCondition {
  readonly id: string;
  readonly verdict: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly hint: string | undefined;
  /** What stands before the hint: `hint 1 of 3`. */
  readonly ladder: string | undefined;
}

/** A learner at the page of a lab: reads, presses, and types into the terminal by the keyboard. */
export class LearnerPage {
  readonly page: Page;
  #commands = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Lets the terminal draw its text as text, which a test can read; remembered like any preference of a learner. */
  static async readable(page: Page): Promise<LearnerPage> {
    await page.addInitScript(() => localStorage.setItem('proofground.terminal', JSON.stringify({ fontSize: 14, screenReader: true })));
    return new LearnerPage(page);
  }

  /** What the terminal shows, line by line. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator('.terminal-panel:not([hidden]) .xterm-rows > div').allInnerTexts();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
  }

  /** Waits until the terminal shows something; tells what it showed instead when it does not. */
  async sees(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = await this.terminalText();
      const found = pattern.exec(text);
      if (found !== null) return found;
      assert.ok(Date.now() < deadline, `The terminal does not show ${String(pattern)}:\n${text}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Types a line and Enter. */
  async types(line: string): Promise<void> {
    await this.page.locator('.terminal-panel:not([hidden]) .xterm-helper-textarea').focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Types a command and waits until it has ended well. */
  async runs(command: string, timeoutMs = 60_000): Promise<void> {
    await this.types(command);
    await this.waitForShell(timeoutMs, '0');
  }

  /** Presses the run button of the block of the current step that holds `text`, and waits until the commands have ended. */
  async pressesRun(text: string, { timeoutMs = 60_000, code = '0' }: { timeoutMs?: number; code?: string } = {}): Promise<void> {
    await this.block(text).getByRole('button', { name: 'Run' }).click();
    await this.waitForShell(timeoutMs, code);
  }

  /** A code block of the step that is shown. */
  block(text: string): Locator {
    return this.page.locator('.step[data-current] .code-block', { hasText: text }).first();
  }

  /** Waits until the shell takes the next line, and compares how the one before ended. */
  async waitForShell(timeoutMs: number, code: string): Promise<void> {
    this.#commands += 1;
    const number = String(this.#commands);
    await this.types(`echo "ended $? (${number})"`);
    const [, found] = await this.sees(new RegExp(`^ended (\\d+) \\(${number}\\)$`, 'm'), timeoutMs);
    assert.equal(found, code, `The command ended with ${String(found)}:\n${await this.terminalText()}`);
  }

  /** Presses the check button of the current step; the conditions as the page shows them then. */
  async checks(): Promise<ShownCondition[]> {
    const section = this.page.locator('.step[data-current] .must-be-true');
    const answered = this.page.waitForResponse((response) => response.url().endsWith('/check'), { timeout: 60_000 });
    await section.locator('.check:not([aria-disabled])').click();
    assert.equal((await answered).status(), 200);
    await section.locator('.check:not([aria-disabled])').waitFor();
    await section.locator('.check-summary:not([data-verdict="checking"])').waitFor();
    return section.locator('.condition').evaluateAll((items) =>
      items.map((item) => {
        const rows = new Map(
          [...item.querySelectorAll('dt')].map((term) => [
            (term.textContent ?? '').split(' ')[0],
            term.nextElementSibling?.textContent ?? '',
          ]),
        );
        const ladder = [...item.querySelectorAll('dt')].map(({ textContent }) => textContent ?? '').find((text) => text.startsWith('hint'));
        const { id = '', verdict = '' } = (item as HTMLElement).dataset;
        return { id, verdict, expected: rows.get('expected'), found: rows.get('found'), hint: rows.get('hint'), ladder };
      }),
    );
  }

  /** Checks until every condition holds: a cluster takes seconds to act on what it was told. */
  async passes(attempts = 3): Promise<void> {
    let conditions = await this.checks();
    for (let attempt = 1; attempt < attempts && conditions.some(({ verdict }) => verdict !== 'passed'); attempt += 1) {
      await this.page.waitForTimeout(3000);
      conditions = await this.checks();
    }
    assert.deepEqual(
      conditions.filter(({ verdict }) => verdict !== 'passed'),
      [],
      'every condition of the step holds',
    );
    assert.ok(conditions.length > 0);
  }

  /** Opens the step after the current one. */
  async opensNextStep(): Promise<void> {
    const { page } = this;
    const before = await page.locator('.step[data-current]').getAttribute('id');
    await page.locator('.step[data-current] .step-turn .next').click();
    await page.locator(`.step[data-current]:not([id="${before ?? ''}"])`).waitFor();
  }
}
