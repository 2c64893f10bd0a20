import type { ContainerSpec, Limits } from '../../../engine/server/docker-types.ts';
import { memberAddress, type AddressedMember } from '../address-plan.ts';
import { labelNames, memberName, toLabels } from '../sandbox-labels.ts';
import type { MemberContext } from './member-plan.ts';

/** What every member shares: name, labels, its fixed address and nothing of the host. */
export function baseSpec(context: MemberContext, member: AddressedMember, shape: MemberShape): ContainerSpec {
  const { identity, images, network, subnet } = context;
  return {
    name: memberName(identity.instance, identity.id, member),
    image: images.reference(member),
    labels: { ...toLabels(identity), [labelNames.member]: member },
    network: { name: network, aliases: shape.aliases, address: memberAddress(subnet, member) },
    limits: shape.limits,
    // Survives a restart of the engine's host, as the learner's work should.
    restart: 'unless-stopped',
  };
}

interface MemberShape {
  readonly aliases: readonly string[];
  readonly limits: Limits;
}

/** For members that need nothing of the kernel: no capability, and no way to gain one. */
export const withoutPrivileges = {
  capabilities: { drop: ['ALL'] },
  securityOptions: ['no-new-privileges'],
} as const satisfies Partial<ContainerSpec>;
