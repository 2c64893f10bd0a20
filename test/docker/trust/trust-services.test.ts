import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { Engine } from '../../../src/engine/server/engine.ts';
import { defaultCacheDirectory } from '../../../src/engine/server/engine-paths.ts';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import { buildImages, type ImageSet } from '../../../src/images/server/build-images.ts';
import { issuerUrl } from '../../../src/trust/lab-hosts.ts';
import { removeTrust, startTrust, type TrustServices } from '../../../src/trust/server/trust-services.ts';
import { rootFromInclusion } from '../../support/merkle-verifier.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { SigningRoom } from './signing-room.ts';

const ada = 'ada@lab.test';
const instance = randomBytes(4).toString('hex');
const disposables = new AsyncDisposableStack();
let engine: Engine;
let images: ImageSet;
let dataDirectory: string;
let trust: TrustServices;
let room: SigningRoom;

before(async () => {
  engine = await findOrStartEngine({ cacheDirectory: defaultCacheDirectory(process.env), report: () => undefined });
  images = await buildImages({ engine, wanted: ['sigstore', 'trust', 'link', 'registry'], report: () => undefined });
  dataDirectory = disposables.use(await temporaryDirectory()).path;
  disposables.defer(() => removeTrust(engine.docker, instance));
  trust = await start();
  room = disposables.use(await openRoom());
});

after(async () => {
  await trust?.stop();
  await disposables.disposeAsync();
});

