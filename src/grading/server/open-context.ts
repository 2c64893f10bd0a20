import { PlatformError } from '../../shared/errors.ts';
import { BundleVerifier } from './bundle-verifier.ts';
import type { CheckContext } from './check-context.ts';
import type { CheckRequest } from './check-request.ts';
import { ClusterReader } from './cluster-reader.ts';
import { agentForHost } from './lab-connections.ts';
import { LogReader } from './log-reader.ts';
import { prepareProbes, type Probes } from './probes.ts';
import { RegistryReader } from './registry-reader.ts';
import { RegistryWriter } from './registry-writer.ts';
import { TlsAgent } from './tls-agent.ts';

const registryHost = 'registry.lab';
const logHost = 'rekor.lab';

/** A context and the connections behind it, which are closed when it is disposed of. */
export interface OpenContext extends AsyncDisposable {
  readonly context: CheckContext;
}

/** What a context is opened for. */
export interface ContextRequest extends CheckRequest {
  readonly signal: AbortSignal;
  readonly resolve: (text: string) => string;
}

/** Opens everything that the checks of one step may read; connections are made when they are first used. */
export function openContext(request: ContextRequest): OpenContext {
  const { sandbox, trust, signal, resolve } = request;
  const connections = { sandbox, labCaPem: trust.labCaPem };
  const registryAgent = agentForHost(connections, registryHost);
  const logAgent = agentForHost(connections, logHost);
  const clusterAgent = once(() => openCluster(sandbox));
  const context: CheckContext = {
    sandbox,
    learner: sandbox.learner,
    registry: new RegistryReader({ agent: registryAgent, host: registryHost, signal }),
    verifier: new BundleVerifier(trust.trustedRoot),
    log: new LogReader({ agent: logAgent, host: logHost, signal }),
    resolve,
    signal,
    cluster: once(() => new ClusterReader({ ...clusterAgent(), signal })),
    probes: once((): Promise<Probes> => {
      const registry = new RegistryWriter({ agent: registryAgent, host: registryHost });
      return prepareProbes({ sandbox, registry, trust, learner: sandbox.learner });
    }),
  };
  return {
    context,
    [Symbol.asyncDispose]: () => {
      registryAgent.destroy();
      logAgent.destroy();
      if (sandbox.cluster !== undefined) clusterAgent().agent.destroy();
      return Promise.resolve();
    },
  };
}

function openCluster(sandbox: CheckRequest['sandbox']): { agent: TlsAgent; host: string } {
  if (sandbox.cluster === undefined) throw new PlatformError('check-broken', 'The check asks for a cluster that the lab does not have.');
  const { apiServer, caPem, graderCredential } = sandbox.cluster;
  const tunnel = sandbox.agentFor(`${apiServer.host}:${apiServer.port}`);
  return { agent: new TlsAgent({ tunnel, serverName: apiServer.host, caPem, client: graderCredential }), host: apiServer.host };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
