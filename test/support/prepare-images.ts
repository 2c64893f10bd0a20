import { requireDisk } from '../../src/engine/server/check-resources.ts';
import { findOrStartEngine } from '../../src/engine/server/find-engine.ts';
import { buildImages } from '../../src/images/server/build-images.ts';
import { imageNames } from '../../src/images/server/image-plan.ts';
import { readConfig } from '../../src/platform/server/config.ts';
import { checkMemory, markBuilt, neededDiskBytes } from '../../src/platform/server/machine-checks.ts';
import { ProgressPrinter } from '../../src/platform/server/print-progress.ts';

/**
 * Brings the engine up and builds every image, with progress and without a time limit: on a new machine this takes
 * half an hour, which no test's own limit should have to allow for.
 * @throws PlatformError `disk-too-small`, `memory-too-small`, `engine-unavailable` or `image-build-failed`
 */
export async function prepareImages(): Promise<void> {
  const config = readConfig(process.env);
  const { cacheDirectory } = config;
  await requireDisk(cacheDirectory, neededDiskBytes(config));
  checkMemory();
  const printer = new ProgressPrinter(process.stdout, process.env);
  try {
    const engine = await findOrStartEngine({ cacheDirectory, report: printer.report });
    await buildImages({ engine, wanted: imageNames, report: printer.report, cacheDirectory });
    await markBuilt(cacheDirectory);
  } finally {
    printer.stop();
  }
}
