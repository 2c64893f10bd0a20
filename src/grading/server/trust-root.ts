import { createPublicKey, type KeyObject } from 'node:crypto';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify';

/** Version 0.1 writes its version as a parameter, later ones in the name. */
const mediaType = /^application\/vnd\.dev\.sigstore\.trustedroot[.+]/;

/** A trusted root that cannot be used; the message is one line for a person. */
class UnusableTrustedRoot extends Error {}

/**
 * Trust material of a TrustedRoot document (parsed JSON). Logs whose key does not say since when it is valid are left
 * out: @sigstore/verify would take them as valid since 1970, so that a retired or mistyped log would count for ever.
 */
export function readTrustedRoot(json: unknown): TrustMaterial {
  try {
    return toMaterial(TrustedRoot.fromJSON(json));
  } catch (error) {
    if (error instanceof UnusableTrustedRoot) throw error;
    throw new UnusableTrustedRoot(`the trusted root cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toMaterial(root: TrustedRoot): TrustMaterial {
  if (!mediaType.test(root.mediaType))
    throw new UnusableTrustedRoot(`this is not a trusted root: its media type is ${JSON.stringify(root.mediaType).slice(0, 100)}`);
  const dated = { ...root, tlogs: root.tlogs.filter(saysSinceWhen), ctlogs: root.ctlogs.filter(saysSinceWhen) };
  if (dated.tlogs.length === 0 && root.tlogs.length > 0) {
    throw new UnusableTrustedRoot('the trusted root names no transparency log whose key says since when it is valid');
  }
  return toTrustMaterial(dated);
}

/** The same material, with one public key that stands for whatever key a bundle hints at. */
export function withPublicKey(material: TrustMaterial, publicKey: KeyObject): TrustMaterial {
  return { ...material, publicKey: () => ({ publicKey, validFor: () => true }) };
}

/** Reads a PEM public key. */
export function readPublicKey(pem: string): KeyObject {
  return createPublicKey({ key: pem, format: 'pem' });
}

function saysSinceWhen(log: { publicKey: { validFor?: { start?: Date | undefined } | undefined } | undefined }): boolean {
  return log.publicKey?.validFor?.start !== undefined;
}
