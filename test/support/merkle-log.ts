import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A `tlogEntries[]` item of a bundle in protobuf JSON. */
export interface TestLogEntry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  canonicalizedBody: string;
  inclusionProof: { logIndex: string; treeSize: string; rootHash: string; hashes: string[]; checkpoint: { envelope: string } };
}

/** A small Rekor v2 shaped transparency log: RFC 6962 tree, inclusion proofs and signed-note checkpoints, all real. */
export class MerkleLog {
  readonly #entries: Buffer[] = [];
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  get publicKey(): Buffer {
    return this.#keys.publicKey.export({ type: 'spki', format: 'der' });
  }

  get logId(): Buffer {
    return createHash('sha256').update(this.publicKey).digest();
  }

  get privateKey(): KeyObject {
    return this.#keys.privateKey;
  }

  append(body: Buffer): number {
    return this.#entries.push(body) - 1;
  }

  entry(index: number, kind: string): TestLogEntry {
    const leaves = this.#entries.map((body) => hash(Buffer.from([0]), body));
    const root = rootOf(leaves);
    return {
      logIndex: String(index),
      logId: { keyId: this.logId.toString('base64') },
      kindVersion: { kind, version: '0.0.2' },
      canonicalizedBody: (this.#entries[index] ?? Buffer.alloc(0)).toString('base64'),
      inclusionProof: {
        logIndex: String(index),
        treeSize: String(leaves.length),
        rootHash: root.toString('base64'),
        hashes: pathOf(leaves, index).map((node) => node.toString('base64')),
        checkpoint: { envelope: this.#checkpoint(leaves.length, root) },
      },
    };
  }

  #checkpoint(size: number, root: Buffer): string {
    const note = `${this.origin}\n${size}\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([this.logId.subarray(0, 4), sign('sha256', Buffer.from(note), this.#keys.privateKey)]);
    return `${note}\n— ${this.origin} ${signature.toString('base64')}\n`;
  }
}

function hash(...parts: Buffer[]): Buffer {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function split(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  const middle = split(leaves.length);
  return hash(Buffer.from([1]), rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
}

function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const middle = split(leaves.length);
  const [left, right] = [leaves.slice(0, middle), leaves.slice(middle)];
  return index < middle ? [...pathOf(left, index), rootOf(right)] : [...pathOf(right, index - middle), rootOf(left)];
}
