import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { buildTrustedRoot } from '../../../src/trust/server/build-trusted-root.ts';
import { issueServerCertificate, loadOrCreateKeys } from '../../../src/trust/server/key-ceremony.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('key ceremony', () => {
  it('makes keys once, readable by the owner alone', async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, 'trust');
    const made = await loadOrCreateKeys(folder);
    assert.deepEqual(await loadOrCreateKeys(folder), made);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    assert.deepEqual(await readdir(directory.path), ['trust']);
  });

  it('gives two processes that start together the same keys', async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, 'trust');
    const [first, second] = await Promise.all([loadOrCreateKeys(folder), loadOrCreateKeys(folder)]);
    assert.deepEqual(first, second);
  });

  it('starts anew after a creation that was broken off', async () => {
    await using directory = await temporaryDirectory();
    // 2^22 is the largest process id that Linux gives; nothing runs under a larger one.
    const partial = join(directory.path, 'trust.partial-99999999-0a0b0c0d');
    await mkdir(partial);
    await writeFile(join(partial, 'rekor.key'), 'half');
    await mkdir(join(directory.path, 'trust'));
    await loadOrCreateKeys(join(directory.path, 'trust'));
    assert.deepEqual(await readdir(directory.path), ['trust']);
  });

  it('refuses a folder with a missing, changed or foreign file, by name', async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, 'trust');
    await loadOrCreateKeys(folder);
    const manifest = join(folder, 'manifest.json');
    await writeFile(join(folder, 'rekor.key'), 'other');
    await assert.rejects(loadOrCreateKeys(folder), { code: 'trust-keys-damaged', message: /rekor\.key is not what was written/ });
    await rm(join(folder, 'rekor.key'));
    await assert.rejects(loadOrCreateKeys(folder), { code: 'trust-keys-damaged', message: /rekor\.key is missing/ });
    await writeFile(manifest, '{');
    await assert.rejects(loadOrCreateKeys(folder), { code: 'trust-keys-damaged', message: /manifest\.json cannot be read/ });
    await rm(manifest);
    await assert.rejects(loadOrCreateKeys(folder), { code: 'trust-keys-damaged', message: /manifest\.json is missing/ });
  });

  it('makes a trusted root that the verifier takes, valid from before now, with whole chains', async () => {
    await using directory = await temporaryDirectory();
    const keys = await loadOrCreateKeys(join(directory.path, 'trust'));
    const root = buildTrustedRoot(keys);
    const material = toTrustMaterial(TrustedRoot.fromJSON(root));
    assert.equal(material.tlogs.length, 1);
    assert.equal(material.ctlogs.length, 1);
    assert.ok(material.certificateAuthorities[0] && material.certificateAuthorities[0].validFor.start < new Date());
    for (const { certChain } of [...root.certificateAuthorities, ...root.timestampAuthorities]) {
      const [child, parent] = certChain.certificates.map(({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')));
      assert.ok(child && parent && child.verify(parent.publicKey) && parent.verify(parent.publicKey) && parent.ca);
    }
    assert.deepEqual(TrustedRoot.toJSON(TrustedRoot.fromJSON(root)), JSON.parse(JSON.stringify(root)));
  });

  it('issues server certificates by the lab CA for the names asked for', async () => {
    await using directory = await temporaryDirectory();
    const keys = await loadOrCreateKeys(join(directory.path, 'trust'));
    const issued = new X509Certificate((await issueServerCertificate(keys, ['registry.lab', 'r.lab'])).certPem);
    assert.ok(issued.verify(new X509Certificate(keys.labCa.certPem).publicKey));
    assert.equal(issued.checkHost('registry.lab'), 'registry.lab');
    assert.equal(issued.checkHost('r.lab'), 'r.lab');
    assert.equal(issued.checkHost('evil.lab'), undefined);
    assert.equal(issued.ca, false);
  });
});
