import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import { TlsAgent } from './tls-agent.ts';

/** Connections into one sandbox, and what is trusted there. */
export interface LabConnections {
  readonly sandbox: Pick<ReadySandbox, 'agentFor'>;
  readonly labCaPem: string;
}

/** Agent for `https://<host>` on the sandbox's network. */
export function agentForHost({ sandbox, labCaPem }: LabConnections, host: string): TlsAgent {
  return new TlsAgent({ tunnel: sandbox.agentFor(`${host}:443`), serverName: host, caPem: labCaPem });
}
