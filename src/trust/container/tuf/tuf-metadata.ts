import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';

/** Version of the TUF specification that the metadata follows. */
const specVersion = '1.0.31';

/** When metadata of a version lapses. */
export interface MetadataLife {
  readonly version: number;
  readonly expiresAt: Date;
}

/**
 * root.json: `rootKey` answers for the root alone, `onlineKey` for targets, snapshot and timestamp.
 * Both keys are Ed25519; the root needs only its public half afterwards.
 */
export function signRoot({ version, expiresAt }: MetadataLife, rootKey: KeyObject, onlineKey: KeyObject): Buffer {
  const root = toTufKey(rootKey);
  const online = toTufKey(onlineKey);
  const signed = new Root({ version, specVersion, expires: toTufTime(expiresAt), consistentSnapshot: true });
  signed.addKey(root, 'root');
  for (const role of ['targets', 'snapshot', 'timestamp']) signed.addKey(online, role);
  return signMetadata(new Metadata(signed), rootKey);
}

/** targets.json over the named files. */
export function signTargets({ version, expiresAt }: MetadataLife, files: ReadonlyMap<string, Buffer>, key: KeyObject): Buffer {
  const targets = Object.fromEntries(
    [...files].map(([path, bytes]) => [path, new TargetFile({ path, length: bytes.length, hashes: { sha256: sha256Hex(bytes) } })]),
  );
  return signMetadata(new Metadata(new Targets({ version, specVersion, expires: toTufTime(expiresAt), targets })), key);
}

/** snapshot.json that names a version of targets.json. */
export function signSnapshot({ version, expiresAt }: MetadataLife, targetsVersion: number, key: KeyObject): Buffer {
  const meta = { 'targets.json': new MetaFile({ version: targetsVersion }) };
  return signMetadata(new Metadata(new Snapshot({ version, specVersion, expires: toTufTime(expiresAt), meta })), key);
}

/** timestamp.json that names a version of snapshot.json. */
export function signTimestamp({ version, expiresAt }: MetadataLife, snapshotVersion: number, key: KeyObject): Buffer {
  const snapshotMeta = new MetaFile({ version: snapshotVersion });
  return signMetadata(new Metadata(new Timestamp({ version, specVersion, expires: toTufTime(expiresAt), snapshotMeta })), key);
}

/** Lower-case hex of the SHA-256 of `bytes`; also the prefix of a target's file name. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function signMetadata<T extends Root | Targets | Snapshot | Timestamp>(metadata: Metadata<T>, key: KeyObject): Buffer {
  const { keyID } = toTufKey(key);
  metadata.sign((data) => new Signature({ keyID, sig: sign(null, data, key).toString('hex') }), false);
  return Buffer.from(JSON.stringify(metadata.toJSON(), null, 1));
}

function toTufKey(key: KeyObject): Key {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  // The id is the hash of the key's canonical JSON, which is what JSON.stringify writes for these sorted plain strings.
  const canonical = JSON.stringify({ keytype: 'ed25519', keyval: { public: raw }, scheme: 'ed25519' });
  return new Key({ keyID: sha256Hex(Buffer.from(canonical)), keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: raw } });
}

/** TUF knows whole seconds only. */
function toTufTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