describe('signing services', () => {
  it('are all well', async () => {
    assert.deepEqual(
      (await trust.health()).map(({ name, ok }) => ({ name, ok })),
      ['trust', 'fulcio', 'rekor', 'tsa'].map((name) => ({ name, ok: true })),
    );
  });

  it('let a learner sign by an approval, without any insecure flag; cosign and @sigstore/verify agree on who it was', async (test) => {
    const image = await room.pushImage('app');
    test.diagnostic(`cosign sign ${await timed(() => signWithApproval(room, image))} ms with the approval`);
    const good = ['cosign', 'verify', '--certificate-identity', ada, '--certificate-oidc-issuer', issuerUrl, image];
    test.diagnostic(`cosign verify ${await timed(() => room.output(...good))} ms`);
    const wrong = await room.run(...good.with(3, 'eve@lab.test'));
    assert.notEqual(wrong.exitCode, 0);
    assert.match(wrong.err, /expected SAN value "eve@lab.test", got "ada@lab.test"/);

    const entity = toSignedEntity(bundleFromJSON(await readBundle(room, image)));
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trust.trustedRoot)), {
      ctlogThreshold: 1,
      tlogThreshold: 1,
      timestampThreshold: 1,
    });
    const signer = verifier.verify(entity, { subjectAlternativeName: /^ada@lab\.test$/, extensions: { issuer: issuerUrl } });
    assert.equal(signer.identity?.subjectAlternativeName, ada);
    assert.throws(
      () => verifier.verify(entity, { subjectAlternativeName: /^eve@lab\.test$/, extensions: { issuer: issuerUrl } }),
      /certificate identity/,
    );
  });

  it('log the certificate with a valid inclusion proof under a signed tree head', async () => {
    const image = await room.pushImage('logged');
    await signWithApproval(room, image);
    const certificate = new X509Certificate(
      Buffer.from((await readBundle(room, image)).verificationMaterial.certificate?.rawBytes ?? '', 'base64'),
    );
    const head = await ask<{ tree_size: number; timestamp: number; sha256_root_hash: string; tree_head_signature: string }>(
      'https://ct.lab/ct/v1/get-sth',
    );
    const { entries } = await ask<{ entries: { leaf_input: string }[] }>(
      `https://ct.lab/ct/v1/get-entries?start=0&end=${head.tree_size - 1}`,
    );
    const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
    const leafInput = entries.map((entry) => Buffer.from(entry.leaf_input, 'base64')).find((leaf) => leaf.includes(publicKey));
    assert.ok(leafInput);
    const leaf = createHash('sha256').update(Buffer.of(0)).update(leafInput).digest();
    const query = new URLSearchParams({ hash: leaf.toString('base64'), tree_size: String(head.tree_size) });
    const proof = await ask<{ leaf_index: number; audit_path: string[] }>(`https://ct.lab/ct/v1/get-proof-by-hash?${query.toString()}`);
    const path = proof.audit_path.map((hash) => Buffer.from(hash, 'base64'));
    const root = Buffer.from(head.sha256_root_hash, 'base64');
    assert.deepEqual(rootFromInclusion({ index: proof.leaf_index, size: head.tree_size, leaf, path }), root);
    const numbers = Buffer.alloc(16);
    numbers.writeBigUInt64BE(BigInt(head.timestamp));
    numbers.writeBigUInt64BE(BigInt(head.tree_size), 8);
    const signed = Buffer.concat([Buffer.of(0, 1), numbers, root]);
    assert.ok(verify('sha256', signed, ctLogKey(), Buffer.from(head.tree_head_signature, 'base64').subarray(4)));
  });

  it('serve the checkpoint and the tiles that hold a signature', async () => {
    const image = await room.pushImage('tiled');
    await signWithApproval(room, image);
    const [entry] = (await readBundle(room, image)).verificationMaterial.tlogEntries;
    assert.ok(entry);
    const [origin, sizeText] = (await room.output('curl', '-sf', 'https://rekor.lab/api/v2/checkpoint')).split('\n');
    const size = Number(sizeText);
    assert.equal(origin, 'rekor.lab');
    assert.ok(size > Number(entry.logIndex));
    const width = size % 256 === 0 ? '' : `.p/${size % 256}`;
    const bundle = await room.output('curl', '-sf', `https://rekor.lab/api/v2/tile/entries/000${width}`);
    assert.ok(bundle.includes(Buffer.from(entry.canonicalizedBody, 'base64').toString()));
    await room.output('curl', '-sf', '-o', '/tmp/tile', `https://rekor.lab/api/v2/tile/0/000${width}`);
  });

  it('show and answer a code to the sandbox only that asked for it', async () => {
    await using other = await openRoom();
    const image = await room.pushImage('bound');
    const signing = room.run('cosign', 'sign', image);
    const code = await room.waitForCode();
    assert.deepEqual(await trust.pendingApprovals(other.linkAddress), []);
    assert.equal(await trust.approve(code, { linkAddress: other.linkAddress, email: 'eve@lab.test' }), 'unknown');
    assert.equal(await trust.deny(code, other.linkAddress), 'unknown');
    assert.equal(await trust.deny(code, room.linkAddress), 'denied');
    const { exitCode, err } = await signing;
    assert.notEqual(exitCode, 0);
    assert.match(err, /access_denied|did not approve/);
  });

  it('reach no further from a sandbox than the front', async () => {
    for (const target of [
      `http://${room.linkAddress}:9000/health`,
      'http://trust:9000/health',
      'http://fulcio:5555/healthz',
      'http://oidc.lab:9000/health',
    ]) {
      assert.notEqual((await room.run('curl', '-s', '--max-time', '2', target)).exitCode, 0, target);
    }
    assert.equal(await room.output('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'https://fulcio.lab/metrics'), '404');
  });

  it('are a TUF mirror from which cosign takes its root', async () => {
    const image = await room.pushImage('tuf');
    await signWithApproval(room, image);
    const checksum = createHash('sha256')
      .update(await room.output('curl', '-sf', 'https://tuf.lab/1.root.json'))
      .digest('hex');
    const initialize = `unset COSIGN_TRUSTED_ROOT COSIGN_SIGNING_CONFIG; export TUF_ROOT=/tmp/tuf
      cosign initialize --mirror https://tuf.lab --root https://tuf.lab/1.root.json --root-checksum ${checksum} &&
      cosign verify --certificate-identity ${ada} --certificate-oidc-issuer ${issuerUrl} ${image}`;
    await room.output('sh', '-c', initialize);
  });

  it('sign for the platform itself with a minted token', async () => {
    const image = await room.pushImage('probe');
    await room.output('cosign', 'sign', '--identity-token', await trust.mintIdentityToken({ email: 'probe@lab.test' }), image);
    await room.output('cosign', 'verify', '--certificate-identity', 'probe@lab.test', '--certificate-oidc-issuer', issuerUrl, image);
  });

  it('vouch for a workflow run by the issuer of workflow runs', async () => {
    const image = await room.pushImage('built');
    const ref = 'lab/app/.github/workflows/release.yml@refs/heads/main';
    const token = await trust.mintWorkflowToken(workflowClaims(ref));
    await room.output('cosign', 'sign', '--identity-token', token, image);
    await room.output(
      'cosign',
      'verify',
      '--certificate-identity',
      `https://git.lab/${ref}`,
      '--certificate-oidc-issuer',
      'https://ci.lab',
      image,
    );
  });

  it('are adopted when they run already', async (test) => {
    const before = await containerIds();
    let again: TrustServices | undefined;
    test.diagnostic(`second start ${await timed(async () => (again = await start()))} ms`);
    assert.deepEqual(await containerIds(), before);
    assert.deepEqual(again?.trustedRoot, trust.trustedRoot);
    await again?.stop();
  });

  it('keep keys and logs when their containers restart, and when they are made anew', async () => {
    const image = await room.pushImage('kept');
    await signWithApproval(room, image);
    const size = await treeSize();
    await engine.docker.stopContainer(`pg-${instance}-trust`);
    await engine.docker.startContainer(`pg-${instance}-trust`);
    await start();
    assert.equal(await treeSize(), size);
    for (const service of ['trust', 'rekor', 'fulcio', 'tsa']) await engine.docker.removeContainer(`pg-${instance}-${service}`);
    await trust.stop();
    trust = await start();
    assert.equal(await treeSize(), size);
    await room.output('cosign', 'verify', '--certificate-identity', ada, '--certificate-oidc-issuer', issuerUrl, image);
    await signWithApproval(room, await room.pushImage('after'));
    assert.equal(await treeSize(), size + 1);
  });
});

