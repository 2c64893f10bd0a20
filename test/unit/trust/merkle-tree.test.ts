import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashLeaf, MerkleTree } from '../../../src/trust/container/ct-log/merkle-tree.ts';
import { isConsistent, rootFromInclusion } from '../../support/merkle-verifier.ts';

/** The eight leaves and the roots that implementations of RFC 6962 test with. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function treeOf(count: number): MerkleTree {
  const tree = new MerkleTree();
  for (let index = 0; index < count; index += 1)
    tree.append(hashLeaf(Buffer.from(leaves[index] ?? `0${index.toString(16).padStart(3, '0')}`, 'hex')));
  return tree;
}

describe('Merkle tree', () => {
  it('has the roots of the RFC 6962 test vectors at every size', () => {
    const tree = treeOf(8);
    assert.deepEqual(
      roots.map((_, size) => tree.root(size).toString('hex')),
      roots,
    );
  });

  it('has the proofs of the test vectors', () => {
    const tree = treeOf(8);
    assert.deepEqual(hex(tree.inclusionProof(5, 8)), [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(hex(tree.consistencyProof(6, 8)), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('proves every leaf in every tree up to 40 leaves, and every tree in every later one', () => {
    const tree = treeOf(40);
    for (let size = 1; size <= 40; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const leaf = tree.inclusionProof(index, size);
        assert.deepEqual(
          rootFromInclusion({ index, size, leaf: leafHash(tree, index), path: leaf }),
          tree.root(size),
          `${index} in ${size}`,
        );
      }
      for (let first = 1; first <= size; first += 1) {
        const proof = tree.consistencyProof(first, size);
        assert.ok(
          isConsistent({ first, second: size, proof, firstRoot: tree.root(first), secondRoot: tree.root(size) }),
          `${first} in ${size}`,
        );
      }
    }
  });

  it('refuses leaves and sizes that are not there', () => {
    const tree = treeOf(3);
    assert.throws(() => tree.root(4), RangeError);
    assert.throws(() => tree.inclusionProof(3, 3), RangeError);
    assert.throws(() => tree.consistencyProof(3, 2), RangeError);
  });
});

function leafHash(tree: MerkleTree, index: number): Buffer {
  const only = new MerkleTree();
  only.append(hashLeaf(Buffer.from(leaves[index] ?? `0${index.toString(16).padStart(3, '0')}`, 'hex')));
  assert.ok(index < tree.size);
  return only.root();
}

function hex(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('hex'));
}
