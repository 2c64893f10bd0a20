import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
