import { z } from 'zod';
import { failed, passed, type Finding } from '../../check.ts';
import type { Check, CheckContext } from '../check-context.ts';
import { parseImageReference } from '../image-reference.ts';
import { signaturePredicateType, verifyBundles } from '../signatures.ts';
import type { Signer } from './image-signature.ts';

/** A value inside an object, and what it must be. */
export interface FieldExpectation {
  /** Path of keys, for example `['metadata', 'labels', 'app']`. */
  readonly field: readonly string[];
  readonly equals: string;
}

/** The object at an API path exists and its field has the value. */
export function object(path: string, { field, equals }: FieldExpectation): Check {
  return async (context) => {
    const answer = await context.cluster().get(context.resolve(path));
    const name = field.at(-1) ?? '';
    const expected = `${name}: ${context.resolve(equals)}`;
    if (answer.kind !== 'found') return failed(expected, answer.kind === 'missing' ? 'no such object' : answer.reason);
    const found = field.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), answer.value);
    if (String(found) === context.resolve(equals) && found !== undefined) return passed();
    return failed(expected, found === undefined ? `no ${name}` : `${name}: ${JSON.stringify(found).slice(0, 100)}`);
  };
}

const deploymentSchema = z.object({
  metadata: z.object({ generation: z.number().optional() }),
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
  status: z.object({ availableReplicas: z.number().optional(), observedGeneration: z.number().optional() }),
});
const podsSchema = z.object({
  items: z.array(
    z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
      metadata: z.object({ deletionTimestamp: z.string().optional() }),
    }),
  ),
});

/** Which deployment must run, and who must have signed what it runs. */
export interface RunningExpectation {
  readonly namespace: string;
  readonly deployment: string;
  /** `host/repository` that every container's image must come from. */
  readonly repository: string;
  readonly signer: Signer;
}

/** The deployment is available, and its pods run images of the repository that the signer has signed, by digest. */
export function runsSigned(expectation: RunningExpectation): Check {
  const { namespace, deployment } = expectation;
  return async (context) => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`;
    const answer = await context.cluster().get(path);
    const expected = `the deployment ${deployment} in ${namespace}, available`;
    if (answer.kind !== 'found') return failed(expected, answer.kind === 'missing' ? 'no such deployment' : answer.reason);
    const parsed = deploymentSchema.safeParse(answer.value);
    if (!parsed.success) return failed(expected, 'a deployment without a status');
    const { metadata, spec, status } = parsed.data;
    if (status.observedGeneration !== metadata.generation || (status.availableReplicas ?? 0) < 1)
      return failed(expected, 'no available pod yet');
    const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    return judgePods(context, expectation, selector.join(','));
  };
}

async function judgePods(context: CheckContext, expectation: RunningExpectation, selector: string): Promise<Finding> {
  const { namespace, signer } = expectation;
  const answer = await context.cluster().get(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}&limit=50`);
  const pods = podsSchema.safeParse(answer.kind === 'found' ? answer.value : undefined);
  const running = (pods.data?.items ?? []).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const images = [...new Set(running.flatMap(({ spec }) => spec.containers.map(({ image }) => image)))];
  const expected = `pods of images in ${context.resolve(expectation.repository)}, by digest, signed by ${context.resolve(signer.identity)}`;
  if (images.length === 0) return failed(expected, 'no pods');
  for (const image of images.slice(0, 10)) {
    const problem = await imageProblem(context, expectation, image);
    if (problem !== undefined) return failed(expected, problem);
  }
  return passed(images.join(', '));
}

async function imageProblem(context: CheckContext, { repository, signer }: RunningExpectation, image: string): Promise<string | undefined> {
  const parsed = parseImageReference(image);
  if (parsed === undefined || `${parsed.host}/${parsed.repository}` !== context.resolve(repository)) return `a pod of ${image}`;
  if (!parsed.reference.startsWith('sha256:')) return `a pod of ${image}: a tag, which can be moved`;
  const resolved = { identity: context.resolve(signer.identity), issuer: context.resolve(signer.issuer) };
  const results = await verifyBundles(context, { repository: parsed.repository, digest: parsed.reference, signer: resolved });
  const isSigned = results.some((result) => result.ok && result.evidence.statement?.predicateType === signaturePredicateType);
  return isSigned ? undefined : `a pod of ${image}, which that identity has not signed`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
