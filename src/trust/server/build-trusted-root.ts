import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { labHosts } from '../lab-hosts.ts';
import type { AuthorityJson, LogJson, TrustedRootJson } from '../trusted-root.ts';
import type { TrustKeys } from './key-ceremony.ts';

/** The one media type that cosign accepts, although the specification has a newer spelling. */
const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

/** Who runs the services, as trusted root and signing config name it. */
export const operator = 'proofground.lab';

/** `trusted_root.json` of an instance. */
export function buildTrustedRoot(keys: TrustKeys): TrustedRootJson {
  const validFor = { start: keys.validFrom };
  return {
    mediaType,
    tlogs: [describeLog(labHosts.rekor, keys.rekorKeyPem, validFor)],
    certificateAuthorities: [describeAuthority(`https://${labHosts.fulcio}`, [keys.fulcio.certPem, keys.fulcioRoot.certPem], validFor)],
    ctlogs: [describeLog(labHosts.ctLog, keys.ctLogKeyPem, validFor)],
    // Leaf first: verifiers find the signer of a timestamp at the head of the chain.
    timestampAuthorities: [
      describeAuthority(`https://${labHosts.timestamp}/api/v1/timestamp`, [keys.timestamp.certPem, keys.timestampRoot.certPem], validFor),
    ],
  };
}

function describeLog(host: string, keyPem: string, validFor: { start: string }): LogJson {
  const publicKey = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  return {
    // Its host is the origin of the log's checkpoints, so it must carry no port and no path.
    baseUrl: `https://${host}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: publicKey.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
    operator,
  };
}

function describeAuthority(uri: string, chainPems: readonly string[], validFor: { start: string }): AuthorityJson {
  const certificates = chainPems.map((pem) => new X509Certificate(pem));
  const { O: organization = '', CN: commonName = '' } = certificates.at(-1)?.toLegacyObject().subject as { O?: string; CN?: string };
  return {
    subject: { organization, commonName },
    uri,
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: certificate.raw.toString('base64') })) },
    validFor,
    operator,
  };
}
