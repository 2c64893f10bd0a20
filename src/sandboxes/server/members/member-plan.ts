import type { ContainerSpec, FileToPut } from '../../../engine/server/docker-types.ts';
import type { Member, SandboxIdentity } from '../sandbox-labels.ts';

/** One member as a container that is yet to be made. */
export interface MemberPlan {
  readonly member: Member;
  readonly container: ContainerSpec;
  /** Put in place before the start. */
  readonly files: readonly FileToPut[];
  /** A second network, joined before the start. */
  readonly alsoOn?: string;
  /** Shell command that succeeds, run in the link, once the member can be used. */
  readonly probe?: string;
}

/** The images that members are made of. */
export interface MemberImages {
  reference(name: 'link' | 'registry' | 'toolbox' | 'builder' | 'node' | 'provisioner'): string;
}

/** What members need of the platform's trust services; TrustServices has all of it. */
export interface MemberTrust {
  readonly labCaPem: string;
  readonly trustedRoot: object;
  readonly signingConfig: object;
  readonly platformNetwork: string;
  issueServerCertificate(names: readonly string[]): Promise<{ readonly certPem: string; readonly keyPem: string }>;
}

/** Everything that the plan of a member depends on. */
export interface MemberContext {
  readonly identity: SandboxIdentity;
  readonly images: MemberImages;
  readonly trust: MemberTrust;
  readonly network: string;
  readonly subnet: string;
  readonly variables: Readonly<Record<string, string>>;
}

export const mebibyte = 1024 * 1024;

/** Trust in the lab's own certificate authority and in nothing else. */
export function labCaFile(trust: MemberTrust): FileToPut {
  return { path: '/etc/ssl/certs/ca-certificates.crt', contents: trust.labCaPem };
}

/** What cosign verifies with and signs through. */
export function sigstoreFiles(trust: MemberTrust): FileToPut[] {
  return [
    { path: '/etc/proofground/trusted_root.json', contents: JSON.stringify(trust.trustedRoot) },
    { path: '/etc/proofground/signing_config.json', contents: JSON.stringify(trust.signingConfig) },
  ];
}
