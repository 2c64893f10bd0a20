import { labCaFile, mebibyte, sigstoreFiles, type MemberContext, type MemberPlan } from './member-plan.ts';
import { baseSpec, withoutPrivileges } from './base-spec.ts';

/** Where the learner's shells run: no privileges, no way to gain any, and bounded. */
export function planToolbox(context: MemberContext): MemberPlan {
  const { identity, trust, variables } = context;
  const session = { session: identity.sessionId, learner: { email: identity.email }, variables };
  return {
    member: 'toolbox',
    container: {
      ...baseSpec(context, 'toolbox', { aliases: ['toolbox.lab'], limits: { memoryBytes: 1024 * mebibyte, cpus: 1.5, pids: 512 } }),
      ...withoutPrivileges,
      hostname: 'lab',
    },
    files: [
      labCaFile(trust),
      ...(identity.needs.includes('sigstore') ? sigstoreFiles(trust) : []),
      { path: '/etc/proofground/session.json', contents: JSON.stringify(session) },
    ],
  };
}
