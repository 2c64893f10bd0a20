import { PlatformError } from '../../../shared/errors.ts';
import { failed, passed } from '../../check.ts';
import type { Check, CheckContext } from '../check-context.ts';
import type { AdmissionAnswer } from '../cluster-reader.ts';
import type { ProbeName } from '../probes.ts';

/** How a failed condition calls a probe. */
const descriptions: Readonly<Record<ProbeName, string>> = {
  signed: 'an image signed by you',
  unsigned: 'an unsigned image',
  'signed-by-other': 'an image signed by somebody else',
  'sbom-only': 'an image with an SBOM attestation by you, but no signature',
  'unsigned-elsewhere': 'an unsigned image in another repository of registry.lab',
};

/** What became of a pod that was only tried, as far as it matters to a policy. */
type Outcome = 'admitted' | 'warned' | 'refused' | 'no-policy' | 'refused-otherwise';

/** Pods with the probe image are let into the namespace, without a warning. Nothing is created. */
export function admits(probe: ProbeName, { namespace }: { namespace: string }): Check {
  return async (context) => {
    const answer = await tryProbe(context, probe, namespace);
    const outcome = outcomeOf(answer);
    const expected = `${descriptions[probe]} is admitted to ${namespace}`;
    return outcome === 'admitted' ? passed() : failed(expected, describe(outcome, answer));
  };
}

/** Pods with the probe image are refused in the namespace by a policy that covers the image. Nothing is created. */
export function denies(probe: ProbeName, { namespace }: { namespace: string }): Check {
  return async (context) => {
    const answer = await tryProbe(context, probe, namespace);
    const outcome = outcomeOf(answer);
    const expected = `${descriptions[probe]} is refused in ${namespace} by your policy`;
    return outcome === 'refused' ? passed() : failed(expected, describe(outcome, answer));
  };
}

async function tryProbe(context: CheckContext, probe: ProbeName, namespace: string): Promise<AdmissionAnswer> {
  const image = (await context.probes())[probe];
  const answer = await context.cluster().tryPod(namespace, podOf(image));
  // The policy could not look at the image at all: that is the lab's network or registry, not the learner's policy.
  if (answer.kind === 'denied' && /dial tcp|connection refused|no such host|context deadline exceeded|x509:/.test(answer.message)) {
    throw new PlatformError('cluster-unreachable', `The policy could not be evaluated: ${answer.message}`);
  }
  return answer;
}

function podOf(image: string): object {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    runAsUser: 65_532,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'probe-' },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'probe', image, securityContext }] },
  };
}

/** Tells apart what policy-controller 0.15 answers. */
export function outcomeOf(answer: AdmissionAnswer): Outcome {
  if (answer.kind === 'admitted')
    return answer.warnings.some((warning) => /failed policy|no matching policies/.test(warning)) ? 'warned' : 'admitted';
  if (!answer.message.includes('policy.sigstore.dev')) return 'refused-otherwise';
  if (answer.message.includes('no matching policies')) return 'no-policy';
  return answer.message.includes('failed policy') ? 'refused' : 'refused-otherwise';
}

function describe(outcome: Outcome, answer: AdmissionAnswer): string {
  switch (outcome) {
    case 'admitted':
      return 'it is admitted';
    case 'warned':
      return 'it is admitted with a warning only: the policy does not enforce';
    case 'no-policy':
      return 'it is refused, but only because no policy covers that repository';
    case 'refused':
      return `your policy refuses it: ${essence(answer)}`;
    case 'refused-otherwise':
      return `something else refuses it: ${essence(answer)}`;
  }
}

function essence(answer: AdmissionAnswer): string {
  if (answer.kind === 'admitted') return '';
  return answer.message
    .replace(/^admission webhook "[^"]+" denied the request: (?:validation failed: )?/, '')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300);
}
