import type { Check, CheckContext, ConditionSpec } from '../grading/server/check-context.ts';
import { admits, denies } from '../grading/server/checks/admission.ts';
import { script } from '../grading/server/checks/command.ts';
import { answers, json, matches, type ExpectedAnswer } from '../grading/server/checks/file.ts';
import { attested, findSignature, signedBy, type Signer } from '../grading/server/checks/image-signature.ts';
import { builtFrom } from '../grading/server/checks/image-content.ts';
import { exists, findImage, isFinding, sameImage, tagMovedFrom } from '../grading/server/checks/image.ts';
import { object, runsSigned } from '../grading/server/checks/kube.ts';
import { includes } from '../grading/server/checks/rekor-log.ts';
import { certificateOf } from '../grading/server/signing-certificate.ts';

/**
 * The conditions of a step. `checks.ts` exports the result as `checks`. Texts may use `{{session.email}}`,
 * `{{session.id}}`, `{{registry}}` and `{{issuer}}`.
 *
 * @example
 * export const checks = defineChecks([
 *   {
 *     id: 'pushed',
 *     title: 'The image is in the registry',
 *     hints: ['Look at what docker push said.', 'A tag names an image in one repository.', 'Run docker build --push.'],
 *     check: image.exists('{{registry}}/shop/app:v1'),
 *   },
 * ]);
 */
export function defineChecks(conditions: readonly ConditionSpec[]): readonly ConditionSpec[] {
  const seen = new Set<string>();
  for (const { id, after = [] } of conditions) {
    if (seen.has(id)) throw new Error(`The condition ${id} is defined twice.`);
    const unknown = after.find((earlier) => !seen.has(earlier));
    if (unknown !== undefined) throw new Error(`The condition ${id} comes after ${unknown}, which must stand before it.`);
    seen.add(id);
  }
  return conditions;
}

/** Every part must hold; the first that does not is told. For conditions that only make sense together. */
export function all(...checks: readonly Check[]): Check {
  return async (context) => {
    for (const check of checks) {
      const finding = await check(context);
      if (!finding.passed) return finding;
    }
    return { passed: true };
  };
}

/** What the registry holds. Images are read over the registry's own interface and compared with their digests. */
export const image = { exists, builtFrom, signedBy, attested, sameImage, tagMovedFrom };

/** What a cluster's policies let in, tried with images that the platform prepares. Nothing is created. */
export const admission = { admits, denies };

/** Objects of the cluster. */
export const kube = { object, runsSigned };

/** Files in the learner's lab folder. */
export const file = { matches, json, answers };

/** The public transparency log. */
export const log = { includes };

/** Scripts that learners write. */
export const command = { script };

/** Values that are looked up when a check runs, for answers that differ from learner to learner. */
export const fact = {
  /** Digest of an image, `sha256:...`. */
  digestOf(reference: string): ExpectedAnswer {
    return async (context) => {
      const found = await findImage(context, reference);
      return isFinding(found) ? undefined : found.manifest.digest;
    };
  },

  /** Index of the log entry of the signer's signature on an image. */
  logIndexOf(reference: string, signer: Signer): ExpectedAnswer {
    return async (context) => {
      const evidence = await findSignature(context, reference, signer);
      return evidence?.bundle.verificationMaterial.tlogEntries[0]?.logIndex;
    };
  },

  /** For how many minutes the certificate behind the signer's signature on an image was valid. */
  certificateMinutesOf(reference: string, signer: Signer): ExpectedAnswer {
    return async (context: CheckContext) => {
      const evidence = await findSignature(context, reference, signer);
      const certificate = evidence === undefined ? undefined : certificateOf(evidence.bundle);
      if (certificate === undefined) return undefined;
      const minutes = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 60_000;
      return String(Math.round(minutes));
    };
  },
};
