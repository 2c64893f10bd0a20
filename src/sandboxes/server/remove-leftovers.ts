import type { SandboxDriver } from './sandbox-driver.ts';

/**
 * Removes every sandbox of the instance that nobody knows of, for example those of a server that was killed while it
 * started them. Returns their ids. `known`: ids of sandboxes that sessions still refer to.
 */
export async function removeLeftovers(driver: SandboxDriver, known: ReadonlySet<string>): Promise<readonly string[]> {
  const leftovers = (await driver.list()).map((sandbox) => sandbox.id).filter((id) => !known.has(id));
  await Promise.all(leftovers.map((id) => driver.stop(id)));
  return leftovers;
}
