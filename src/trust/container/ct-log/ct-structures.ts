import { createHash, sign, type KeyObject } from 'node:crypto';

/** What a log entry of a precertificate is about (RFC 6962, section 3.2). */
export interface PrecertificateEntry {
  /** SHA-256 of the issuer's SubjectPublicKeyInfo, DER. */
  readonly issuerKeyHash: Buffer;
  /** The precertificate's TBSCertificate without the poison extension, DER. */
  readonly tbsCertificate: Buffer;
}

/** DigitallySigned's algorithm bytes: SHA-256 (4) with ECDSA (3). */
const sha256WithEcdsa = Buffer.of(4, 3);

/** MerkleTreeLeaf of a precertificate entry; its hash is the leaf of the tree. */
export function encodeMerkleTreeLeaf(entry: PrecertificateEntry, timestampMs: number): Buffer {
  // version v1, leaf type timestamped_entry
  return Buffer.concat([Buffer.of(0, 0), encodeTimestampedEntry(entry, timestampMs)]);
}

/** The SCT's signature over the entry, as a DigitallySigned structure. */
export function signCertificateTimestamp(entry: PrecertificateEntry, timestampMs: number, key: KeyObject): Buffer {
  // version v1, signature type certificate_timestamp
  return digitallySign(Buffer.concat([Buffer.of(0, 0), encodeTimestampedEntry(entry, timestampMs)]), key);
}

/** A tree head: all that its signature covers. */
export interface TreeHead {
  readonly timestampMs: number;
  readonly size: number;
  readonly root: Buffer;
}

/** The tree head's signature (section 3.5), as a DigitallySigned structure. */
export function signTreeHead({ timestampMs, size, root }: TreeHead, key: KeyObject): Buffer {
  // version v1, signature type tree_hash
  return digitallySign(Buffer.concat([Buffer.of(0, 1), uint(timestampMs, 8), uint(size, 8), root]), key);
}

/** PrecertChainEntry: the certificates as they were submitted, kept for whoever audits the log. */
export function encodePrecertChainEntry(precertificate: Buffer, issuers: readonly Buffer[]): Buffer {
  const chain = Buffer.concat(issuers.map(withLength24));
  return Buffer.concat([withLength24(precertificate), withLength24(chain)]);
}

/** The log's id: SHA-256 of its public key's SubjectPublicKeyInfo. */
export function logIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function encodeTimestampedEntry({ issuerKeyHash, tbsCertificate }: PrecertificateEntry, timestampMs: number): Buffer {
  // entry type precert_entry; no extensions
  return Buffer.concat([uint(timestampMs, 8), uint(1, 2), issuerKeyHash, withLength24(tbsCertificate), uint(0, 2)]);
}

function digitallySign(message: Buffer, key: KeyObject): Buffer {
  const signature = sign('sha256', message, key);
  return Buffer.concat([sha256WithEcdsa, uint(signature.length, 2), signature]);
}

function withLength24(bytes: Buffer): Buffer {
  return Buffer.concat([uint(bytes.length, 3), bytes]);
}

function uint(value: number, byteLength: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - byteLength);
}
