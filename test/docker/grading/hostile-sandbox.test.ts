import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadCatalog } from '../../../src/catalog/server/load-catalog.ts';
import { labVariables } from '../../../src/catalog/variables.ts';
import type { CheckRequest } from '../../../src/grading/server/check-request.ts';
import { checkStep } from '../../../src/grading/server/check-step.ts';
import type { Condition, Verdict } from '../../../src/grading/verdict.ts';
import { image } from '../../../src/lab-kit/checks.ts';
import { memberName } from '../../../src/sandboxes/server/sandbox-labels.ts';
import { testPlatform, type TestPlatform, type TestSandbox } from '../../support/platform.ts';

const { labs } = await loadCatalog(resolve(import.meta.dirname, '../../../labs'));
const verify = labs.flatMap(({ steps }) => steps).find(({ id }) => id === '03-verify');
/** The signature alone, whatever image it is on. */
const sign: CheckRequest['step'] = {
  id: 'sign',
  checks: [
    {
      id: 'signed',
      title: 'The image is signed',
      hints: ['1', '2', '3'],
      check: image.signedBy('registry.lab/shop/app:v1', { identity: 'ada@learners.lab', issuer: 'https://oidc.lab' }),
    },
  ],
};

/** Attaches a blob to the image behind a digest as if it were a signature, without asking anybody. */
const attach = String.raw`
registry=https://registry.lab/v2/shop/app
push() { # push FILE MEDIA-TYPE: uploads a blob, prints its descriptor
  digest=sha256:$(sha256sum "$1" | cut -d' ' -f1)
  location=$(curl -sS -D - -o /dev/null -X POST "$registry/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  curl -sS -f -T "$1" -X PUT -H 'Content-Type: application/octet-stream' "$location&digest=$digest" >&2
  echo "{\"mediaType\":\"$2\",\"digest\":\"$digest\",\"size\":$(stat -c %s "$1")}"
}
type=application/vnd.dev.sigstore.bundle.v0.3+json
image=$(crane digest registry.lab/shop/app:v1)
echo -n '{}' > empty.json
config=$(push empty.json application/vnd.oci.empty.v1+json)
layer=$(push "$FILE" $type)
manifest=application/vnd.oci.image.manifest.v1+json
subject="{\"mediaType\":\"$manifest\",\"digest\":\"$image\",\"size\":$(crane manifest registry.lab/shop/app:v1 | wc -c)}"
echo -n "{\"schemaVersion\":2,\"mediaType\":\"$manifest\",\"artifactType\":\"$type\",\"config\":$config,\"layers\":[$layer],\"subject\":$subject}" > manifest.json
digest=sha256:$(sha256sum manifest.json | cut -d' ' -f1)
curl -sS -f -T manifest.json -H "Content-Type: $manifest" "$registry/manifests/$digest"
index=application/vnd.oci.image.index.v1+json
echo -n "{\"schemaVersion\":2,\"mediaType\":\"$index\",\"manifests\":[{\"mediaType\":\"$manifest\",\"digest\":\"$digest\",\"size\":$(stat -c %s manifest.json)}]}" > index.json
curl -sS -f -T index.json -H "Content-Type: $index" "$registry/manifests/$(echo "$image" | tr : -)"
`;

