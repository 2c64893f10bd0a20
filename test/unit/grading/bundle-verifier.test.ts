import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { artifactOf } from '../../../src/grading/server/artifact.ts';
import { BundleVerifier, maxBundleBytes, type BundleResult } from '../../../src/grading/server/bundle-verifier.ts';
import type { TestLogEntry } from '../../support/merkle-log.ts';
import { createTestSigstore, type TestBundle, type TestSigstore } from '../../support/test-sigstore.ts';

const sha256 = createHash('sha256').update('an image manifest').digest('hex');
const ada = { identity: 'ada@learners.test', issuer: 'https://oidc.test' };

let sigstore: TestSigstore;
let verifier: BundleVerifier;
let good: TestBundle;

before(async () => {
  sigstore = await createTestSigstore();
  verifier = new BundleVerifier(sigstore.trustedRoot);
  good = await sigstore.signStatement({ identity: ada.identity, subjectSha256: sha256 });
});

function verify(bundle: TestBundle, signer: Parameters<BundleVerifier['verify']>[2] = ada, root = verifier): BundleResult {
  return root.verify(Buffer.from(JSON.stringify(bundle)), { sha256 }, signer);
}

/** A copy of the good bundle with one thing changed. */
function tampered(change: (bundle: TestBundle) => unknown): TestBundle {
  const copy = structuredClone(good);
  change(copy);
  return copy;
}

function flip(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return bytes.toString('base64');
}

function faultOf(result: BundleResult): string {
  return result.ok ? 'none' : result.fault;
}

describe('a bundle made by the expected signer for the artifact', () => {
  it('verifies and tells signer and statement', () => {
    const result = verify(good);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.evidence.signer, ada);
    assert.equal(result.evidence.statement?.predicateType, 'https://sigstore.dev/cosign/sign/v1');
  });
});

