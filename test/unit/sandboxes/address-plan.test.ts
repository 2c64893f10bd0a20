import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseSubnet, memberAddress } from '../../../src/sandboxes/server/address-plan.ts';

describe('the address plan', () => {
  it('begins at the bottom of 10.213.0.0/16 and leaves the upper half of a network to the engine', () => {
    assert.deepEqual(chooseSubnet([]), { subnet: '10.213.0.0/27', dynamicRange: '10.213.0.16/28' });
  });

  it('avoids every network that overlaps, smaller or larger', () => {
    assert.equal(chooseSubnet(['10.213.0.0/27'])?.subnet, '10.213.0.32/27');
    assert.equal(chooseSubnet(['10.213.0.30/32', '10.213.0.32/27'])?.subnet, '10.213.0.64/27');
    assert.equal(chooseSubnet(['10.213.0.0/20'])?.subnet, '10.213.16.0/27');
    assert.equal(chooseSubnet(['10.213.5.9/17'])?.subnet, '10.213.128.0/27', 'host bits of a network do not matter');
  });

  it('ignores networks elsewhere and what is not an IPv4 network', () => {
    assert.equal(chooseSubnet(['172.17.0.0/16', '10.212.0.0/16', '10.214.0.0/16', 'fd00::/64', '', '10.213.0.0'])?.subnet, '10.213.0.0/27');
  });

  it('fills up 2,048 networks one after the other, and then has none', () => {
    const all = Array.from({ length: 2048 }, (_, index) => `10.213.${Math.floor(index / 8)}.${(index % 8) * 32}/27`);
    for (const count of [1, 7, 8, 63, 1024, 2047]) assert.equal(chooseSubnet(all.slice(0, count))?.subnet, all[count]);
    assert.equal(chooseSubnet(all), undefined);
    assert.equal(chooseSubnet(['0.0.0.0/0']), undefined);
  });

  it('gives every member an address of its own in the lower half', () => {
    const addresses = (['link', 'registry', 'toolbox', 'builder'] as const).map((member) => memberAddress('10.213.4.96/27', member));
    assert.deepEqual(addresses, ['10.213.4.98', '10.213.4.99', '10.213.4.100', '10.213.4.101']);
    assert.throws(() => memberAddress('not a network', 'link'), RangeError);
  });
});
