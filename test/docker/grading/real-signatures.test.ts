import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { labVariables } from '../../../src/catalog/variables.ts';
import type { Check } from '../../../src/grading/server/check-context.ts';
import { checkStep } from '../../../src/grading/server/check-step.ts';
import type { Condition } from '../../../src/grading/verdict.ts';
import { image, log } from '../../../src/lab-kit/checks.ts';
import { withApprovals } from '../../../src/proof/server/answer-approvals.ts';
import { testPlatform, type TestPlatform, type TestSandbox } from '../../support/platform.ts';

const email = 'ada@learners.lab';
const issuer = 'https://oidc.lab';
const app = 'registry.lab/shop/app:v1';
const spdx = 'https://spdx.dev/Document';
const verifyBundle = resolve(import.meta.dirname, '../../../src/cli/verify-bundle.ts');

/** Everything that cosign is asked to make, by the learner whose approvals are given. */
const sign = `
crane copy registry.lab/samples/hello:v1 ${app}
crane copy ${app} registry.lab/shop/app:same
image=registry.lab/shop/app@$(crane digest ${app})
echo '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"app","dataLicense":"CC0-1.0","documentNamespace":"https://learners.lab/app","packages":[]}' > sbom.json
cosign sign "$image"
cosign attest --type spdxjson --predicate sbom.json "$image"
echo 'a release' > release.txt
cosign sign-blob --bundle keyless.json release.txt
COSIGN_PASSWORD= cosign generate-key-pair
COSIGN_PASSWORD= cosign sign-blob --key cosign.key --bundle keyed.json release.txt
`;

describe('what cosign makes in a sandbox', () => {
  let platform: TestPlatform;
  let opened: TestSandbox;
  let folder: string;

  before(async () => {
    platform = await testPlatform();
    const variables = labVariables({ sessionId: 'signing', email });
    opened = await platform.startSandbox({ needs: ['registry', 'sigstore'], sessionId: 'signing', variables });
    const { sandbox } = opened;
    const result = await withApprovals({ trust: platform.trust, linkAddress: sandbox.linkAddress, email }, () =>
      sandbox.exec(['bash', '-euo', 'pipefail', '-c', sign], { timeoutMs: 120_000 }),
    );
    assert.equal(result.exitCode, 0, result.stderr.toString());
    folder = await mkdtemp(join(tmpdir(), 'real-signatures-'));
    for (const name of ['keyless.json', 'keyed.json', 'cosign.pub', 'release.txt']) {
      const read = await sandbox.readFile(`/home/learner/lab/${name}`, 100_000);
      assert.equal(read.kind, 'file', name);
      if (read.kind === 'file') await writeFile(join(folder, name), read.contents);
    }
    await writeFile(join(folder, 'root.json'), JSON.stringify(platform.trust.trustedRoot));
  });
  after(async () => {
    await opened[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function look(check: Check): Promise<Condition> {
    const checks = [{ id: 'only', title: 'Only', hints: ['1', '2', '3'] as const, check }];
    const { conditions } = await checkStep({ step: { id: 'step', checks }, sandbox: opened.sandbox, trust: platform.trust });
    assert.ok(conditions[0]);
    return conditions[0];
  }

  const you = { identity: '{{session.email}}', issuer: '{{issuer}}' };
  const holds: Record<string, Check> = {
    'the image is there': image.exists(app),
    'both tags name it': image.sameImage('registry.lab/shop/app:same', app),
    'it is signed by the learner': image.signedBy(app, you),
    'it is attested by the learner': image.attested(app, spdx, you),
    'the log has the signature': log.includes(app, you),
  };
  for (const [what, check] of Object.entries(holds)) {
    it(what, async () => assert.equal((await look(check)).verdict, 'passed'));
  }

  const holdsNot: Record<string, { check: Check; found: RegExp }> = {
    'no other image is there': { check: image.exists('registry.lab/shop/app:v2'), found: /no v2 in shop\/app/ },
    'the base image is another one': { check: image.sameImage('registry.lab/base/busybox:1.37', app), found: /sha256:/ },
    'nobody else signed it': { check: image.signedBy(app, { ...you, identity: 'eve@learners.lab' }), found: /ada@learners\.lab/ },
    'no part of a name is enough': { check: image.signedBy(app, { ...you, identity: 'ada@learners' }), found: /ada@learners\.lab/ },
    'no other issuer vouches for it': { check: image.signedBy(app, { ...you, issuer: 'https://ci.lab' }), found: /https:\/\/oidc\.lab/ },
    'no other attestation is there': { check: image.attested(app, 'https://slsa.dev/provenance/v1', you), found: /spdx/ },
    'the base image is not signed': { check: image.signedBy('registry.lab/base/busybox:1.37', you), found: /no signature on/ },
  };
  for (const [what, { check, found }] of Object.entries(holdsNot)) {
    it(what, async () => {
      const condition = await look(check);
      assert.equal(condition.verdict, 'failed');
      assert.match(condition.found ?? '', found);
    });
  }

  function verify(...args: string[]): Promise<number> {
    return new Promise((done) => {
      execFile(process.execPath, [verifyBundle, '--trusted-root', 'root.json', ...args], { cwd: folder }, (error) =>
        done(Number(error?.code ?? 0)),
      );
    });
  }

  it('verify-bundle accepts the keyless bundle for the learner only', async () => {
    const keyless = ['--bundle', 'keyless.json', '--certificate-oidc-issuer', issuer];
    assert.equal(await verify(...keyless, '--certificate-identity', email, 'release.txt'), 0);
    assert.equal(await verify(...keyless, '--certificate-identity', 'eve@learners.lab', 'release.txt'), 1);
    assert.equal(await verify(...keyless, '--certificate-identity', email, 'root.json'), 1);
  });

  it('verify-bundle accepts the bundle by a key for the key', async () => {
    assert.equal(await verify('--bundle', 'keyed.json', '--key', 'cosign.pub', 'release.txt'), 0);
    assert.equal(await verify('--bundle', 'keyless.json', '--key', 'cosign.pub', 'release.txt'), 1);
  });
});
