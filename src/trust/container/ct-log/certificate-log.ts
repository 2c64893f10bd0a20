import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { encodeMerkleTreeLeaf, logIdOf, signCertificateTimestamp, signTreeHead, type TreeHead } from './ct-structures.ts';
import { EntryFile, type StoredEntry } from './entry-file.ts';
import { hashLeaf, MerkleTree } from './merkle-tree.ts';
import { acceptChain, type AcceptedChain, type RefusedChain } from './precertificate.ts';

/** A promise by the log that a certificate is in it. */
export interface CertificateTimestamp {
  readonly logId: Buffer;
  readonly timestampMs: number;
  readonly signature: Buffer;
}

export interface CertificateLogOptions {
  /** Path of the file of entries. */
  readonly path: string;
  /** P-256. */
  readonly privateKey: KeyObject;
  readonly roots: readonly X509Certificate[];
  readonly now?: () => number;
}

interface LoggedCertificate {
  readonly timestampMs: number;
}

/** A certificate transparency log of RFC 6962 whose entries are in the tree before their timestamp is given out. */
export class CertificateLog {
  readonly logId: Buffer;
  readonly tree = new MerkleTree();
  readonly #options: CertificateLogOptions;
  readonly #file: EntryFile;
  readonly #entries: StoredEntry[] = [];
  readonly #indexByLeafHash = new Map<string, number>();
  /** By precertificate: get-entries hands them out, and one that is submitted again must not grow the log. */
  readonly #byPrecertificate = new Map<string, LoggedCertificate>();
  #lastAppend: Promise<unknown> = Promise.resolve();

  private constructor(options: CertificateLogOptions, file: EntryFile) {
    this.#options = options;
    this.#file = file;
    this.logId = logIdOf(createPublicKey(options.privateKey));
  }

  static async open(options: CertificateLogOptions): Promise<CertificateLog> {
    const { file, entries } = await EntryFile.open(options.path);
    const log = new CertificateLog(options, file);
    for (const entry of entries) log.#remember(entry);
    return log;
  }

  get roots(): readonly X509Certificate[] {
    return this.#options.roots;
  }

  /** Logs a precertificate's chain (DER) and promises so, or says why it is not accepted. */
  async add(chain: readonly Buffer[]): Promise<CertificateTimestamp | RefusedChain> {
    const accepted = acceptChain(chain, this.#options.roots);
    if ('refused' in accepted) return accepted;
    const turn = this.#lastAppend.then(() => this.#logOnce(accepted));
    this.#lastAppend = turn.catch(() => undefined);
    const { timestampMs } = await turn;
    return { logId: this.logId, timestampMs, signature: signCertificateTimestamp(accepted.entry, timestampMs, this.#options.privateKey) };
  }

  /** The current tree head, signed now. */
  signedTreeHead(): TreeHead & { readonly signature: Buffer } {
    const head = { timestampMs: this.#now(), size: this.tree.size, root: this.tree.root() };
    return { ...head, signature: signTreeHead(head, this.#options.privateKey) };
  }

  /** Entries `start` to `end`, both included, as far as there are any. */
  entries(start: number, end: number): readonly StoredEntry[] {
    return this.#entries.slice(start, end + 1);
  }

  indexOfLeaf(leafHash: Buffer): number | undefined {
    return this.#indexByLeafHash.get(leafHash.toString('hex'));
  }

  async close(): Promise<void> {
    await this.#lastAppend;
    await this.#file.close();
  }

  async #logOnce({ entry, extraData }: AcceptedChain): Promise<LoggedCertificate> {
    const known = this.#byPrecertificate.get(precertificateKey(extraData));
    if (known !== undefined) return known;
    const timestampMs = this.#now();
    const stored = { leafInput: encodeMerkleTreeLeaf(entry, timestampMs), extraData };
    await this.#file.append(stored);
    this.#remember(stored);
    return { timestampMs };
  }

  #remember(entry: StoredEntry): void {
    const leafHash = hashLeaf(entry.leafInput);
    this.#indexByLeafHash.set(leafHash.toString('hex'), this.tree.append(leafHash));
    this.#entries.push(entry);
    // version, leaf type, then the timestamp
    this.#byPrecertificate.set(precertificateKey(entry.extraData), { timestampMs: Number(entry.leafInput.readBigUInt64BE(2)) });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function precertificateKey(extraData: Buffer): string {
  const precertificateLength = extraData.readUIntBE(0, 3);
  return hashLeaf(extraData.subarray(3, 3 + precertificateLength)).toString('hex');
}