function start(): Promise<TrustServices> {
  return startTrust({ docker: engine.docker, images, instance, dataDirectory, report: () => undefined });
}

function openRoom(): Promise<SigningRoom> {
  return SigningRoom.open({ docker: engine.docker, images, trust, instance });
}

async function signWithApproval(where: SigningRoom, image: string): Promise<void> {
  const signing = where.run('cosign', 'sign', image);
  const code = await where.waitForCode();
  assert.equal(await trust.approve(code, { linkAddress: where.linkAddress, email: ada }), 'approved');
  const { exitCode, out, err } = await signing;
  assert.equal(exitCode, 0, err);
  assert.ok(out.includes(code), 'cosign prints the code that the page shows');
}

/** The parts of a bundle that the tests read. */
type Bundle = SerializedBundle & {
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string };
    readonly tlogEntries: { logIndex: string; canonicalizedBody: string }[];
  };
};

/** The bundle that cosign has pushed beside an image: by the fallback tag, since that is where it puts it here. */
async function readBundle(where: SigningRoom, image: string): Promise<Bundle> {
  const [repository = '', digest = ''] = image.split('@');
  const index = JSON.parse(await where.output('crane', 'manifest', `${repository}:${digest.replace(':', '-')}`)) as {
    manifests: { digest: string }[];
  };
  const manifest = JSON.parse(await where.output('crane', 'manifest', `${repository}@${index.manifests[0]?.digest}`)) as {
    layers: { digest: string }[];
  };
  return JSON.parse(await where.output('crane', 'blob', `${repository}@${manifest.layers[0]?.digest}`)) as Bundle;
}

async function ask<T>(url: string): Promise<T> {
  return JSON.parse(await room.output('curl', '-sf', url)) as T;
}

async function treeSize(): Promise<number> {
  return (await ask<{ tree_size: number }>('https://ct.lab/ct/v1/get-sth')).tree_size;
}

function ctLogKey(): ReturnType<typeof createPublicKey> {
  return createPublicKey({
    key: Buffer.from(trust.trustedRoot.ctlogs[0]?.publicKey.rawBytes ?? '', 'base64'),
    format: 'der',
    type: 'spki',
  });
}

async function containerIds(): Promise<string[]> {
  const found = await engine.docker.listContainers({ 'dev.proofground.instance': instance, 'dev.proofground.service': '' });
  return found.map(({ id }) => id).sort();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.round(performance.now() - startedAt);
}

function workflowClaims(workflowRef: string): Record<string, string> {
  const sha = 'a'.repeat(40);
  return {
    sub: 'repo:lab/app:ref:refs/heads/main',
    event_name: 'push',
    sha,
    workflow: 'release',
    repository: 'lab/app',
    ref: 'refs/heads/main',
    job_workflow_ref: workflowRef,
    job_workflow_sha: sha,
    runner_environment: 'self-hosted',
    repository_id: '1',
    repository_owner: 'lab',
    repository_owner_id: '1',
    workflow_ref: workflowRef,
    workflow_sha: sha,
    run_id: '1',
    run_attempt: '1',
    repository_visibility: 'private',
  };
}
