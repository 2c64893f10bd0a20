import { join } from 'node:path';
import { loadCatalog, type Catalog } from '../../catalog/server/load-catalog.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { findOrStartEngine } from '../../engine/server/find-engine.ts';
import { buildImages, type ImageSet } from '../../images/server/build-images.ts';
import { imageNames } from '../../images/server/image-plan.ts';
import { createDockerDriver } from '../../sandboxes/server/docker-driver.ts';
import { ensureProvisioner } from '../../sandboxes/server/provisioner.ts';
import type { SandboxDriver } from '../../sandboxes/server/sandbox-driver.ts';
import type { Report } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import { startTrust, type TrustServices } from '../../trust/server/trust-services.ts';
import type { PlatformConfig } from './config.ts';
import { loadOrCreateInstance } from './data-directory.ts';
import { markBuilt } from './machine-checks.ts';

/** Everything below the HTTP interface, running. */
export interface Platform {
  readonly config: PlatformConfig;
  readonly instance: string;
  readonly engine: Engine;
  readonly images: ImageSet;
  readonly trust: TrustServices;
  readonly driver: SandboxDriver;
  readonly catalog: Catalog;
  /** Lets go of everything; sandboxes and services live on, `npm run down` ends them. */
  stop(): Promise<void>;
}

/** What a platform is made from. `warn` hears what an operator should know. */
export interface PlatformOptions {
  readonly config: PlatformConfig;
  readonly report: Report;
  /** Loaded from labs/ when absent. */
  readonly catalog?: Catalog;
  readonly warn?: (message: string) => void;
}

/** The folder of the labs in this repository. */
export const labsDirectory = join(import.meta.dirname, '../../../labs');

/**
 * Engine, images, signing services and sandbox driver of an instance, made or taken up where they are there already.
 * @throws PlatformError of the part that could not be had
 */
export async function createPlatform({ config, report, catalog, warn = () => undefined }: PlatformOptions): Promise<Platform> {
  const instance = await loadOrCreateInstance(config.dataDirectory);
  const { cacheDirectory, dataDirectory } = config;
  const engine = await findOrStartEngine({ cacheDirectory, report });
  const images = await buildImages({ engine, wanted: imageNames, report, cacheDirectory });
  await markBuilt(cacheDirectory);
  const { docker, socketOnEngine } = engine;
  const provide = (): Promise<string> => ensureProvisioner({ docker, image: images.reference('provisioner'), instance, socketOnEngine });
  const [trust, provisioner] = await Promise.all([
    startTrust({ docker, images, instance, dataDirectory, report }),
    runStage(report, { stage: 'provisioner', title: 'Starting the cluster provisioner', expectedMs: 1000 }, provide),
  ]);
  const driver = withProvisioner(createDockerDriver({ engine, images, trust, instance, provisioner, warn }), provide);
  const labs = catalog ?? (await loadCatalog(labsDirectory));
  return { config, instance, engine, images, trust, driver, catalog: labs, stop: () => trust.stop() };
}

/** The driver with its provisioner looked after: one that an engine lost in a restart is there again before a start. */
function withProvisioner(driver: SandboxDriver, provide: () => Promise<string>): SandboxDriver {
  return {
    start: async (request, report) => {
      await provide();
      return driver.start(request, report);
    },
    adopt: (id) => driver.adopt(id),
    stop: (id) => driver.stop(id),
    list: () => driver.list(),
    pause: (id) => driver.pause(id),
    resume: (id) => driver.resume(id),
  };
}
