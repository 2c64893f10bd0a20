import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { resolve } from 'node:path';
import { loadCatalog } from '../../src/catalog/server/load-catalog.ts';
import type { ProofReport } from '../../src/proof/proof-report.ts';
import { proveLab } from '../../src/proof/server/prove-lab.ts';
import { testPlatform, type TestPlatform } from '../support/platform.ts';

const catalog = await loadCatalog(resolve(import.meta.dirname, '../../labs'));

test('every lab can be loaded', () => assert.deepEqual(catalog.problems, []));

for (const lab of catalog.labs) {
  describe(`the proof of ${lab.id}`, () => {
    let platform: TestPlatform;
    let report: ProofReport;

    before(async () => {
      platform = await testPlatform();
      const { driver, trust } = platform;
      report = await proveLab(
        { lab, driver, trust },
        {
          parallel: 2,
          onTrial: ({ step, kind, name, elapsedMs }) => console.log(`${step} ${kind} ${name} ${(elapsedMs / 1000).toFixed(1)} s`),
        },
      );
    });
    after(() => platform[Symbol.asyncDispose]());

    const trials = lab.steps.flatMap((step) => [
      ...['untouched', 'solution', 'text'].map((kind) => ({ step: step.id, kind, name: '' })),
      ...step.nearMisses.map(({ name }) => ({ step: step.id, kind: 'near-miss', name })),
    ]);
    for (const { step, kind, name } of trials) {
      it(`${step} ${kind} ${name}`.trim(), () => {
        const trial = report.trials.find((one) => one.step === step && one.kind === kind && one.name === name);
        assert.ok(trial, 'it was never tried');
        assert.equal(trial.problem, undefined);
      });
    }
  });
}
