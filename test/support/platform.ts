import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DockerClient } from '../../src/engine/server/docker-client.ts';
import { findOrStartEngine } from '../../src/engine/server/find-engine.ts';
import { readConfig } from '../../src/platform/server/config.ts';
import { createPlatform, type Platform } from '../../src/platform/server/create-platform.ts';
import { loadOrCreateInstance } from '../../src/platform/server/data-directory.ts';
import { lowerHostShield } from '../../src/sandboxes/server/host-shield.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest } from '../../src/sandboxes/server/sandbox-driver.ts';
import { labelNames } from '../../src/sandboxes/server/sandbox-labels.ts';
import type { Report, StageEvent } from '../../src/shared/progress.ts';
import { newId } from '../../src/shared/server/ids.ts';

/** All of the platform below the server, on a real engine, as an instance of its own. */
export interface TestPlatform extends Platform, AsyncDisposable {
  readonly provisioner: string;
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
export async function testPlatform(): Promise<TestPlatform> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'proofground-test-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(dataDirectory, { recursive: true, force: true }));
  const config = readConfig({ ...process.env, PROOFGROUND_DATA: dataDirectory });
  const engine = await findOrStartEngine({ cacheDirectory: config.cacheDirectory, report: printStage });
  const instance = await loadOrCreateInstance(dataDirectory);
  undo.defer(() => removeInstance(engine.docker, instance));
  const platform = await createPlatform({ config, report: printStage, warn: (message) => console.error(message) });
  undo.defer(() => lowerHostShield({ docker: engine.docker, image: platform.images.reference('provisioner'), instance }));
  undo.defer(() => platform.stop());
  const cleanUp = undo.move();
  return {
    ...platform,
    provisioner: `pg-${platform.instance}-provisioner`,
    startSandbox: (request, report = ignore) => startSandbox(platform.driver, request, report),
    sandboxObjects: () => sandboxObjects(platform),
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

async function startSandbox(driver: SandboxDriver, request: Partial<SandboxRequest> | undefined, report: Report): Promise<TestSandbox> {
  const id = request?.id ?? newId();
  const plain = { id, sessionId: `session-${id}`, needs: [], learner: { email: 'ada@learners.lab' }, variables: {}, files: [] };
  const sandbox = await driver.start({ ...plain, ...request }, report);
  return { sandbox, [Symbol.asyncDispose]: () => driver.stop(id) };
}

async function sandboxObjects({ engine: { docker }, instance }: Platform): Promise<string[]> {
  const filter = { [labelNames.instance]: instance, [labelNames.sandbox]: '' };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers(filter),
    docker.listNetworks(filter),
    docker.listVolumes(filter),
  ]);
  return [...containers.map(({ name }) => name), ...networks.map(({ name }) => name), ...volumes];
}

/** Removes whatever carries the instance's label, of sandboxes and services alike. */
async function removeInstance(docker: DockerClient, instance: string): Promise<void> {
  const filter = { [labelNames.instance]: instance };
  for (const { id } of await docker.listContainers(filter)) await docker.removeContainer(id);
  for (const { name } of await docker.listNetworks(filter)) await docker.removeNetwork(name);
  for (const volume of await docker.listVolumes(filter)) await docker.removeVolume(volume);
}

function ignore(): void {
  // The caller does not want to know.
}

/** A test that seems to hang is building an image. */
function printStage({ title, state, elapsedMs }: StageEvent): void {
  if (state !== 'running' && elapsedMs > 2000) console.log(`${title}: ${state} after ${(elapsedMs / 1000).toFixed(1)} s`);
}
