import { createHash } from 'node:crypto';

/** SHA-256 with the prefixes of RFC 6962, section 2.1, that keep leaves and inner nodes apart. */
export function hashLeaf(data: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(data).digest();
}

function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/**
 * An append-only Merkle tree of RFC 6962. Keeps the hash of every complete subtree (64 bytes a leaf in all), so
 * roots and proofs of any past size cost a handful of hashes.
 */
export class MerkleTree {
  /** `#levels[k][i]` is the hash of leaves `i * 2^k` up to `(i + 1) * 2^k`. */
  readonly #levels: Buffer[][] = [[]];

  get size(): number {
    return this.#level(0).length;
  }

  /** Adds a leaf by its hash ({@link hashLeaf}); returns its index. */
  append(leafHash: Buffer): number {
    const index = this.size;
    this.#level(0).push(leafHash);
    for (let level = 0; this.#level(level).length % 2 === 0; level += 1) {
      const [left, right] = this.#level(level).slice(-2);
      if (left === undefined || right === undefined) break;
      this.#level(level + 1).push(hashNode(left, right));
    }
    return index;
  }

  /** Root of the tree when it had `size` leaves; of the empty tree, the hash of nothing. */
  root(size = this.size): Buffer {
    this.#requireSize(size);
    return size === 0 ? createHash('sha256').digest() : this.#rangeHash(0, size);
  }

  /** PATH(index, D[size]) of section 2.1.1, from the leaf up. */
  inclusionProof(index: number, size: number): Buffer[] {
    this.#requireSize(size);
    if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError(`No leaf ${index} in a tree of ${size}.`);
    return this.#path(index, { start: 0, count: size });
  }

  /** PROOF(first, D[second]) of section 2.1.2. */
  consistencyProof(first: number, second: number): Buffer[] {
    this.#requireSize(second);
    if (!Number.isInteger(first) || first < 0 || first > second) throw new RangeError(`No tree of ${first} before one of ${second}.`);
    if (first === 0 || first === second) return [];
    return this.#subproof(first, { start: 0, count: second }, true);
  }

  #path(index: number, { start, count }: Range): Buffer[] {
    if (count === 1) return [];
    const split = largestPowerBelow(count);
    if (index < split) return [...this.#path(index, { start, count: split }), this.#rangeHash(start + split, count - split)];
    return [...this.#path(index - split, { start: start + split, count: count - split }), this.#rangeHash(start, split)];
  }

  #subproof(first: number, { start, count }: Range, whole: boolean): Buffer[] {
    if (first === count) return whole ? [] : [this.#rangeHash(start, count)];
    const split = largestPowerBelow(count);
    if (first <= split) return [...this.#subproof(first, { start, count: split }, whole), this.#rangeHash(start + split, count - split)];
    return [...this.#subproof(first - split, { start: start + split, count: count - split }, false), this.#rangeHash(start, split)];
  }

  #rangeHash(start: number, count: number): Buffer {
    const level = Math.log2(count);
    if (Number.isInteger(level)) {
      const known = this.#level(level)[start / count];
      if (known !== undefined) return known;
    }
    const split = largestPowerBelow(count);
    return hashNode(this.#rangeHash(start, split), this.#rangeHash(start + split, count - split));
  }

  #level(level: number): Buffer[] {
    return (this.#levels[level] ??= []);
  }

  #requireSize(size: number): void {
    if (!Number.isInteger(size) || size < 0 || size > this.size) throw new RangeError(`The tree has ${this.size} leaves, not ${size}.`);
  }
}

interface Range {
  readonly start: number;
  readonly count: number;
}

/** The largest power of two smaller than `count`, which is at least 2. */
function largestPowerBelow(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
