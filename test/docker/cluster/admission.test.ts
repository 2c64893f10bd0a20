import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadySandbox } from '../../../src/sandboxes/server/sandbox-driver.ts';
import { issuerUrl } from '../../../src/trust/lab-hosts.ts';
import { testPlatform } from '../../support/platform.ts';

const learner = 'ada@learners.lab';
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1';

test('admission of images signed with the platform’s own Sigstore', { timeout: 900_000 }, async (t) => {
  await using platform = await testPlatform();
  const request = { needs: ['registry', 'cluster', 'sigstore'] as const, learner: { email: learner } };
  await using started = await platform.startSandbox(request, ({ stage, state, elapsedMs }) => {
    if (state !== 'running') t.diagnostic(`${stage} ${state} after ${elapsedMs} ms`);
  });
  const { sandbox } = started;
  const token = async (email: string): Promise<string> => platform.trust.mintIdentityToken({ email });

  /** An image with a digest of its own: the seeded one with another label. */
  const image = async (name: string): Promise<string> => {
    const tag = `registry.lab/${name}:v1`;
    await run(sandbox, ['crane', 'mutate', 'registry.lab/samples/hello:v1', '--label', `name=${name}`, '--tag', tag]);
    return `registry.lab/${name}@${(await run(sandbox, ['crane', 'digest', tag])).trim()}`;
  };
  const admits = (reference: string) => tryPod(sandbox, reference);

  const images = {
    signed: await image('signed'),
    unsigned: await image('unsigned'),
    stranger: await image('stranger'),
    sbom: await image('sbom'),
  };
  await run(sandbox, ['cosign', 'sign', '--identity-token', await token(learner), images.signed]);
  await run(sandbox, ['cosign', 'sign', '--identity-token', await token('eve@learners.lab'), images.stranger]);
  const predicate = '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"x","documentNamespace":"https://x.lab","packages":[]}';
  await run(sandbox, ['sh', '-c', `echo '${predicate}' >/tmp/sbom.json`]);
  const attest = ['cosign', 'attest', '--type', 'spdxjson', '--predicate', '/tmp/sbom.json', '--identity-token', await token(learner)];
  await run(sandbox, [...attest, images.sbom]);

  await t.test('lets everything run while the namespace does not ask for it', async () => {
    assert.equal((await admits(images.unsigned)).exitCode, 0);
  });

  await run(sandbox, ['kubectl', 'apply', '-f', '-'], policy());
  await run(sandbox, ['kubectl', 'label', 'namespace', 'shop', 'policy.sigstore.dev/include=true']);

  await t.test('admits the image that the learner signed, by its tag too', async () => {
    // A policy reaches the webhook within a second or two.
    const deadline = performance.now() + 15_000;
    let last = await admits(images.signed);
    while (last.exitCode !== 0 && performance.now() < deadline) last = await admits(images.signed);
    assert.equal(last.exitCode, 0, last.said);
    const startedAt = performance.now();
    assert.equal((await admits('registry.lab/signed:v1')).exitCode, 0);
    t.diagnostic(`a pod of a signed image is admitted in ${Math.round(performance.now() - startedAt)} ms, kubectl included`);
  });

  for (const name of ['unsigned', 'stranger', 'sbom'] as const) {
    await t.test(`refuses the image ${name}`, async () => {
      const { exitCode, said } = await admits(images[name]);
      assert.notEqual(exitCode, 0);
      assert.match(said, /admission webhook "policy\.sigstore\.dev" denied the request.*failed policy: signed-by-me/s);
    });
  }
});

async function run(sandbox: ReadySandbox, command: readonly string[], stdin?: string): Promise<string> {
  const result = await sandbox.exec(command, stdin === undefined ? {} : { stdin });
  assert.equal(result.exitCode, 0, `${command.join(' ')}: ${result.stderr.toString('utf8')}`);
  return result.stdout.toString('utf8');
}

async function tryPod(sandbox: ReadySandbox, image: string): Promise<{ exitCode: number; said: string }> {
  const command = ['kubectl', '--namespace=shop', 'run', 'probe', '--dry-run=server', `--image=${image}`];
  const { exitCode, stderr } = await sandbox.exec(command);
  return { exitCode, said: stderr.toString('utf8') };
}

function policy(): string {
  const keyless = { url: 'https://fulcio.lab', trustRootRef: 'lab', identities: [{ issuer: issuerUrl, subject: learner }] };
  const authority = {
    name: 'learner',
    signatureFormat: 'bundle',
    keyless,
    attestations: [{ name: 'signed', predicateType: signaturePredicate }],
  };
  const spec = { mode: 'enforce', images: [{ glob: 'registry.lab/**' }], authorities: [authority] };
  return JSON.stringify({
    apiVersion: 'policy.sigstore.dev/v1beta1',
    kind: 'ClusterImagePolicy',
    metadata: { name: 'signed-by-me' },
    spec,
  });
}
