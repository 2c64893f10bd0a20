import { labHosts } from '../../../trust/lab-hosts.ts';
import { labCaFile, mebibyte, sigstoreFiles, type MemberContext, type MemberPlan } from './member-plan.ts';
import { baseSpec, withoutPrivileges } from './base-spec.ts';

/**
 * The only member with a foot outside: it forwards port 443 to the platform's signing services and nothing else, and
 * holds the platform's own tools. The learner can talk to that port, never run anything in it.
 */
export function planLink(context: MemberContext): MemberPlan {
  const signing = context.identity.needs.includes('sigstore');
  return {
    member: 'link',
    container: {
      ...baseSpec(context, 'link', {
        aliases: signing ? Object.values(labHosts) : [],
        limits: { memoryBytes: 512 * mebibyte, cpus: 1, pids: 512 },
      }),
      ...withoutPrivileges,
      init: true,
      // A new network namespace inherits forwarding from the host; between these two networks nothing may be routed.
      sysctls: { 'net.ipv4.ip_forward': '0' },
      ...(signing ? { env: { UPSTREAM: 'trust:443' } } : { entrypoint: ['sleep'], command: ['infinity'] }),
    },
    files: [labCaFile(context.trust), ...sigstoreFiles(context.trust)],
    ...(signing
      ? {
          alsoOn: context.trust.platformNetwork,
          probe: `curl --silent --show-error --fail --max-time 2 --output /dev/null https://${labHosts.issuer}/.well-known/openid-configuration`,
        }
      : {}),
  };
}
