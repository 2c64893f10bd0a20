import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import { CertificateLog, type CertificateTimestamp } from '../../../src/trust/container/ct-log/certificate-log.ts';
import { hashLeaf } from '../../../src/trust/container/ct-log/merkle-tree.ts';
import { issueRoot, issueSigningIntermediate, newEcdsaKeyPem, type KeyedCertificate } from '../../../src/trust/server/certificates.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { makeLeaf } from './precertificates.ts';

const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const keyPem = newEcdsaKeyPem();
let root: KeyedCertificate;
let issuer: KeyedCertificate;

before(async () => {
  root = await issueRoot({ ...life, commonName: 'root' });
  issuer = await issueSigningIntermediate({ ...life, commonName: 'issuer' }, root);
});

describe('certificate log', () => {
  it('promises a precertificate with a signature that verifies over what RFC 6962 says', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    const precertificate = await makeLeaf(issuer, { email: 'ada@lab.test', poisoned: true });
    const timestamp = await log.add(chainOf(precertificate));
    assert.ok('signature' in timestamp);
    assert.ok(isSignedBy(timestamp, precertificate));
    assert.equal(log.logId.toString('hex'), createHash('sha256').update(spki(keyPem)).digest('hex'));
    const [entry] = log.entries(0, 0);
    assert.ok(entry);
    assert.equal(log.tree.root().toString('hex'), hashLeaf(entry.leafInput).toString('hex'));
    assert.equal(log.indexOfLeaf(hashLeaf(entry.leafInput)), 0);
    await log.close();
  });

  it('signs the tree head', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    await log.add(chainOf(await makeLeaf(issuer, { email: 'ada@lab.test', poisoned: true })));
    const { size, root: rootHash, timestampMs, signature } = log.signedTreeHead();
    assert.equal(size, 1);
    const message = Buffer.concat([Buffer.of(0, 1), u64(timestampMs), u64(size), rootHash]);
    assert.ok(verify('sha256', message, createPublicKey(keyPem), signature.subarray(4)));
    await log.close();
  });

  it('keeps its entries over a restart and logs a submission that is repeated once', async () => {
    await using directory = await temporaryDirectory();
    const chain = chainOf(await makeLeaf(issuer, { email: 'ada@lab.test', poisoned: true }));
    const first = await openLog(directory.path);
    const promised = await first.add(chain);
    await first.add(chainOf(await makeLeaf(issuer, { email: 'bob@lab.test', poisoned: true })));
    const rootHash = first.tree.root().toString('hex');
    await first.close();
    const second = await openLog(directory.path);
    assert.equal(second.tree.root().toString('hex'), rootHash);
    const again = await second.add(chain);
    assert.ok('timestampMs' in promised && 'timestampMs' in again);
    assert.equal(again.timestampMs, promised.timestampMs);
    assert.equal(second.tree.size, 2);
    await second.close();
  });

  it('appends submissions that arrive together in whole records', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    const leaves = await Promise.all(
      Array.from({ length: 20 }, (_, index) => makeLeaf(issuer, { email: `u${index}@lab.test`, poisoned: true })),
    );
    const answers = await Promise.all(leaves.map((leaf) => log.add(chainOf(leaf))));
    assert.ok(answers.every((answer) => 'signature' in answer));
    await log.close();
    const reopened = await openLog(directory.path);
    assert.equal(reopened.tree.size, 20);
    assert.equal(reopened.tree.root().toString('hex'), log.tree.root().toString('hex'));
    await reopened.close();
  });

  it('cuts a torn last record away and goes on after it', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    await log.add(chainOf(await makeLeaf(issuer, { email: 'ada@lab.test', poisoned: true })));
    await log.close();
    const whole = await readFile(pathIn(directory.path));
    await appendFile(pathIn(directory.path), whole.subarray(0, whole.length - 7));
    const recovered = await openLog(directory.path);
    assert.equal(recovered.tree.size, 1);
    await recovered.add(chainOf(await makeLeaf(issuer, { email: 'bob@lab.test', poisoned: true })));
    await recovered.close();
    const reopened = await openLog(directory.path);
    assert.equal(reopened.tree.size, 2);
    await reopened.close();
  });

  it('refuses to open when an earlier record is damaged, rather than to forget what it promised', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    for (const email of ['ada@lab.test', 'bob@lab.test']) await log.add(chainOf(await makeLeaf(issuer, { email, poisoned: true })));
    await log.close();
    const bytes = await readFile(pathIn(directory.path));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(pathIn(directory.path), bytes);
    await assert.rejects(openLog(directory.path), /damaged at byte 0/);
  });

  it('refuses chains that do not end in its root, are not precertificates, or cannot be parsed', async () => {
    await using directory = await temporaryDirectory();
    const log = await openLog(directory.path);
    const stranger = await issueRoot({ ...life, commonName: 'root' });
    const strangeIssuer = await issueSigningIntermediate({ ...life, commonName: 'issuer' }, stranger);
    const leaf = { email: 'eve@lab.test', poisoned: true };
    const foreign = await makeLeaf(strangeIssuer, leaf);
    assert.match(await refusal(log, [foreign, der(strangeIssuer), der(stranger)]), /does not end in a root/);
    assert.match(await refusal(log, [foreign, der(issuer), der(root)]), /not signed by the next/);
    assert.match(await refusal(log, chainOf(await makeLeaf(issuer, { ...leaf, poisoned: false }))), /not a precertificate/);
    assert.match(await refusal(log, [Buffer.from('nonsense')]), /cannot be parsed/);
    assert.equal(log.tree.size, 0);
    await log.close();
  });
});

function openLog(directory: string): Promise<CertificateLog> {
  return CertificateLog.open({ path: pathIn(directory), privateKey: createPrivateKey(keyPem), roots: [new X509Certificate(root.certPem)] });
}

async function refusal(log: CertificateLog, chain: readonly Buffer[]): Promise<string> {
  const answer = await log.add(chain);
  assert.ok('refused' in answer);
  return answer.refused;
}

/** Puts the signed message together by hand: the final certificate's TBS is the precertificate's without the poison. */
function isSignedBy({ timestampMs, signature }: CertificateTimestamp, precertificate: Buffer): boolean {
  const { tbsCertificate } = AsnConvert.parse(precertificate, Certificate);
  const extensions = tbsCertificate.extensions ?? [];
  extensions.splice(0, extensions.length, ...extensions.filter((extension) => extension.extnID !== '1.3.6.1.4.1.11129.2.4.3'));
  const tbs = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const issuerKeyHash = createHash('sha256').update(new X509Certificate(issuer.certPem).publicKey.export({ type: 'spki', format: 'der' }));
  const length = Buffer.of(tbs.length >> 16, (tbs.length >> 8) & 255, tbs.length & 255);
  const message = Buffer.concat([Buffer.of(0, 0), u64(timestampMs), Buffer.of(0, 1), issuerKeyHash.digest(), length, tbs, Buffer.of(0, 0)]);
  assert.deepEqual([...signature.subarray(0, 2)], [4, 3]);
  return verify('sha256', message, createPublicKey(keyPem), signature.subarray(4));
}

function chainOf(leaf: Buffer): Buffer[] {
  return [leaf, der(issuer), der(root)];
}

function der({ certPem }: KeyedCertificate): Buffer {
  return new X509Certificate(certPem).raw;
}

function pathIn(directory: string): string {
  return join(directory, 'entries');
}

function spki(pem: string): Buffer {
  return createPublicKey(pem).export({ type: 'spki', format: 'der' });
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
