import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/server/engine.ts';
import { defaultCacheDirectory } from '../../src/engine/server/engine-paths.ts';
import { findOrStartEngine } from '../../src/engine/server/find-engine.ts';
import { buildImages, type ImageSet } from '../../src/images/server/build-images.ts';
import { imageNames, type ImageName } from '../../src/images/server/image-plan.ts';
import { createDockerDriver } from '../../src/sandboxes/server/docker-driver.ts';
import { lowerHostShield } from '../../src/sandboxes/server/host-shield.ts';
import { ensureProvisioner } from '../../src/sandboxes/server/provisioner.ts';
import { removeLeftovers } from '../../src/sandboxes/server/remove-leftovers.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest } from '../../src/sandboxes/server/sandbox-driver.ts';
import { labelNames } from '../../src/sandboxes/server/sandbox-labels.ts';
import type { Report, StageEvent } from '../../src/shared/progress.ts';
import { newId } from '../../src/shared/server/ids.ts';
import { removeTrust, startTrust, type TrustServices } from '../../src/trust/server/trust-services.ts';

/** All of the platform below the server, on a real engine, as an instance of its own. */
export interface TestPlatform extends AsyncDisposable {
  readonly instance: string;
  readonly dataDirectory: string;
  readonly engine: Engine;
  readonly images: ImageSet;
  readonly trust: TrustServices;
  readonly provisioner: string;
  readonly driver: SandboxDriver;
  /** A started sandbox; what the request leaves out is that of a learner `ada@learners.lab` without any needs. */
  startSandbox(request?: Partial<SandboxRequest>, report?: Report): Promise<TestSandbox>;
  /** Names of all engine objects of the instance that belong to sandboxes. */
  sandboxObjects(): Promise<string[]>;
}

/** A sandbox that is removed when its scope ends. */
export interface TestSandbox extends AsyncDisposable {
  readonly sandbox: ReadySandbox;
}

/**
 * Starts a platform; disposing it removes everything that carries its instance id. Images are built when they are
 * missing, which takes long the first time on a machine.
 */
export async function testPlatform({ wanted = imageNames }: { wanted?: readonly ImageName[] } = {}): Promise<TestPlatform> {
  const instance = randomBytes(4).toString('hex');
  const engine = await findOrStartEngine({ cacheDirectory: defaultCacheDirectory(process.env), report: printStage });
  const images = await buildImages({ engine, wanted, report: printStage });
  const dataDirectory = await mkdtemp(join(tmpdir(), 'proofground-test-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => removeInstance(engine, images, { instance, dataDirectory }));
  const { docker, socketOnEngine } = engine;
  const [trust, provisioner] = await Promise.all([
    startTrust({ docker, images, instance, dataDirectory, report: ignore }),
    ensureProvisioner({ docker, image: images.reference('provisioner'), instance, socketOnEngine }),
  ]);
  const driver = createDockerDriver({ engine, images, trust, instance, provisioner, warn: (message) => console.error(message) });
  undo.defer(() => trust.stop());
  undo.defer(async () => {
    await removeLeftovers(driver, new Set());
  });
  const cleanUp = undo.move();
  return {
    ...{ instance, dataDirectory, engine, images, trust, provisioner, driver },
    startSandbox: (request, report = ignore) => startSandbox(driver, request, report),
    sandboxObjects: () => sandboxObjects(engine, instance),
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

async function startSandbox(driver: SandboxDriver, request: Partial<SandboxRequest> | undefined, report: Report): Promise<TestSandbox> {
  const id = request?.id ?? newId();
  const plain = { id, sessionId: `session-${id}`, needs: [], learner: { email: 'ada@learners.lab' }, variables: {}, files: [] };
  const sandbox = await driver.start({ ...plain, ...request }, report);
  return { sandbox, [Symbol.asyncDispose]: () => driver.stop(id) };
}

async function sandboxObjects({ docker }: Engine, instance: string): Promise<string[]> {
  const filter = { [labelNames.instance]: instance, [labelNames.sandbox]: '' };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers(filter),
    docker.listNetworks(filter),
    docker.listVolumes(filter),
  ]);
  return [...containers.map(({ name }) => name), ...networks.map(({ name }) => name), ...volumes];
}

async function removeInstance(engine: Engine, images: ImageSet, instance: { instance: string; dataDirectory: string }): Promise<void> {
  const { docker } = engine;
  await lowerHostShield({ docker, image: images.reference('provisioner'), instance: instance.instance });
  await docker.removeContainer(`pg-${instance.instance}-provisioner`);
  await removeTrust(docker, instance.instance);
  await rm(instance.dataDirectory, { recursive: true, force: true });
}

function ignore(): void {
  // The caller does not want to know.
}

/** A test that seems to hang is building an image. */
function printStage({ title, state, elapsedMs }: StageEvent): void {
  if (state !== 'running' && elapsedMs > 2000) console.log(`${title}: ${state} after ${(elapsedMs / 1000).toFixed(1)} s`);
}
