import type { DockerClient } from './docker-client.ts';

/** A container engine that has been seen to run privileged containers. */
export interface Engine {
  readonly docker: DockerClient;
  /** `host`: somebody else's, left alone; `embedded`: ours, started by the platform. */
  readonly kind: 'host' | 'embedded';
  /** Value for DOCKER_HOST on this machine. */
  readonly dockerHost: string;
  /** Path of the engine's socket where the engine runs, to bind into a container that must talk to it. */
  readonly socketOnEngine: string;
  readonly version: string;
  /**
   * Stops an embedded engine, unless an instance's containers still run on it; a host's engine is never stopped.
   * Resolves to whether it is stopped now.
   */
  stop(): Promise<boolean>;
}
