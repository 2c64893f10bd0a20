import type { LoadedLab } from '../catalog/server/load-catalog.ts';
import { readConfig } from '../platform/server/config.ts';
import { createPlatform, type Platform } from '../platform/server/create-platform.ts';
import { ProgressPrinter } from '../platform/server/print-progress.ts';
import { onStopSignals } from '../platform/server/stop-signals.ts';
import type { SandboxDriver } from '../sandboxes/server/sandbox-driver.ts';
import { PlatformError } from '../shared/errors.ts';

/** A platform for one command; disposing it lets go and leaves the services running, as they are the instance's. */
export interface CommandPlatform extends AsyncDisposable {
  readonly platform: Platform;
}

/**
 * Prepares the platform and tells of it on the error output, so that the output stays the command's own. Ctrl-C removes
 * the sandboxes that the command started.
 */
export async function openPlatform(): Promise<CommandPlatform> {
  const printer = new ProgressPrinter(process.stderr, process.env);
  try {
    const platform = await createPlatform({
      config: readConfig(process.env),
      report: printer.report,
      warn: (message) => printer.line(message),
    });
    const driver = removingWhenStopped(platform.driver);
    return { platform: { ...platform, driver }, [Symbol.asyncDispose]: () => platform.stop() };
  } finally {
    printer.stop();
  }
}

/** The lab of an id. */
export function labNamed({ catalog }: Platform, id: string): LoadedLab {
  const lab = catalog.findLab(id);
  if (lab !== undefined) return lab;
  const problems = catalog.problems.map(({ folder, message }) => ` ${folder}: ${message}`).join('');
  throw new PlatformError(
    'lab-not-found',
    `There is no lab "${id}"; there are ${catalog.labs.map((one) => one.id).join(', ')}.${problems}`,
  );
}

function removingWhenStopped(driver: SandboxDriver): SandboxDriver {
  const own = new Set<string>();
  onStopSignals(async () => {
    await Promise.all([...own].map((id) => driver.stop(id)));
    process.exit(130);
  });
  return {
    start: (request, report) => {
      own.add(request.id);
      return driver.start(request, report);
    },
    stop: async (id) => {
      await driver.stop(id);
      own.delete(id);
    },
    adopt: (id) => driver.adopt(id),
    list: () => driver.list(),
    pause: (id) => driver.pause(id),
    resume: (id) => driver.resume(id),
  };
}
