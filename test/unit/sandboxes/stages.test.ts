import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normalizeNeeds, sandboxSpecSchema } from '../../../src/sandboxes/sandbox-spec.ts';
import { stageOf, stagesFor } from '../../../src/sandboxes/sandbox.ts';

describe('the stages of a start', () => {
  it('hold only what the lab needs', () => {
    assert.deepEqual(
      stagesFor([]).map((stage) => stage.stage),
      ['network', 'link', 'toolbox', 'files'],
    );
    assert.deepEqual(
      stagesFor(['sigstore', 'registry', 'builder', 'cluster']).map((stage) => stage.stage),
      ['network', 'link', 'registry', 'builder', 'cluster-node', 'cluster-admission', 'toolbox', 'files'],
    );
  });

  it('say how long they usually take when that is known, and nothing when it is not', () => {
    const [network, link] = stagesFor([], { link: 740 });
    assert.equal(link?.expectedMs, 740);
    assert.ok(network !== undefined && !('expectedMs' in network));
    assert.equal(stageOf('files', { files: 0 }).expectedMs, 0);
  });

  it('have a title each', () => {
    const titles = stagesFor(['registry', 'builder', 'cluster']).map((stage) => stage.title);
    assert.equal(new Set(titles).size, titles.length);
  });
});

describe('the needs of a lab', () => {
  it('are compared in one order and once each', () => {
    assert.deepEqual(normalizeNeeds(['sigstore', 'registry', 'sigstore']), ['registry', 'sigstore']);
  });

  it('are refused when unknown', () => {
    assert.equal(sandboxSpecSchema.safeParse({ needs: ['registry'] }).success, true);
    assert.equal(sandboxSpecSchema.safeParse({ needs: ['internet'] }).success, false);
    assert.equal(sandboxSpecSchema.safeParse({ needs: [], privileged: true }).success, false);
  });
});