describe('a bundle with one field tampered is refused for bad evidence', () => {
  const entry = (bundle: TestBundle): TestLogEntry => bundle.verificationMaterial.tlogEntries[0]!;
  const fields: Record<string, (bundle: TestBundle) => unknown> = {
    signature: (bundle) => (bundle.dsseEnvelope.signatures[0]!.sig = flip(good.dsseEnvelope.signatures[0]!.sig, -1)),
    'no signature': (bundle) => (bundle.dsseEnvelope.signatures = []),
    'a second signature': (bundle) => bundle.dsseEnvelope.signatures.push(...good.dsseEnvelope.signatures),
    payload: (bundle) => {
      const statement = Buffer.from(good.dsseEnvelope.payload, 'base64').toString().replace('"predicate":{}', '"predicate":{"a":1}');
      bundle.dsseEnvelope.payload = Buffer.from(statement).toString('base64');
    },
    'predicate type': (bundle) => {
      const statement = Buffer.from(good.dsseEnvelope.payload, 'base64').toString().replace('cosign/sign/v1', 'cosign/sign/v2');
      bundle.dsseEnvelope.payload = Buffer.from(statement).toString('base64');
    },
    'payload type': (bundle) => (bundle.dsseEnvelope.payloadType = 'application/json'),
    'certificate signature': (bundle) =>
      (bundle.verificationMaterial.certificate.rawBytes = flip(good.verificationMaterial.certificate.rawBytes, -2)),
    'no log entry': (bundle) => (bundle.verificationMaterial.tlogEntries = []),
    'log entry body': (bundle) => (entry(bundle).canonicalizedBody = flip(entry(good).canonicalizedBody, 40)),
    'log entry of another signature': (bundle) => (bundle.verificationMaterial.tlogEntries = [sigstore.log.entry(0, 'hashedrekord')]),
    'log id': (bundle) => (entry(bundle).logId.keyId = flip(entry(good).logId.keyId, 0)),
    'no inclusion proof': (bundle) => Reflect.deleteProperty(entry(bundle), 'inclusionProof'),
    'inclusion proof hash': (bundle) => (entry(bundle).inclusionProof.hashes[0] = flip(entry(good).inclusionProof.hashes[0]!, 3)),
    'inclusion proof index': (bundle) => (entry(bundle).inclusionProof.logIndex = '1'),
    'inclusion proof root': (bundle) => (entry(bundle).inclusionProof.rootHash = flip(entry(good).inclusionProof.rootHash, 3)),
    'log index': (bundle) => (entry(bundle).logIndex = '1'),
    'inclusion proof size': (bundle) => (entry(bundle).inclusionProof.treeSize = '2'),
    'checkpoint root': (bundle) => {
      const lines = entry(good).inclusionProof.checkpoint.envelope.split('\n');
      lines[2] = flip(lines[2] ?? '', 0);
      entry(bundle).inclusionProof.checkpoint.envelope = lines.join('\n');
    },
    'checkpoint origin': (bundle) => {
      const envelope = entry(good).inclusionProof.checkpoint.envelope;
      entry(bundle).inclusionProof.checkpoint.envelope = envelope.replaceAll('rekor.test', 'rekor.evil');
    },
    'checkpoint cut off': (bundle) => (entry(bundle).inclusionProof.checkpoint.envelope = 'rekor.test\n1\n'),
    timestamp: (bundle) => {
      const [stamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
      stamp!.signedTimestamp = flip(stamp!.signedTimestamp, -3);
    },
    'no timestamp': (bundle) => Reflect.deleteProperty(bundle.verificationMaterial, 'timestampVerificationData'),
  };
  for (const [field, change] of Object.entries(fields)) {
    it(field, () => {
      const result = verify(tampered(change));
      assert.ok(!result.ok, `${field} was accepted`);
      assert.ok(['evidence', 'unreadable'].includes(result.fault), `${field}: ${result.fault}: ${result.reason}`);
      assert.ok(result.reason.length > 0 && !result.reason.includes('\n'));
    });
  }

  it('the SCT in the certificate', async () => {
    const stranger = await createTestSigstore();
    const root = { ...sigstore.trustedRoot, ctlogs: stranger.trustedRoot.ctlogs };
    const result = verify(good, ada, new BundleVerifier(root));
    assert.equal(faultOf(result), 'evidence');
    assert.match(result.ok ? '' : result.reason, /SCT/);
  });

  it('a timestamp taken from another signature', async () => {
    const other = await sigstore.signStatement({ identity: ada.identity, subjectSha256: sha256 });
    const result = verify(
      tampered((bundle) => (bundle.verificationMaterial.timestampVerificationData = other.verificationMaterial.timestampVerificationData)),
    );
    assert.equal(faultOf(result), 'evidence');
  });

  it("another signing service's bundle", async () => {
    const stranger = await createTestSigstore();
    const foreign = await stranger.signStatement({ identity: ada.identity, subjectSha256: sha256 });
    assert.equal(faultOf(verify(foreign)), 'evidence');
  });

  it('a payload that is not an in-toto statement, well signed', async () => {
    const other = await sigstore.signStatement({ identity: ada.identity, subjectSha256: sha256, payloadType: 'text/plain' });
    assert.equal(faultOf(verify(other)), 'evidence');
  });
});

describe('good evidence about something or somebody else', () => {
  it('another subject is told as another artifact', async () => {
    const other = createHash('sha256').update('another manifest').digest('hex');
    const result = verify(await sigstore.signStatement({ identity: ada.identity, subjectSha256: other }));
    assert.equal(faultOf(result), 'artifact');
    assert.match(result.ok ? '' : result.reason, new RegExp(other));
  });

  const strangers = {
    'another person': 'eve@learners.test',
    'a longer name that contains the expected one': 'ada@learners.test.evil',
    'a name that a pattern would match': 'adaXlearners-test',
  };
  for (const [who, identity] of Object.entries(strangers)) {
    it(`${who} is told as another signer`, async () => {
      const result = verify(await sigstore.signStatement({ identity, subjectSha256: sha256 }), { ...ada, identity: 'ada@learners.test' });
      assert.equal(faultOf(result), 'signer');
      assert.ok(!result.ok && result.fault === 'signer' && result.evidence.signer.identity === identity);
    });
  }

  it('an expected identity is no pattern', () => {
    assert.equal(faultOf(verify(good, { ...ada, identity: '.*' })), 'signer');
  });

  it('another issuer is told as another signer', async () => {
    const result = verify(await sigstore.signStatement({ identity: ada.identity, issuer: 'https://evil.test', subjectSha256: sha256 }));
    assert.equal(faultOf(result), 'signer');
  });
});

describe('trusted roots', () => {
  it('a log key that does not say since when it is valid counts for nothing', () => {
    const [log] = structuredClone(sigstore.trustedRoot.tlogs);
    delete log!.publicKey.validFor;
    assert.throws(() => new BundleVerifier({ ...sigstore.trustedRoot, tlogs: [log] }), /since when/);
    const [ct] = structuredClone(sigstore.trustedRoot.ctlogs);
    delete ct!.publicKey.validFor!.start;
    assert.equal(faultOf(verify(good, ada, new BundleVerifier({ ...sigstore.trustedRoot, ctlogs: [ct] }))), 'evidence');
  });

  for (const json of [null, 'text', 7, [], {}, { tlogs: 'x' }]) {
    it(`refuses ${JSON.stringify(json)}`, () => {
      assert.throws(() => new BundleVerifier(json), /trusted root/);
    });
  }
});

describe('bundles over plain artifacts', () => {
  const artifact = Buffer.from('a release archive');

  it('verify with the bytes and with the digest alone', async () => {
    const bundle = Buffer.from(JSON.stringify(await sigstore.signArtifact(ada.identity, artifact)));
    const whole = artifactOf(artifact);
    assert.ok(verifier.verify(bundle, whole, ada).ok);
    assert.ok(verifier.verify(bundle, { sha256: whole.sha256 }, ada).ok);
    assert.equal(faultOf(verifier.verify(bundle, artifactOf(Buffer.from('other')), ada)), 'artifact');
  });

  it('are refused when the digest was rewritten to fit another artifact', async () => {
    const bundle = await sigstore.signArtifact(ada.identity, artifact);
    const other = artifactOf(Buffer.from('other'));
    bundle.messageSignature.messageDigest.digest = Buffer.from(other.sha256, 'hex').toString('base64');
    assert.equal(faultOf(verifier.verify(Buffer.from(JSON.stringify(bundle)), other, ada)), 'evidence');
    assert.equal(faultOf(verifier.verify(Buffer.from(JSON.stringify(bundle)), { sha256: other.sha256 }, ada)), 'evidence');
  });

  it('signed with a key verify with that key only', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bundle = Buffer.from(JSON.stringify(await sigstore.signWithKey(own.privateKey, artifact)));
    assert.ok(verifier.verify(bundle, artifactOf(artifact), { publicKey: own.publicKey }).ok);
    assert.equal(faultOf(verifier.verify(bundle, artifactOf(artifact), { publicKey: stranger.publicKey })), 'evidence');
    assert.equal(faultOf(verifier.verify(bundle, artifactOf(artifact), ada)), 'evidence');
    assert.equal(faultOf(verify(good, { publicKey: own.publicKey })), 'evidence');
  });
});

describe('input that is no bundle', () => {
  const inputs = [
    '',
    'x',
    'null',
    '[]',
    '{}',
    '"text"',
    '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
    '['.repeat(100_000),
    '\u0000',
  ];
  for (const input of inputs) {
    it(`${JSON.stringify(input.slice(0, 40))} is told as unreadable`, () => {
      assert.equal(faultOf(verifier.verify(Buffer.from(input), { sha256 }, ada)), 'unreadable');
    });
  }

  it('more than the limit is not parsed', () => {
    const result = verifier.verify(Buffer.alloc(maxBundleBytes + 1, 0x20), { sha256 }, ada);
    assert.match(result.ok ? '' : result.reason, /larger than 16 MiB/);
  });
});
