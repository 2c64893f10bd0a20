import { labCaFile, mebibyte, type MemberContext, type MemberPlan } from './member-plan.ts';
import { baseSpec, withoutPrivileges } from './base-spec.ts';

const registryHost = 'registry.lab';

/** The sandbox's own registry over TLS, seeded with the lab's images. */
export async function planRegistry(context: MemberContext): Promise<MemberPlan> {
  const certificate = await context.trust.issueServerCertificate([registryHost]);
  return {
    member: 'registry',
    container: {
      ...baseSpec(context, 'registry', { aliases: [registryHost], limits: { memoryBytes: 512 * mebibyte, cpus: 1, pids: 256 } }),
      ...withoutPrivileges,
    },
    files: [
      labCaFile(context.trust),
      { path: '/etc/proofground/tls/cert.pem', contents: certificate.certPem },
      // Readable by whatever user the registry runs as; nobody else is in this container.
      { path: '/etc/proofground/tls/key.pem', contents: certificate.keyPem },
    ],
    probe: `curl --silent --show-error --fail --max-time 2 --output /dev/null https://${registryHost}/v2/`,
  };
}
