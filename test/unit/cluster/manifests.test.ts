import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { readClusterFile, readManifests } from '../../../src/sandboxes/server/cluster/cluster-files.ts';

const repository = new URL('../../../', import.meta.url);

async function pinned(tool: string, module: string): Promise<string> {
  const text = await readFile(new URL(`sandbox/tools/${tool}/go.mod`, repository), 'utf8');
  const found = new RegExp(`^(?:require )?\\s*${module.replaceAll('.', '\\.')} (v\\S+)`, 'm').exec(text);
  return found?.[1] ?? '';
}

describe('what goes into a cluster', () => {
  it('carries the manifests of the policy-controller that is built', async () => {
    const version = await pinned('policy-controller', 'github.com/sigstore/policy-controller');
    assert.match(version, /^v\d/);
    const [header] = (await readClusterFile('policy-controller.yaml')).split('\n');
    assert.ok(header?.includes(`policy-controller@${version},`), header);
  });

  it('replaces every Kubernetes module by the release that is built', async () => {
    const version = await pinned('kubernetes', 'k8s.io/kubernetes');
    const text = await readFile(new URL('sandbox/tools/kubernetes/go.mod', repository), 'utf8');
    const replacements = [...text.matchAll(/=> k8s\.io\/\S+ (v\S+)$/gm)].map((match) => match[1]);
    assert.ok(replacements.length > 25);
    assert.deepEqual([...new Set(replacements)], [version.replace('v1.', 'v0.')]);
  });

  it('runs policy-controller from the node image, without TUF, trusting the lab CA', async () => {
    const deployment = (await readManifests('policy-controller.yaml')).find(({ kind }) => kind === 'Deployment');
    const template = JSON.stringify(deployment?.['spec']);
    assert.match(template, /"image":"localhost\/policy-controller:node"/);
    assert.match(template, /"--disable-tuf"/);
    assert.match(template, /"SSL_CERT_FILE","value":"\/etc\/proofground\/lab-ca\.pem"/);
    assert.doesNotMatch(template, /tuf-root/);
  });

  it('gives learners and graders no secrets, no nodes/proxy, and nobody a wildcard', async () => {
    const roles = (await readManifests('lab.yaml')).filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
    assert.equal(roles.length, 3);
    for (const role of roles)
      assert.doesNotMatch(JSON.stringify(role['rules']), /secrets|nodes\/proxy|pods\/exec|impersonate|escalate|"bind"|"\*"/);
  });

  it('binds every admission policy to deny, failing closed', async () => {
    const manifests = await readManifests('lab.yaml');
    const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    assert.equal(policies.length, 3);
    for (const policy of policies) {
      assert.equal((policy['spec'] as { failurePolicy: string }).failurePolicy, 'Fail');
      const binding = manifests.find(
        ({ kind, metadata }) => kind === 'ValidatingAdmissionPolicyBinding' && metadata.name === policy.metadata.name,
      );
      assert.deepEqual(binding?.['spec'], { policyName: policy.metadata.name, validationActions: ['Deny'] });
    }
  });

  it("hands out no node credentials by kind's well-known bootstrap token", async () => {
    const config = parse(await readClusterFile('kind.yaml')) as { kubeadmConfigPatches: string[] };
    const init = config.kubeadmConfigPatches.map((patch) => parse(patch) as { kind: string; skipPhases?: string[] });
    assert.ok(init.find(({ kind }) => kind === 'InitConfiguration')?.skipPhases?.includes('bootstrap-token'));
  });
});
