import type { LoadedLab } from '../../catalog/server/load-catalog.ts';
import { labFiles } from '../../catalog/server/lab-files.ts';
import { checkStep } from '../../grading/server/check-step.ts';
import { removeLeftovers } from '../../sandboxes/server/remove-leftovers.ts';
import { capacityOf } from '../../sessions/server/capacity.ts';
import type { Workshop } from '../../sessions/server/workshop.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { Platform } from './create-platform.ts';

/** What sessions need of the platform. */
export async function createWorkshop(platform: Platform): Promise<Workshop> {
  const { catalog, config, driver, engine, trust } = platform;
  const { memoryBytes, cpus } = await engine.docker.info();
  const loaded = (id: string): LoadedLab => {
    const lab = catalog.findLab(id);
    if (lab === undefined) throw new PlatformError('lab-not-found', `There is no lab ${id}.`);
    return lab;
  };
  return {
    driver,
    capacity: capacityOf({ memoryBytes, cpus, maxSandboxes: config.maxSandboxes }),
    removeLeftovers: (known) => removeLeftovers(driver, new Set(known)),
    labFiles: (lab, variables) => Promise.resolve(labFiles(loaded(lab.id), variables)),
    checkStep: ({ lab, stepId, sandbox, hintsSeen, signal }) => {
      const step = loaded(lab.id).steps.find(({ id }) => id === stepId);
      if (step === undefined) throw new PlatformError('step-not-found', `The lab ${lab.id} has no step ${stepId}.`);
      return checkStep({ step, sandbox, trust, hintsSeen, signal });
    },
    pendingApprovals: (linkAddress) => trust.pendingApprovals(linkAddress),
    approve: (code, learner) => trust.approve(code, learner),
    deny: (code, linkAddress) => trust.deny(code, linkAddress),
  };
}