describe('a sandbox whose learner does everything to mislead the checks', () => {
  let platform: TestPlatform;
  let opened: TestSandbox;

  before(async () => {
    platform = await testPlatform();
    const variables = labVariables({ sessionId: 'hostile', email: 'ada@learners.lab' });
    opened = await platform.startSandbox({ needs: ['registry', 'sigstore'], sessionId: 'hostile', variables });
    await run('crane copy registry.lab/samples/hello:v1 registry.lab/shop/app:v1');
  });
  after(async () => {
    await opened[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
  });

  async function run(script: string): Promise<void> {
    const result = await opened.sandbox.exec(['bash', '-euo', 'pipefail', '-c', script], { timeoutMs: 120_000 });
    assert.equal(result.exitCode, 0, `${result.stdout.toString()}${result.stderr.toString()}`);
  }

  /** The verdict on a step, which must come within the limit whatever there is to read. */
  async function check(step: CheckRequest['step'] | undefined, limitMs: number): Promise<Verdict> {
    assert.ok(step);
    const startedAt = performance.now();
    const verdict = await checkStep({ step, sandbox: opened.sandbox, trust: platform.trust });
    const elapsedMs = performance.now() - startedAt;
    assert.ok(elapsedMs < limitMs, `it took ${elapsedMs} ms`);
    return verdict;
  }

  function conditionOf(verdict: Verdict, id: string): Condition {
    const condition = verdict.conditions.find((one) => one.id === id);
    assert.ok(condition);
    return condition;
  }

  it('a bundle that is garbage is a signature that does not hold', async () => {
    await run(`echo '{"mediaType":' > garbage; FILE=garbage; ${attach}`);
    const signed = conditionOf(await check(sign, 20_000), 'signed');
    assert.equal(signed.verdict, 'failed');
    assert.match(signed.found ?? '', /does not hold: this is not a Sigstore bundle/);
  });

  it('a bundle of 500 MiB is not read', async () => {
    const before = process.memoryUsage().rss;
    await run(`head -c 524288000 /dev/zero > huge; FILE=huge; ${attach}\nrm huge`);
    const signed = conditionOf(await check(sign, 20_000), 'signed');
    assert.equal(signed.verdict, 'failed');
    assert.match(signed.found ?? '', /no signature/);
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
  });

  for (const [what, make] of Object.entries({
    'an endless file': 'ln -sf /dev/zero answers.yaml',
    'a circle of links': 'ln -sf other answers.yaml && ln -sf answers.yaml other',
    'a pipe that nobody writes to': 'mkfifo answers.yaml',
    'a folder': 'mkdir answers.yaml',
    'a file of 2 GiB': 'truncate -s 2G answers.yaml',
    'a bomb of aliases':
      '{ echo "a0: &a0 [x,x,x,x,x,x,x,x,x]"; for n in 0 1 2 3 4 5 6 7 8; do echo "a$((n+1)): &a$((n+1)) [*a$n,*a$n,*a$n,*a$n,*a$n,*a$n,*a$n,*a$n,*a$n]"; done; echo "signer: *a9"; } > answers.yaml',
  })) {
    it(`${what} as answers fails, in time`, async () => {
      await run(`rm -rf answers.yaml other; ${make}`);
      const verdict = await check(verify, 30_000);
      assert.equal(conditionOf(verdict, 'signer').verdict, 'failed');
      await run('rm -rf answers.yaml other');
    });
  }

  it('a cosign of the learner that always agrees does not make a script good', async () => {
    await run(
      `mkdir -p ~/bin; printf '#!/bin/sh\nexit 0\n' > ~/bin/cosign; chmod +x ~/bin/cosign; echo '~/bin/cosign verify "$1"' > verify.sh`,
    );
    const refuses = conditionOf(await check(verify, 30_000), 'refuses-others');
    assert.equal(refuses.verdict, 'failed');
    assert.match(refuses.found ?? '', /accepts/);
  });

  for (const [what, script] of Object.entries({
    'that never ends': 'sleep 1000',
    'that never stops talking': 'yes',
    // Last, since it leaves no room for other commands.
    'that forks without end': ':(){ :|:& };:',
  })) {
    it(`a script ${what} fails, in time`, async () => {
      await run(`echo '${script}' > verify.sh`);
      const verdict = await check(verify, 31_000);
      assert.notEqual(verdict.verdict, 'passed');
      assert.notEqual(conditionOf(verdict, 'accepts-yours').verdict, 'passed');
    });
  }

  it('a registry that hangs leaves the step undecided, in time, and is used again when it is back', async () => {
    const registry = memberName(platform.instance, opened.sandbox.id, 'registry');
    await platform.engine.docker.pauseContainer(registry);
    const verdict = await check(sign, 31_000);
    assert.deepEqual([verdict.verdict, verdict.verdict === 'undecided' && verdict.code], ['undecided', 'registry-unreachable']);
    await platform.engine.docker.unpauseContainer(registry);
    assert.equal((await check(sign, 30_000)).verdict, 'failed');
  });

  it('a sandbox that is gone leaves the step undecided', async () => {
    await platform.driver.stop(opened.sandbox.id);
    const verdict = await check(sign, 31_000);
    assert.equal(verdict.verdict, 'undecided');
  });
});
