import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { BundleVerifier } from '../../../src/grading/server/bundle-verifier.ts';
import { createTestSigstore } from '../../support/test-sigstore.ts';

describe('a bundle signed with a key', () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const artifact = Buffer.from('a release');

  it('needs no log entry, but one that it has must be right', async () => {
    const sigstore = await createTestSigstore();
    const bundle = await sigstore.signWithKey(own.privateKey, artifact);
    const verifier = new BundleVerifier(sigstore.trustedRoot);
    const digest = { sha256: Buffer.from(bundle.messageSignature.messageDigest.digest, 'base64').toString('hex') };
    const signer = { publicKey: createPublicKey(own.publicKey.export({ type: 'spki', format: 'pem' })) };
    const verify = (): boolean => verifier.verify(Buffer.from(JSON.stringify(bundle)), digest, signer).ok;
    assert.equal(verify(), true);
    const [entry] = bundle.verificationMaterial.tlogEntries;
    entry!.canonicalizedBody = Buffer.from('{}').toString('base64');
    assert.equal(verify(), false);
    bundle.verificationMaterial.tlogEntries = [];
    assert.equal(verify(), true);
  });

  it('verifies against a root that names nothing', async () => {
    const sigstore = await createTestSigstore();
    const bundle = await sigstore.signWithKey(own.privateKey, artifact);
    Reflect.deleteProperty(bundle.verificationMaterial, 'tlogEntries');
    Reflect.deleteProperty(bundle.verificationMaterial, 'timestampVerificationData');
    const digest = { sha256: Buffer.from(bundle.messageSignature.messageDigest.digest, 'base64').toString('hex') };
    const verifier = new BundleVerifier({ mediaType: sigstore.trustedRoot.mediaType });
    assert.equal(verifier.verify(Buffer.from(JSON.stringify(bundle)), digest, { publicKey: own.publicKey }).ok, true);
  });
});
