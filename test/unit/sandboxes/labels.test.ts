import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bridgeName } from '../../../src/sandboxes/server/host-shield.ts';
import { fromLabels, memberName, sandboxFilter, toLabels, type SandboxIdentity } from '../../../src/sandboxes/server/sandbox-labels.ts';

const identity: SandboxIdentity = {
  instance: '0a1b2c3d',
  id: 'k3mn4pqr5stv',
  sessionId: 'session1',
  needs: ['registry', 'sigstore'],
  email: 'ada@learners.lab',
  createdAtMs: 1_795_372_986_927,
};

describe('the labels of a sandbox', () => {
  it('carry all that is needed to adopt it', () => {
    assert.deepEqual(fromLabels(toLabels(identity)), identity);
    assert.deepEqual(fromLabels(toLabels({ ...identity, needs: [] })), { ...identity, needs: [] });
  });

  it('are not found on other objects of the instance', () => {
    assert.equal(fromLabels({ 'dev.proofground.instance': '0a1b2c3d' }), undefined);
    assert.equal(fromLabels({}), undefined);
  });

  it('survive needs that this version does not know', () => {
    assert.deepEqual(fromLabels({ ...toLabels(identity), 'dev.proofground.needs': 'registry,quantum' })?.needs, ['registry']);
  });

  it('find one sandbox or all of the instance', () => {
    assert.deepEqual(sandboxFilter('0a1b2c3d', 'k3'), { 'dev.proofground.instance': '0a1b2c3d', 'dev.proofground.sandbox': 'k3' });
    assert.deepEqual(sandboxFilter('0a1b2c3d'), { 'dev.proofground.instance': '0a1b2c3d', 'dev.proofground.sandbox': '' });
  });

  it('go with names that the kernel and DNS can hold', () => {
    assert.equal(bridgeName(identity.instance, identity.id), 'pg0a1b2c3dk3mn4');
    assert.ok(bridgeName(identity.instance, identity.id).length <= 15);
    assert.ok(`${memberName(identity.instance, identity.id, 'cluster')}-control-plane`.length <= 63);
  });
});
