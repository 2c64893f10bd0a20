import { labCaFile, mebibyte, type MemberContext, type MemberPlan } from './member-plan.ts';
import { baseSpec } from './base-spec.ts';

const builderHost = 'builder.lab';

/**
 * BuildKit behind the toolbox's `docker build`. Privileged, since it mounts and runs build steps with runc; so it is
 * on the sandbox's network alone, and what a learner's build runs gets runc's default, small set of rights.
 */
export function planBuilder(context: MemberContext): MemberPlan {
  return {
    member: 'builder',
    container: {
      ...baseSpec(context, 'builder', { aliases: [builderHost], limits: { memoryBytes: 2048 * mebibyte, cpus: 2, pids: 1024 } }),
      privileged: true,
    },
    files: [labCaFile(context.trust)],
    probe: `socat -u OPEN:/dev/null TCP:${builderHost}:1234,connect-timeout=1`,
  };
}
