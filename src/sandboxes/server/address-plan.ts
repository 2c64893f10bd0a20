/** All sandbox networks lie in 10.213.0.0/16: 2,048 networks of 32 addresses. */
const pool = { first: toNumber('10.213.0.0'), count: 2048, size: 32 };

/**
 * Fixed places in a sandbox's network. The upper half is left to the engine, since the cluster's node takes the
 * next free address while other members are still starting.
 */
const memberOffsets = { link: 2, registry: 3, toolbox: 4, builder: 5 } as const;

export type AddressedMember = keyof typeof memberOffsets;

/** A sandbox's network: CIDR of the whole and of the part that the engine gives addresses from. */
export interface SandboxSubnet {
  readonly subnet: string;
  readonly dynamicRange: string;
}

/**
 * The lowest free network of the pool, or undefined when none is left.
 * `taken`: IPv4 networks in CIDR notation that exist already, of any size and origin; what is not one is ignored.
 */
export function chooseSubnet(taken: readonly string[]): SandboxSubnet | undefined {
  const ranges = taken.map(toRange).filter((range) => range !== undefined);
  for (let index = 0; index < pool.count; index += 1) {
    const first = pool.first + index * pool.size;
    const last = first + pool.size - 1;
    if (ranges.some((range) => range.first <= last && first <= range.last)) continue;
    return { subnet: `${toAddress(first)}/27`, dynamicRange: `${toAddress(first + pool.size / 2)}/28` };
  }
  return undefined;
}

/** The fixed address of a member in a network that {@link chooseSubnet} gave. */
export function memberAddress(subnet: string, member: AddressedMember): string {
  const range = toRange(subnet);
  if (range === undefined) throw new RangeError(`${subnet} is not an IPv4 network.`);
  return toAddress(range.first + memberOffsets[member]);
}

function toRange(cidr: string): { first: number; last: number } | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr);
  const length = Number(match?.[2]);
  if (match?.[1] === undefined || length > 32) return undefined;
  const size = 2 ** (32 - length);
  const first = Math.floor(toNumber(match[1]) / size) * size;
  return { first, last: first + size - 1 };
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
