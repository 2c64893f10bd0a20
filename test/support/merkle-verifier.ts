import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** What an inclusion proof is about: leaf `index` of a tree of `size`, the leaf's hash, and the hashes up to the root. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly path: readonly Buffer[];
}

/** The verifier of RFC 9162, section 2.1.3.2, written apart from the tree: the root that the proof leads to. */
export function rootFromInclusion({ index, size, leaf, path }: InclusionProof): Buffer {
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    assert.ok(sn > 0, 'the path is too long');
    if (fn % 2 === 1 || fn === sn) {
      root = hashNode(sibling, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else {
      root = hashNode(root, sibling);
    }
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  assert.equal(sn, 0, 'the path is too short');
  return root;
}

/** Two sizes of a tree, their roots, and the hashes that are to connect them. */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly proof: readonly Buffer[];
  readonly firstRoot: Buffer;
  readonly secondRoot: Buffer;
}

/** The verifier of RFC 9162, section 2.1.4.2. */
export function isConsistent({ first, second, proof, firstRoot, secondRoot }: ConsistencyProof): boolean {
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot);
  const path = (first & (first - 1)) === 0 ? [firstRoot, ...proof] : proof;
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  let fr = path[0] ?? Buffer.alloc(0);
  let sr = fr;
  for (const hash of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [hashNode(hash, fr), hashNode(hash, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else {
      sr = hashNode(sr, hash);
    }
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

function hashNode(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}
